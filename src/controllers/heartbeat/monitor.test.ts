import { beforeEach, describe, expect, test } from 'vitest'
import { FakeClock } from '../../../test/world/fake-clock.ts'
import { anIntent, openTestStore } from '../../../test/world/test-store.ts'
import { leaseTerms } from '../../kinds/heartbeat.ts'
import type { SqliteStore } from '../../store/open.ts'
import type { AttemptRow } from '../../store/types.ts'
import { HeartbeatMonitor } from './monitor.ts'

const URL = 'http://127.0.0.1:4000'
const SECOND = 1_000
const MINUTE = 60 * SECOND

let clock: FakeClock
let store: SqliteStore
let url: string | undefined
let woken: string[]
let monitor: HeartbeatMonitor

beforeEach(() => {
  clock = new FakeClock()
  store = openTestStore()
  url = URL
  woken = []
  monitor = aMonitor()
  monitor.hear()
})

function aMonitor(): HeartbeatMonitor {
  return new HeartbeatMonitor({
    store,
    clock,
    url: () => url,
    wake: ({ clientToken }) => woken.push(clientToken),
  })
}

/** A living attempt that owes a beat every 30 s. */
function launched(name: string, different: Partial<AttemptRow> = {}): AttemptRow {
  const row: AttemptRow = {
    ...anIntent(name),
    phase: 'Launched',
    taskArn: `arn:task/${name}`,
    clusterArn: 'arn:cluster',
    heartbeat: leaseTerms({ frequencySeconds: 30 }, URL),
    ...different,
  }
  store.transaction(() => store.attempts.insert(row))
  return row
}

const silentMs = (attempt: AttemptRow): number | undefined => monitor.signs(attempt)?.silentMs

describe('silence', () => {
  test('begins with the first sight of the running task and ends with each beat', async () => {
    const attempt = launched('a')
    expect(monitor.signs(attempt)).toBeUndefined()
    monitor.watch(attempt)
    await clock.advance(20 * SECOND)
    expect(monitor.signs(attempt)).toEqual({
      silentMs: 20 * SECOND,
      hasBeaten: false,
      isHeard: false,
    })
    monitor.heard(attempt)
    await clock.advance(5 * SECOND)
    monitor.watch(attempt)
    expect(monitor.signs(attempt)).toEqual({
      silentMs: 5 * SECOND,
      hasBeaten: true,
      isHeard: true,
    })
  })

  test('does not care who sets the clock', async () => {
    const attempt = launched('a')
    monitor.watch(attempt)
    for (const step of [30 * MINUTE, -60 * MINUTE, 24 * 60 * MINUTE]) {
      clock.stepWall(step)
      expect(silentMs(attempt)).toBe(0)
    }
    await clock.advance(SECOND)
    expect(silentMs(attempt)).toBe(SECOND)
  })

  test('says nothing while nothing can be heard, and begins anew after', async () => {
    const attempt = launched('a')
    monitor.watch(attempt)
    await clock.advance(MINUTE)
    monitor.deafen()
    expect(silentMs(attempt)).toBeUndefined()
    await clock.advance(10 * MINUTE)
    monitor.hear()
    expect(silentMs(attempt)).toBe(0)
    await clock.advance(SECOND)
    monitor.hear()
    expect(silentMs(attempt)).toBe(SECOND)
  })

  test('before this process counts for nothing, but whether it has beaten is known', async () => {
    const attempt = launched('a')
    store.transaction(() => store.beats.put(attempt.clientToken, clock.nowMs()))
    await clock.advance(10 * MINUTE)
    const next = aMonitor()
    next.watch(attempt)
    next.hear()
    expect(next.signs(attempt)).toEqual({ silentMs: 0, hasBeaten: true, isHeard: false })
  })

  test('while the process stood still counts for nothing, whoever looks first', () => {
    const attempt = launched('a')
    monitor.watch(attempt)
    monitor.heard(attempt)
    const stalled = new StalledClock(clock)
    const slow = new HeartbeatMonitor({ store, clock: stalled, url: () => URL, wake: () => {} })
    slow.hear()
    slow.watch(attempt)
    slow.heard(attempt)
    stalled.passMs += 4 * SECOND
    expect(slow.signs(attempt)?.silentMs).toBe(4 * SECOND)
    stalled.passMs += 20 * SECOND
    expect(slow.signs(attempt)?.silentMs).toBe(0)
  })

  test('of a task that was told of another intake says nothing, until it is heard', () => {
    const elsewhere = launched('a', {
      heartbeat: leaseTerms({ frequencySeconds: 30 }, 'http://old.test'),
    })
    const nowhere = launched('b', { heartbeat: leaseTerms({ frequencySeconds: 30 }, undefined) })
    for (const attempt of [elsewhere, nowhere]) {
      monitor.watch(attempt)
      expect(silentMs(attempt)).toBeUndefined()
      monitor.heard(attempt)
      expect(silentMs(attempt)).toBe(0)
    }
  })

  test('of health and lines does not depend on the network', async () => {
    monitor.deafen()
    const heartbeat = leaseTerms({ frequencySeconds: 30, source: 'Logs' }, undefined)
    const attempt = launched('a', { heartbeat })
    monitor.watch(attempt)
    expect(silentMs(attempt)).toBeUndefined()
    monitor.looked(attempt, false)
    await clock.advance(40 * SECOND)
    monitor.looked(attempt, false)
    expect(silentMs(attempt)).toBe(40 * SECOND)
    monitor.looked(attempt, true)
    expect(silentMs(attempt)).toBe(0)
    await clock.advance(MINUTE)
    // Nobody has asked: for all that is known it may have said a lot.
    expect(silentMs(attempt)).toBeUndefined()
    monitor.looked(attempt, false)
    expect(silentMs(attempt)).toBe(0)
  })
})

