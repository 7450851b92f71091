import { copyFileSync, existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { seededRandom } from '../../test/world/seeded-random.ts'
import { aNewObject, CREATED_MS } from '../../test/world/test-store.ts'
import { backUpFile } from './backup.ts'
import { openStore } from './open.ts'
import { identifyFiles, setStaleWalAside } from './stale-wal.ts'

let dir = ''
let path = ''

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'capstan-wal-'))
  path = join(dir, 'capstan.db')
})

afterEach(() => rmSync(dir, { recursive: true, force: true }))

/** A database as a crash leaves it, with its log; `crashed` holds copies of the files of that moment. */
function crash(): ReturnType<typeof identifyFiles> {
  const live = join(dir, 'live.db')
  const store = openStore({ path: live, random: seededRandom(1), nowMs: CREATED_MS })
  store.transaction(() => store.objects.create(aNewObject('early')))
  backUpFile({ source: live, target: join(dir, 'backup.db') })
  store.transaction(() => store.objects.create(aNewObject('late')))
  copyFileSync(live, path)
  copyFileSync(`${live}-wal`, `${path}-wal`)
  store.close()
  return identifyFiles(path)
}

function runsIn(): readonly string[] {
  const store = openStore({ path, random: seededRandom(1), nowMs: CREATED_MS })
  const names = store.objects.keys('Run').map(({ name }) => name)
  store.close()
  return names
}

test('the log of a crash is used', () => {
  const before = crash()
  expect(setStaleWalAside(path, before)).toBeUndefined()
  expect(runsIn()).toEqual(['early', 'late'])
})

test.each([
  ['moved', () => renameSync(join(dir, 'backup.db'), path)],
  ['copied', () => copyFileSync(join(dir, 'backup.db'), path)],
])('a backup that was %s over the database is not mixed with its log', (_, restore) => {
  const before = crash()
  restore()
  expect(setStaleWalAside(path, before)).toBe(`${path}-wal.stale`)
  expect(existsSync(`${path}-wal`)).toBe(false)
  expect(runsIn()).toEqual(['early'])
})

test('files that were moved together belong together', () => {
  const before = crash()
  for (const suffix of ['', '-wal']) {
    copyFileSync(path + suffix, `${path}${suffix}.copy`)
    renameSync(`${path}${suffix}.copy`, path + suffix)
  }
  expect(setStaleWalAside(path, before)).toBeUndefined()
  expect(runsIn()).toEqual(['early', 'late'])
})

test('a database that was deleted takes its log with it', () => {
  const before = crash()
  rmSync(path)
  setStaleWalAside(path, before)
  expect(runsIn()).toEqual([])
})
