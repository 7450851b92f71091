import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { seededRandom } from '../../test/world/seeded-random.ts'
import { aNewObject, anIntent, CREATED_MS } from '../../test/world/test-store.ts'
import { inspectLaunchLog, LaunchLog, readLaunchLog, writeLaunchLog } from './launch-log.ts'
import type { EndedRun } from './launch-log-lines.ts'
import { openStore, type SqliteStore } from './open.ts'
import { launchCount } from './record-launches.ts'

const HEADER = { instanceId: 'a', sequence: 0, whole: true }
const NOTHING = { launchedRunUids: () => [], endedRuns: () => [] }

let dir = ''
let path = ''

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'capstan-launches-'))
  path = join(dir, 'launches.log')
})

afterEach(() => rmSync(dir, { recursive: true, force: true }))

function anEnd(uid: string): EndedRun {
  return {
    uid,
    namespace: 'default',
    name: uid,
    stateType: 'COMPLETED',
    stateName: 'Completed',
    attempts: 1,
    createdAtMs: 1,
    finishedAtMs: 2,
  }
}

async function written(write: (log: LaunchLog) => void): Promise<void> {
  writeLaunchLog(path, { header: HEADER, runs: NOTHING })
  const log = new LaunchLog(path, () => ({ header: HEADER, runs: NOTHING }))
  write(log)
  await log.close()
}

describe('a launch log', () => {
  test('says who was launched, who has ended, and how far it reaches', async () => {
    await written((log) => {
      log.launched('r1', 1)
      log.ended(anEnd('r1'), 1)
      log.launched('r2', 2)
      log.ended(anEnd('r2'), 2)
      log.launched('r2', 3)
    })
    const proofs = readLaunchLog(path)
    expect(proofs).toMatchObject({ ...HEADER, sequence: 3, damagedLines: 0 })
    expect([...(proofs?.launched ?? [])]).toEqual([
      ['r1', 1],
      ['r2', 3],
    ])
    expect([...(proofs?.ended.keys() ?? [])]).toEqual(['r1'])
    expect(inspectLaunchLog(path)).toEqual({
      instanceId: 'a',
      sequence: 3,
      bytes: readFileSync(path).length,
    })
  })

  test('goes on behind a line that was torn when a process died', async () => {
    await written((log) => log.launched('r1', 1))
    appendFileSync(path, '0000')
    expect(inspectLaunchLog(path)?.sequence).toBe(1)
    const log = new LaunchLog(path, () => ({ header: HEADER, runs: NOTHING }))
    log.launched('r2', 2)
    await log.close()
    expect(readLaunchLog(path)).toMatchObject({ sequence: 2, whole: true, damagedLines: 0 })
  })

  test('is not whole after a gap', async () => {
    await written((log) => log.gap(0))
    expect(readLaunchLog(path)).toMatchObject({ whole: false, damagedLines: 0 })
  })

  test.each([
    ['absent', () => {}],
    ['empty', () => writeFileSync(path, '')],
    ['something else', () => writeFileSync(path, 'kind: Run\n')],
  ])('that is %s proves nothing', (_, make) => {
    make()
    expect(inspectLaunchLog(path)).toBeUndefined()
    expect(readLaunchLog(path)).toBeUndefined()
  })

  test('whatever byte changes, nothing is proven that was not written', async () => {
    await written((log) => {
      for (let n = 1; n <= 20; n += 1) {
        log.launched(`r${n}`, n)
        if (n % 2 === 0) log.ended(anEnd(`r${n}`), n)
      }
    })
    const good = readFileSync(path)
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), (place, flip) => {
        const bad = Buffer.from(good)
        bad[place] = (bad[place] ?? 0) ^ flip
        writeFileSync(path, bad)
        const proofs = readLaunchLog(path)
        // A line that is lost takes its run's launch with it: then absence must prove nothing.
        const lost = proofs !== undefined && proofs.launched.size < 20
        expect(lost && proofs.whole).toBe(false)
        for (const uid of proofs?.ended.keys() ?? []) expect(Number(uid.slice(1)) % 2).toBe(0)
      }),
      { numRuns: 500 },
    )
  })

  test('wherever it is cut, what is left is the beginning of it', async () => {
    await written((log) => {
      for (let n = 1; n <= 10; n += 1) log.launched(`r${n}`, n)
    })
    for (let size = readFileSync(path).length - 1; size > 0; size -= 7) {
      truncateSync(path, size)
      const proofs = readLaunchLog(path)
      const sequences = [...(proofs?.launched.values() ?? [])]
      expect(sequences).toEqual(sequences.map((_, place) => place + 1))
    }
  })
})

