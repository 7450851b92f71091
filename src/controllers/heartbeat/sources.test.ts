import { beforeEach, describe, expect, test } from 'vitest'
import { aTask } from '../../../test/world/builders.ts'
import { FakeClock } from '../../../test/world/fake-clock.ts'
import { anIntent, openTestStore } from '../../../test/world/test-store.ts'
import type { AwsAccount, LogPage } from '../../aws/ports.ts'
import { leaseTerms } from '../../kinds/heartbeat.ts'
import type { SqliteStore } from '../../store/open.ts'
import type { AttemptRow } from '../../store/types.ts'
import { noteHealth } from './health.ts'
import { LogActivity } from './log-activity.ts'
import { HeartbeatMonitor } from './monitor.ts'

const SECOND = 1_000

let clock: FakeClock
let store: SqliteStore
let monitor: HeartbeatMonitor

beforeEach(() => {
  clock = new FakeClock()
  store = openTestStore()
  monitor = new HeartbeatMonitor({ store, clock, url: () => undefined, wake: () => {} })
})

function launched(source: 'ContainerHealth' | 'Logs'): AttemptRow {
  const row: AttemptRow = {
    ...anIntent('a'),
    phase: 'Launched',
    taskArn: 'arn:aws:ecs:us-east-1:1:task/default/t1',
    clusterArn: 'arn:cluster',
    heartbeat: leaseTerms({ frequencySeconds: 30, source }, undefined),
    logs: { streamOutput: false, containers: [{ container: 'main', group: 'g', prefix: 'p' }] },
  }
  store.transaction(() => store.attempts.insert(row))
  return row
}

describe('health', () => {
  function look(
    attempt: AttemptRow,
    healthStatus: string | undefined,
    lastStatus = 'RUNNING',
  ): void {
    const container = { name: 'main', ...(healthStatus && { healthStatus }) }
    noteHealth(monitor, attempt, aTask({ lastStatus, containers: [container] }))
  }

  test('HEALTHY is a sign of life, everything else is none', async () => {
    const attempt = launched('ContainerHealth')
    look(attempt, 'UNKNOWN')
    await clock.advance(20 * SECOND)
    look(attempt, 'UNHEALTHY')
    expect(monitor.signs(attempt)).toMatchObject({ silentMs: 20 * SECOND, hasBeaten: false })
    look(attempt, 'HEALTHY')
    expect(monitor.signs(attempt)).toMatchObject({ silentMs: 0, hasBeaten: true })
    for (let looks = 0; looks < 4; looks += 1) {
      await clock.advance(30 * SECOND)
      look(attempt, 'UNHEALTHY')
    }
    expect(monitor.signs(attempt)?.silentMs).toBe(120 * SECOND)
  })

  test('UNHEALTHY after nobody has looked for long is no silence yet', async () => {
    const attempt = launched('ContainerHealth')
    look(attempt, 'HEALTHY')
    await clock.advance(600 * SECOND)
    look(attempt, 'UNHEALTHY')
    expect(monitor.signs(attempt)?.silentMs).toBe(0)
  })

  test('counts once the task runs, and for those who chose it', () => {
    const attempt = launched('ContainerHealth')
    look(attempt, 'UNKNOWN', 'PENDING')
    look({ ...attempt, heartbeat: leaseTerms({ frequencySeconds: 30 }, undefined) }, 'HEALTHY')
    expect(monitor.size).toBe(0)
  })
})

describe('lines', () => {
  let lines: readonly string[]
  let reads: number
  let isRefused: boolean

  function account(): AwsAccount {
    const getLogEvents = (): Promise<LogPage> => {
      reads += 1
      if (isRefused) return Promise.reject(new Error('refused'))
      const events = lines.map((message, index) => ({
        timestampMs: index,
        message,
        stream: 'p/main/t1',
      }))
      return Promise.resolve({ events })
    }
    return { logs: { getLogEvents } } as unknown as AwsAccount
  }

  beforeEach(() => {
    lines = []
    reads = 0
    isRefused = false
    new LogActivity({
      monitor,
      clock,
      accounts: { forTarget: account, byId: account },
    }).start()
  })

  test('that are new are signs of life, and reading them is bounded', async () => {
    const attempt = launched('Logs')
    monitor.watch(attempt)
    await clock.advance(30 * SECOND)
    expect(monitor.signs(attempt)).toMatchObject({ hasBeaten: false })
    lines = ['hello']
    await clock.advance(12 * SECOND)
    expect(monitor.signs(attempt)).toMatchObject({ hasBeaten: true })
    await clock.advance(60 * SECOND)
    expect(monitor.signs(attempt)?.silentMs).toBeGreaterThan(55 * SECOND)
    lines = ['hello', 'hello']
    await clock.advance(12 * SECOND)
    expect(monitor.signs(attempt)?.silentMs).toBeLessThan(13 * SECOND)
    expect(reads).toBeLessThanOrEqual(12)
  })

  test('that cannot be read are no silence', async () => {
    const attempt = launched('Logs')
    isRefused = true
    monitor.watch(attempt)
    await clock.advance(600 * SECOND)
    expect(monitor.signs(attempt)).toBeUndefined()
  })
})
