import { beforeEach, describe, expect, test } from 'vitest'
import { FakeClock } from '../../../test/world/fake-clock.ts'
import { aNewObject, anIntent, openTestStore } from '../../../test/world/test-store.ts'
import { leaseTerms } from '../../kinds/heartbeat.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { SqliteStore } from '../../store/open.ts'
import type { AttemptRow } from '../../store/types.ts'
import { BeatLimiter } from './beat-rate.ts'
import { type BeatIntakeParts, createBeatIntake } from './intake.ts'
import { HeartbeatMonitor } from './monitor.ts'
import { createRunTokens } from './run-tokens.ts'

let clock: FakeClock
let store: SqliteStore
let monitor: HeartbeatMonitor
let intake: BeatIntakeParts

beforeEach(() => {
  clock = new FakeClock()
  store = openTestStore()
  monitor = new HeartbeatMonitor({ store, clock, url: () => 'http://x', wake: () => {} })
  monitor.hear()
  const tokens = createRunTokens(new Uint8Array(32))
  intake = createBeatIntake({ store, clock, monitor, tokens })
})

function addRun(name: string, state: string, ...attempts: readonly Partial<AttemptRow>[]): void {
  const status = { state: { type: state, name: state, timestamp: '' } } as JsonObject
  store.transaction(() => {
    store.objects.create(aNewObject(name, { status }))
    for (const attempt of attempts) {
      const heartbeat = leaseTerms({ frequencySeconds: 30 }, 'http://x')
      store.attempts.insert({ ...anIntent(name, attempt), heartbeat, ...attempt })
    }
  })
}

const LAUNCHED = { phase: 'Launched', taskArn: 'arn:1', clusterArn: 'arn:c' } as const
const STOPPED = { ...LAUNCHED, phase: 'Stopped', outcomeClass: 'ExitNonZero' } as const

const beat = (name: string, index?: number, attempt?: number) =>
  intake.beat(`uid-${name}`, {
    ...(index !== undefined && { index }),
    ...(attempt !== undefined && { attempt }),
    source: 'Http',
  })

describe('a beat', () => {
  test('of a living task counts', () => {
    addRun('a', 'RUNNING', LAUNCHED)
    expect(beat('a', 0, 1)).toBe('Accepted')
    expect(monitor.find('uid-a', 0, 1)?.hasBeaten).toBe(true)
  })

  test('may come before the answer of its launch', () => {
    addRun('a', 'PENDING', {})
    expect(beat('a', 0, 1)).toBe('Accepted')
  })

  test('of a try whose forerunners were refused counts', () => {
    addRun('a', 'RUNNING', { phase: 'Refused' }, { ...LAUNCHED, try: 2 })
    expect(beat('a', 0, 1)).toBe('Accepted')
    expect(monitor.find('uid-a', 0, 1)?.attempt.try).toBe(2)
  })

  test('of an attempt that is over keeps no newer one alive', () => {
    addRun('a', 'RUNNING', STOPPED, { ...LAUNCHED, number: 2, taskArn: 'arn:2' })
    expect(beat('a', 0, 1)).toBe('Finished')
    expect(monitor.size).toBe(0)
  })

  test('that names no task stands for all that live', () => {
    addRun('a', 'RUNNING', LAUNCHED, {
      ...LAUNCHED,
      index: 1,
      taskArn: 'arn:2',
      clientToken: 'token-a-index-1',
    })
    expect(beat('a')).toBe('Accepted')
    expect(monitor.size).toBe(2)
    expect(beat('a')).toBe('Accepted')
  })

  test.each([
    ['of a finished run', 'COMPLETED', [STOPPED]],
    ['between two attempts', 'SCHEDULED', [STOPPED]],
  ] as const)('%s is too late', (_, state, attempts) => {
    addRun('a', state, ...attempts)
    expect(beat('a', 0, 1)).toBe('Finished')
  })

  test('of a run that only history knows is too late', () => {
    store.transaction(() =>
      store.history.put({
        uid: 'uid-a',
        namespace: 'default',
        name: 'a',
        stateType: 'COMPLETED',
        stateName: 'Completed',
        attempts: 1,
        createdAtMs: 1,
        finishedAtMs: 2,
      }),
    )
    expect(beat('a', 0, 1)).toBe('Finished')
  })

  test('of a run that nobody knows is of none', () => {
    expect(beat('a', 0, 1)).toBe('UnknownRun')
    addRun('b', 'SCHEDULED')
    expect(beat('b', 0, 1)).toBe('UnknownRun')
  })

  test('of a task whose health or lines count says nothing', () => {
    const heartbeat = leaseTerms({ frequencySeconds: 30, source: 'Logs' }, undefined)
    addRun('a', 'RUNNING', { ...LAUNCHED, heartbeat })
    expect(beat('a', 0, 1)).toBe('Accepted')
    expect(monitor.size).toBe(0)
  })
})

describe('a flood', () => {
  test('is answered with TooFast, and its run is alive all the same', async () => {
    addRun('a', 'RUNNING', LAUNCHED)
    const answers = Array.from({ length: 100 }, () => beat('a', 0, 1))
    expect(answers.filter((answer) => answer === 'TooFast').length).toBeGreaterThan(80)
    await clock.advance(500)
    expect(beat('a', 0, 1)).toBe('TooFast')
    expect(monitor.find('uid-a', 0, 1)?.heardMs).toBe(clock.monotonicMs())
    await clock.advance(1_000)
    expect(beat('a', 0, 1)).toBe('Accepted')
  })

  test('of one run harms no other, nor another task of the same array', () => {
    addRun('loud', 'RUNNING', LAUNCHED, {
      ...LAUNCHED,
      index: 1,
      taskArn: 'arn:2',
      clientToken: 'token-loud-index-1',
    })
    addRun('calm', 'RUNNING', { ...LAUNCHED, taskArn: 'arn:3' })
    for (let count = 0; count < 10_000; count += 1) {
      beat('loud', 0, 1)
      beat('loud', count, count)
    }
    expect(beat('calm', 0, 1)).toBe('Accepted')
    monitor.watch(store.attempts.liveOfRun('uid-loud', { index: 1, limit: 1 })[0] as AttemptRow)
    expect(beat('loud', 1, 1)).toBe('Accepted')
    expect(beat('loud', 7, 7)).toBe('TooFast')
  })
})

test('a limiter remembers no more than it may', () => {
  const limiter = new BeatLimiter({ burst: 1, perSecond: 1 }, 3)
  for (const key of ['a', 'b', 'c']) expect(limiter.take(key, 0)).toBe(true)
  expect(limiter.take('a', 0)).toBe(false)
  expect(limiter.take('d', 0)).toBe(true)
  expect(limiter.size).toBe(3)
  // b was asked for the longest time ago, and begins anew; a was not forgotten.
  expect(limiter.take('a', 500)).toBe(false)
  expect(limiter.take('b', 500)).toBe(true)
  expect(limiter.take('a', 1_600)).toBe(true)
})