describe('durable', () => {
  test('many launches of one moment share a write, and each waits for it', async () => {
    writeLaunchLog(path, { header: HEADER, runs: NOTHING })
    const log = new LaunchLog(path, () => ({ header: HEADER, runs: NOTHING }))
    const waits = Array.from({ length: 50 }, (_, n) => {
      log.launched(`r${n}`, n + 1)
      return log.durable()
    })
    await Promise.all(waits)
    expect(readLaunchLog(path)?.sequence).toBe(50)
    await log.close()
  })

  test('rejects while the file cannot be written, and loses nothing', async () => {
    const log = new LaunchLog(join(dir, 'no-such-folder', 'launches.log'), () => ({
      header: HEADER,
      runs: NOTHING,
    }))
    log.launched('r1', 1)
    await expect(log.durable()).rejects.toMatchObject({ reason: 'Io' })
    expect(log.problem()).toMatchObject({ reason: 'Io' })
    await expect(log.durable()).rejects.toMatchObject({ reason: 'Io' })
  })

  test.skipIf(process.platform !== 'linux')('a full disk is named', async () => {
    const log = new LaunchLog('/dev/full', () => ({ header: HEADER, runs: NOTHING }))
    log.launched('r1', 1)
    await expect(log.durable()).rejects.toMatchObject({
      reason: expect.stringMatching(/Full|Io/),
    })
  })
})

describe('a store that records', () => {
  const recorded: string[] = []
  function open(): SqliteStore {
    recorded.length = 0
    return openStore({
      path: ':memory:',
      random: seededRandom(1),
      nowMs: CREATED_MS,
      launches: {
        launched: (uid, sequence) => recorded.push(`${uid} ${sequence}`),
        ended: ({ uid }, sequence) => recorded.push(`end of ${uid} ${sequence}`),
      },
    })
  }

  test('tells of what is committed, in order, and of nothing else', () => {
    const store = open()
    store.transaction(() => {
      store.attempts.insert(anIntent('a'))
      expect(recorded).toEqual([])
      expect(() =>
        store.transaction(() => {
          store.attempts.insert(anIntent('b'))
          throw new Error('no')
        }),
      ).toThrow('no')
      store.attempts.insert(anIntent('c'))
      store.history.put({ ...anEnd('a'), message: 'done' })
    })
    expect(recorded).toEqual(['uid-a 1', 'uid-c 2', 'end of a 2'])
    expect(launchCount(store.identity)).toBe(2)
    expect(() =>
      store.transaction(() => {
        store.attempts.insert(anIntent('d'))
        throw new Error('no')
      }),
    ).toThrow('no')
    expect(recorded).toHaveLength(3)
    expect(launchCount(store.identity)).toBe(2)
  })

  test('begins a log anew with all that it knows', () => {
    const store = open()
    store.transaction(() => {
      store.objects.create(aNewObject('a'))
      store.attempts.insert(anIntent('a'))
      for (let n = 0; n < 2_500; n += 1) store.history.put(anEnd(`h${n}`))
    })
    const header = { instanceId: 'a', sequence: 1, whole: true }
    writeLaunchLog(path, { header, runs: store.launchSummary })
    const proofs = readLaunchLog(path)
    expect(proofs?.ended.size).toBe(2_500)
    expect([...(proofs?.launched ?? [])]).toEqual([['uid-a', 1]])
    expect(proofs).toMatchObject({ sequence: 1, whole: true, damagedLines: 0 })
  })
})
