import {
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { openTestStore } from '../../test/world/test-store.ts'
import { validator } from '../../test/world/validator.ts'
import { systemClock } from '../lib/clock.ts'
import { silentLog } from '../runtime/logger.ts'
import type { SqliteStore } from '../store/open.ts'
import { FolderSource } from './controller.ts'
import { systemFiles } from './files.ts'
import { createLoader } from './load.ts'
import { systemWatch } from './watch.ts'

/** The whole folder source on the real file system, with real events and real time. */

/** A bound on hangs, not on speed. */
const PATIENCE = { timeout: 30_000, interval: 5 }

let base: string
let store: SqliteStore
let source: FolderSource | undefined

beforeEach(() => {
  base = mkdtempSync(join(realpathSync(tmpdir()), 'capstan-folder-'))
  store = openTestStore()
})

afterEach(async () => {
  await source?.stop()
  source = undefined
  store.close()
  rmSync(base, { recursive: true, force: true })
})

async function start(root: string): Promise<FolderSource> {
  source = new FolderSource({
    root,
    store,
    files: systemFiles,
    clock: systemClock,
    watch: systemWatch,
    log: silentLog,
    loader: createLoader({ validator, defaultNamespace: 'default', version: '1' }),
    runAnnotations: () => ({}),
  })
  const started = source
  await started.start()
  // The first look is over, and the watches are armed.
  await vi.waitFor(() => expect(store.sources.get(root)).toBeDefined(), PATIENCE)
  return started
}

function aPool(name: string, limit: number): string {
  return `apiVersion: capstan.dev/v1\nkind: WorkPool\nmetadata:\n  name: ${name}\nspec:\n  concurrencyLimit: ${limit}\n`
}

function limitOf(name: string): unknown {
  return store.objects.get({ kind: 'WorkPool', namespace: 'default', name })?.spec[
    'concurrencyLimit'
  ]
}

/** Puts a whole file there in one step. */
function replace(path: string, text: string): void {
  writeFileSync(join(base, 'new'), text)
  renameSync(join(base, 'new'), path)
}

test('files come, change and go', async () => {
  const root = join(base, 'm')
  mkdirSync(join(root, 'team'), { recursive: true })
  writeFileSync(join(root, 'kept.yaml'), aPool('kept', 1))
  await start(root)
  expect(limitOf('kept')).toBe(1)
  replace(join(root, 'team', 'a.yaml'), aPool('a', 1))
  await vi.waitFor(() => expect(limitOf('a')).toBe(1), PATIENCE)
  writeFileSync(join(root, 'team', 'a.yaml'), aPool('a', 2))
  await vi.waitFor(() => expect(limitOf('a')).toBe(2), PATIENCE)
  mkdirSync(join(root, 'later', 'deep'), { recursive: true })
  writeFileSync(join(root, 'later', 'deep', 'b.yaml'), aPool('b', 1))
  await vi.waitFor(() => expect(limitOf('b')).toBe(1), PATIENCE)
  rmSync(join(root, 'team'), { recursive: true })
  await vi.waitFor(() => expect(limitOf('a')).toBeUndefined(), PATIENCE)
  expect(limitOf('kept')).toBe(1)
})

test('a link that flips again and again is followed, and no two revisions are mixed', async () => {
  const link = join(base, 'current')
  const worktree = (version: number): void => {
    mkdirSync(join(base, `w${version}`))
    for (const name of ['a', 'b', 'c']) {
      writeFileSync(join(base, `w${version}`, `${name}.yaml`), aPool(name, version))
    }
  }
  worktree(1)
  symlinkSync('w1', link)
  await start(link)
  const mixed: unknown[] = []
  store.subscribe(() => {
    const limits = new Set(['a', 'b', 'c'].map(limitOf))
    if (limits.size !== 1) mixed.push([...limits])
  })
  const flips = 15
  for (let version = 2; version <= flips; version += 1) {
    worktree(version)
    symlinkSync(`w${version}`, join(base, 'next'))
    renameSync(join(base, 'next'), link)
    rmSync(join(base, `w${version - 1}`), { recursive: true })
    if (version % 3 === 0) await vi.waitFor(() => expect(limitOf('b')).toBe(version), PATIENCE)
  }
  await vi.waitFor(() => expect(limitOf('a')).toBe(flips), PATIENCE)
  expect(mixed).toEqual([])
})

test('many files that come while the process is busy are all applied', async () => {
  const root = join(base, 'm')
  mkdirSync(root)
  await start(root)
  const count = 1_000
  // Written in one go: nothing else of this process runs meanwhile, and events pile up.
  for (let index = 0; index < count; index += 1) {
    writeFileSync(join(root, `p${index}.yaml`), aPool(`p${index}`, 1))
  }
  await vi.waitFor(() => expect(store.objects.count('WorkPool')).toBe(count), PATIENCE)
})

test('what is approved goes, on a real folder', async () => {
  const root = join(base, 'm')
  mkdirSync(root)
  writeFileSync(join(root, 'a.yaml'), aPool('a', 1))
  const folder = await start(root)
  rmSync(join(root, 'a.yaml'))
  await vi.waitFor(() => expect(folder.status()?.held?.reason).toBe('EmptyFolder'), PATIENCE)
  expect(limitOf('a')).toBe(1)
  expect(folder.approve()?.objects).toEqual(['WorkPool/default/a'])
  await vi.waitFor(() => expect(limitOf('a')).toBeUndefined(), PATIENCE)
})
