import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { settleDatabase } from '../../src/controllers/recovery/settle.ts'
import { StoreUnusable } from '../../src/store/errors.ts'
import { LaunchLog, readLaunchLog, writeLaunchLog } from '../../src/store/launch-log.ts'
import { openStore, type SqliteStore } from '../../src/store/open.ts'
import { launchCount } from '../../src/store/record-launches.ts'
import { MINUTE, SECOND } from '../world/builders.ts'
import { seededRandom } from '../world/seeded-random.ts'
import { World } from '../world/world.ts'

const FLIPS = 1_000
const TEMPLATE = { image: 'busybox' }

let dir = ''
let path = ''
let world: World

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'capstan-damage-'))
  path = join(dir, 'capstan.db')
})

afterEach(() => {
  world.close()
  rmSync(dir, { recursive: true, force: true })
})

/** Runs that live, one that has ended, and one that waits for its second attempt. */
async function liveRuns(): Promise<void> {
  world = new World({
    behave: ({ tags }) => {
      const run = tags.find(({ key }) => key === 'capstan.dev/run')?.value ?? ''
      if (run.includes('done')) return { runMs: SECOND, exitCode: 0 }
      return run.includes('fails') ? { runMs: SECOND, exitCode: 1 } : { runMs: 100_000 * MINUTE }
    },
  })
  await world.start()
  for (let n = 0; n < 20; n += 1) world.addRun(`live-${n}`, { template: TEMPLATE })
  world.addRun('fan', { template: TEMPLATE, array: 5 })
  for (let n = 0; n < 5; n += 1) world.addRun(`done-${n}`, { template: TEMPLATE })
  const retry = {
    limit: 3,
    backoff: { initialSeconds: 86_400, maxSeconds: 86_400, factor: 1, jitter: 0 },
  }
  for (let n = 0; n < 5; n += 1) world.addRun(`fails-${n}`, { template: { ...TEMPLATE, retry } })
  await world.clock.advance(MINUTE)
}

/** How many tasks were ever made for each attempt, by what the tasks say themselves. */
function tasksByAttempt(): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const { launchTags, task } of world.emulator.ledger.entries()) {
    const tag = (name: string): string => launchTags.find(({ key }) => key === name)?.value ?? ''
    const attempt = `${tag('capstan.dev/run')} ${tag('capstan.dev/attempt')} ${task.startedBy ?? ''}`
    counts.set(attempt, (counts.get(attempt) ?? 0) + 1)
  }
  return counts
}

/** A start over the file at `path`: the sentence with which it is refused, or a life of ten seconds. */
async function startOver(log?: string): Promise<string | undefined> {
  let store: SqliteStore
  try {
    store = openStore({ path, random: seededRandom(3), nowMs: world.clock.nowMs() })
  } catch (error) {
    if (error instanceof StoreUnusable) return error.message
    throw error
  }
  if (log !== undefined) settle(store, log)
  world.store = store
  try {
    await world.start()
    await world.clock.advance(10 * SECOND)
    return undefined
  } catch (error) {
    // Damage that shows only when a row is written ends the program then.
    if (error instanceof StoreUnusable) return error.message
    throw error
  } finally {
    await world.stop().catch(() => {})
    store.close()
  }
}

/** What every start does with what stands beside its database. */
function settle(store: SqliteStore, log: string): void {
  const { identity } = store
  const proofs = readLaunchLog(log)
  const database = {
    instanceId: identity.instanceId(),
    epoch: identity.epoch(),
    launches: launchCount(identity),
  }
  const file = proofs && { instanceId: proofs.instanceId, epoch: 1 }
  store.transaction(() =>
    settleDatabase(store, { database, file, log: proofs, mayHaveRun: true }, proofs),
  )
}

describe('a flipped byte', () => {
  test(`at ${FLIPS} places never launches anything twice: the start is refused, or the work goes on`, async () => {
    await liveRuns()
    await world.stop()
    const image = world.store.serialize()
    const before = tasksByAttempt()
    const random = seededRandom(20_261_122)
    const refusals: string[] = []
    let works = 0
    for (let flip = 0; flip < FLIPS; flip += 1) {
      const bad = Buffer.from(image)
      const place = Math.floor(random.fraction() * bad.length)
      bad[place] = (bad[place] ?? 0) ^ (1 + Math.floor(random.fraction() * 255))
      for (const suffix of ['-wal', '-shm']) rmSync(path + suffix, { force: true })
      writeFileSync(path, bad)
      const refusal = await startOver()
      if (refusal === undefined) works += 1
      else refusals.push(refusal)
      expect(tasksByAttempt(), `byte ${place}`).toEqual(before)
    }
    expect(works + refusals.length).toBe(FLIPS)
    for (const sentence of refusals) expect(sentence).toContain(path)
    console.info(`${FLIPS} flips: ${works} worked on, ${refusals.length} were refused`)
  }, 600_000)
})

/** Header of a write-ahead log, and of each frame in it; a frame holds one page. */
const WAL_HEADER_BYTES = 32
const FRAME_BYTES = 24 + 4096

describe('a write-ahead log that was cut off', () => {
  test('after any frame, or within one, never launches anything twice', async () => {
    await liveRuns()
    await world.stop()
    const live = join(dir, 'live.db')
    const log = join(dir, 'launches.log')
    const launches = new LaunchLog(log, () => {
      throw new Error('it is small')
    })
    const store = openStore({
      path: live,
      random: seededRandom(5),
      nowMs: world.clock.nowMs(),
      launches,
    })
    const header = { instanceId: store.identity.instanceId(), sequence: 0, whole: true }
    writeLaunchLog(log, { header, runs: store.launchSummary })
    // From here on everything is in the log alone.
    await store.checkpoint()
    const base = readFileSync(live)
    world.store = store
    await world.start()
    for (let n = 0; n < 6; n += 1) world.addRun(`late-${n}`, { template: TEMPLATE })
    world.addRun('done-late', { template: TEMPLATE })
    await world.clock.advance(MINUTE)
    await launches.close()
    const wal = readFileSync(`${live}-wal`)
    await world.stop()
    store.close()
    const before = tasksByAttempt()
    const frames = Math.floor((wal.length - WAL_HEADER_BYTES) / FRAME_BYTES)
    let refused = 0
    // Behind every frame, and in the middle of every fifth.
    const whole = Array.from({ length: frames + 1 }, (_, frame) => frame)
    const cuts = [...whole, ...whole.filter((frame) => frame % 5 === 0).map((frame) => frame + 0.5)]
    for (const cut of cuts) {
      const size = WAL_HEADER_BYTES + Math.floor(cut * FRAME_BYTES)
      writeFileSync(path, base)
      writeFileSync(`${path}-wal`, wal.subarray(0, size))
      rmSync(`${path}-shm`, { force: true })
      copyFileSync(log, `${log}.copy`)
      if ((await startOver(`${log}.copy`)) !== undefined) refused += 1
      expect(tasksByAttempt(), `${size} bytes`).toEqual(before)
    }
    expect(frames).toBeGreaterThan(30)
    expect(refused).toBe(0)
    console.info(`${cuts.length} cuts of ${frames} frames`)
  }, 600_000)
})