test('whoever is heard for the first time, or again after too long a silence, is looked at', async () => {
  const attempt = launched('a')
  monitor.watch(attempt)
  await clock.advance(80 * SECOND)
  monitor.heard(attempt)
  expect(woken).toEqual([attempt.clientToken])
  await clock.advance(104 * SECOND)
  monitor.heard(attempt)
  expect(woken).toHaveLength(1)
  await clock.advance(105 * SECOND)
  monitor.heard(attempt)
  expect(woken).toEqual([attempt.clientToken, attempt.clientToken])
})

test('subscribers hear of each beat', () => {
  const attempt = launched('a')
  const heard: (number | undefined)[] = []
  const unsubscribe = monitor.subscribe((lease) => heard.push(lease.heardAtMs))
  monitor.heard(attempt)
  unsubscribe()
  monitor.heard(attempt)
  expect(heard).toEqual([clock.nowMs()])
})

test('an attempt without a heartbeat has no lease', () => {
  const { heartbeat: _, ...attempt } = launched('a')
  monitor.watch(attempt)
  monitor.heard(attempt)
  expect(monitor.size).toBe(0)
})

test('leases of the dead go, and with the last one the timer', async () => {
  const dead = launched('a')
  const living = launched('b')
  for (const attempt of [dead, living]) monitor.watch(attempt)
  store.transaction(() => store.attempts.update(dead.clientToken, { phase: 'Stopped' }))
  await clock.advance(2 * MINUTE)
  expect(monitor.size).toBe(1)
  expect(monitor.find(living.runUid, 0, 1)?.attempt).toBe(living)
  store.transaction(() => store.attempts.update(living.clientToken, { phase: 'Stopped' }))
  await clock.advance(2 * MINUTE)
  expect(monitor.size).toBe(0)
  expect(clock.pendingTimers).toBe(0)
})

/** Time that passes without any timer. */
class StalledClock {
  passMs = 0
  readonly #clock: FakeClock
  constructor(clock: FakeClock) {
    this.#clock = clock
  }
  nowMs(): number {
    return this.#clock.nowMs() + this.passMs
  }
  monotonicMs(): number {
    return this.#clock.monotonicMs() + this.passMs
  }
  after(): () => void {
    return () => {}
  }
}
