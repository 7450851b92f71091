import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { seededRandom } from '../../test/world/seeded-random.ts'
import { aNewObject, anIntent, CREATED_MS, keyOfRun } from '../../test/world/test-store.ts'
import { LogSync } from './log-sync.ts'
import { openStore } from './open.ts'

let directory: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'capstan-log-sync-'))
})

afterEach(() => {
  rmSync(directory, { recursive: true })
})

function aSync(name = 'log') {
  const path = join(directory, name)
  if (name === 'log') writeFileSync(path, 'frames')
  const failures: unknown[] = []
  const sync = new LogSync(path, (error) => {
    failures.push(error)
    return new Error('the disk is broken')
  })
  return { sync, failures }
}

describe('a sync of the log', () => {
  test('is not needed where nothing was written', async () => {
    const { sync, failures } = aSync('missing')
    await sync.durable()
    const heard: string[] = []
    sync.whenDurable(() => heard.push('at once'))
    expect([heard, failures]).toEqual([['at once'], []])
  })

  test('comes before those who wait for it, in the order of their asking', async () => {
    const { sync } = aSync()
    const heard: string[] = []
    sync.written()
    sync.whenDurable(() => heard.push('first'))
    sync.written()
    sync.whenDurable(() => heard.push('second'))
    expect(heard).toEqual([])
    await sync.durable()
    heard.push('waited')
    sync.whenDurable(() => heard.push('after'))
    expect(heard).toEqual(['first', 'second', 'waited', 'after'])
    sync.close()
  })

  test('that fails is never repeated: the next one may report success for what is gone', async () => {
    const { sync, failures } = aSync('missing')
    const heard: string[] = []
    sync.written()
    sync.whenDurable(() => heard.push('never'))
    await expect(sync.durable()).rejects.toThrow('the disk is broken')
    writeFileSync(join(directory, 'missing'), 'frames')
    await expect(sync.durable()).rejects.toThrow('the disk is broken')
    expect([heard, failures.length]).toEqual([[], 1])
  })

  test('does not hold up the end', async () => {
    const { sync } = aSync()
    sync.written()
    const waiting = sync.durable()
    sync.close()
    await waiting
  })
})

test('a commit that syncs later is seen at once, and is there after the next opening', async () => {
  const options = {
    path: join(directory, 'capstan.db'),
    random: seededRandom(1),
    nowMs: CREATED_MS,
  }
  const store = openStore(options)
  const heard: string[] = []
  store.subscribe((changes) => heard.push(...changes.map(({ name }) => name)))
  store.transaction(() => store.objects.create(aNewObject('later')), 'Later')
  store.transaction(() => store.objects.create(aNewObject('now')), 'Now')
  expect(heard).toEqual(['later', 'now'])
  await store.durable()
  store.close()
  const reopened = openStore(options)
  expect(reopened.objects.keys('Run')).toEqual([keyOfRun('later'), keyOfRun('now')])
  reopened.close()
})

test('the launch log hears of a launch when it is on disk, and not before', async () => {
  const heard: string[] = []
  const store = openStore({
    path: join(directory, 'capstan.db'),
    random: seededRandom(1),
    nowMs: CREATED_MS,
    launches: { launched: (uid) => heard.push(uid), ended: () => {} },
  })
  store.transaction(() => store.attempts.insert(anIntent('later')), 'Later')
  expect(heard).toEqual([])
  await store.durable()
  expect(heard).toEqual(['uid-later'])
  store.transaction(() => store.attempts.insert(anIntent('now')))
  expect(heard).toEqual(['uid-later', 'uid-now'])
  store.close()
})

test('a log that cannot be synced ends all writing', async () => {
  const store = openStore({
    path: join(directory, 'capstan.db'),
    random: seededRandom(1),
    nowMs: CREATED_MS,
  })
  rmSync(join(directory, 'capstan.db-wal'))
  store.transaction(() => store.objects.create(aNewObject('a')), 'Later')
  await expect(store.durable()).rejects.toMatchObject({ reason: 'Io' })
  expect(() => store.transaction(() => {})).toThrow('cannot be synced')
  store.close()
})
