import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FakeClock } from '../../test/world/fake-clock.ts'
import { recordingLog } from '../../test/world/recording-log.ts'
import { openTestStore } from '../../test/world/test-store.ts'
import type { Part } from '../runtime/manager.ts'
import { StoreUnusable } from '../store/errors.ts'
import type { LaunchLog } from '../store/launch-log.ts'
import type { SqliteStore } from '../store/open.ts'
import { createStoreGuard } from './store-guard.ts'

const FULL = new StoreUnusable('Full', 'the disk is full')

let clock: FakeClock
let store: SqliteStore
let problem: StoreUnusable | undefined
let fallen: StoreUnusable | undefined
let woken: number
let guard: Part
const log = recordingLog()
const failures: unknown[] = []

beforeEach(async () => {
  clock = new FakeClock()
  store = openTestStore()
  problem = undefined
  fallen = undefined
  woken = 0
  failures.length = 0
  log.lines.length = 0
  const launches = {
    problem: () => problem,
    durable: () => (problem ? Promise.reject(problem) : Promise.resolve()),
  } as Pick<LaunchLog, 'problem' | 'durable'> as LaunchLog
  const fence = { fallen: () => fallen, check: () => {}, beforeLaunch: () => Promise.resolve() }
  guard = createStoreGuard({
    store,
    launches,
    fence,
    clock,
    log,
    wakeAll: () => {
      woken += 1
    },
  })
  await guard.start(new AbortController().signal, (error) => failures.push(error))
})

afterEach(() => store.close())

function said(): readonly string[] {
  return log.lines.filter(({ level }) => level !== 'debug').map(({ message }) => message)
}

describe('the guard of the database', () => {
  test('ends the program when the database is not its own any more', async () => {
    await clock.advance(5_000)
    expect(failures).toEqual([])
    fallen = new StoreUnusable('Replaced', 'it was deleted')
    await clock.advance(1_000)
    expect(failures).toEqual([fallen])
  })

  test('ends the program also for what happened since its last look', async () => {
    await clock.advance(1_500)
    fallen = new StoreUnusable('Io', 'a page cannot be read')
    await expect(guard.stop()).rejects.toBe(fallen)
    await clock.advance(5_000)
    expect(failures).toEqual([])
  })

  test('stops without a word when nothing happened', async () => {
    await expect(guard.stop()).resolves.toBeUndefined()
  })

  test('says once that nothing can be written, and once that it can again, and wakes everything', async () => {
    problem = FULL
    await clock.advance(30_000)
    expect(said()).toEqual(['the database cannot be written, nothing is launched'])
    expect(woken).toBe(0)
    problem = undefined
    await clock.advance(10_000)
    expect(said()).toEqual([
      'the database cannot be written, nothing is launched',
      'the database can be written again',
    ])
    expect(woken).toBe(1)
    expect(failures).toEqual([])
  })

  test('writes nothing while all is well', async () => {
    const version = store.resourceVersion()
    await clock.advance(600_000)
    expect(store.resourceVersion()).toBe(version)
    expect(store.identity.get('write-probe')).toBeUndefined()
    expect(said()).toEqual([])
  })
})
