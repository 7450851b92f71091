import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { HOUR, MINUTE, NOON } from '../../../test/world/builders.ts'
import {
  aDeployment,
  aDeploymentWorld,
  after,
  DAY,
  handled,
  names,
  scheduled,
} from '../../../test/world/deployment-world.ts'
import { someOf } from '../../../test/world/effort.ts'
import type { StateType } from '../../kinds/run.ts'
import { isoTime } from '../../lib/instant.ts'
import type { HistoryRow } from '../../store/types.ts'
import { decideDeployment } from './decide.ts'
import { MAX_REMOVALS } from './limits.ts'
import type { DeploymentRun, DeploymentWorld } from './world.ts'

describe('a clock that is set', () => {
  test('a year ahead and back again loses no time and doubles none', () => {
    const made = new Set<string>()
    let world: DeploymentWorld = {
      ...handled(scheduled({ cron: '0 * * * *' }), NOON),
      isMade: (uid) => made.has(uid),
    }
    const startedAt = (nowMs: number): readonly string[] => {
      const plan = decideDeployment(world, nowMs)
      for (const { metadata } of plan.create) made.add(metadata.uid)
      world = { ...after(world, plan), isMade: world.isMade }
      return names(plan)
    }
    expect(startedAt(NOON + HOUR)).toEqual(['etl-202601151300'])
    expect(startedAt(NOON + 365 * DAY)).toEqual(['etl-202701151200'])
    expect(startedAt(NOON + 90 * MINUTE)).toEqual([])
    expect(startedAt(NOON + 2 * HOUR)).toEqual(['etl-202601151400'])
    expect(startedAt(NOON + HOUR)).toEqual([])
    expect(startedAt(NOON + 2 * HOUR)).toEqual([])
    expect(startedAt(NOON + 3 * HOUR)).toEqual(['etl-202601151500'])
  })
})

describe('runs that have ended', () => {
  function run(
    name: string,
    stateType: StateType,
    endedMs: number,
    more: object = {},
  ): DeploymentRun {
    return {
      key: { kind: 'Run', namespace: 'default', name },
      stateType,
      isOwned: true,
      isDeleting: false,
      createdAt: isoTime(endedMs - MINUTE),
      completedAt: isoTime(endedMs),
      taskDefinitionArn: undefined,
      ...more,
    }
  }
  function row(stateType: StateType, finishedAtMs: number): HistoryRow {
    const name = `etl-${finishedAtMs}`
    return {
      uid: name,
      namespace: 'default',
      name,
      stateType,
      stateName: stateType,
      attempts: 1,
      createdAtMs: finishedAtMs,
      finishedAtMs,
    }
  }

  test('stay as objects up to the limits, the newest ones', () => {
    const runs = [
      ...Array.from({ length: 5 }, (_, index) => run(`ok-${index}`, 'COMPLETED', NOON + index)),
      ...Array.from({ length: 4 }, (_, index) => run(`bad-${index}`, 'CRASHED', NOON + index)),
      run('going', 'RUNNING', NOON, { completedAt: undefined }),
      run('by-hand', 'COMPLETED', 0, { isOwned: false }),
      run('leaving', 'COMPLETED', 0, { isDeleting: true }),
    ]
    const deployment = aDeployment({ successfulRunsHistoryLimit: 2 })
    const plan = decideDeployment(aDeploymentWorld({ deployment, runs }), NOON)
    expect(plan.remove.map(({ name }) => name)).toEqual(['ok-0', 'ok-1', 'ok-2', 'bad-0'])
    expect(plan.status.active).toEqual(['going'])
  })

  test('and are too many to be removed at once are looked for again', () => {
    const runs = Array.from({ length: MAX_REMOVALS + 9 }, (_, index) =>
      run(`ok-${index}`, 'COMPLETED', NOON + index),
    )
    const deployment = aDeployment({ successfulRunsHistoryLimit: 0 })
    const plan = decideDeployment(aDeploymentWorld({ deployment, runs }), NOON)
    expect(plan.remove).toHaveLength(MAX_REMOVALS)
    expect(plan.outcome).toEqual({ type: 'RequeueAfter', delayMs: 0 })
  })

  test('badly, so many in a row, suspend the deployment', () => {
    const ended = [row('FAILED', NOON), row('CANCELLED', NOON - 1), row('CRASHED', NOON - 2)]
    const spec = { pauseAfterFailures: 2, schedules: [{ cron: '* * * * *' }] }
    const plan = decideDeployment(
      aDeploymentWorld({ deployment: aDeployment(spec), ended }),
      NOON + MINUTE,
    )
    expect(plan.suspend).toBe(true)
    expect(plan.create).toEqual([])
    expect(plan.status.consecutiveFailures).toBe(2)
    expect(plan.events.map(({ reason }) => reason)).toEqual(['PausedAfterFailures'])
    // Resumed by a person: those failures are forgiven.
    const resumed = aDeploymentWorld({ deployment: aDeployment(spec, plan.status), ended })
    const next = decideDeployment(resumed, NOON + HOUR)
    expect(next.suspend).toBe(false)
    expect(next.status.consecutiveFailures).toBe(0)
  })

  test('well in between do not', () => {
    const ended = [row('FAILED', NOON), row('COMPLETED', NOON - 1), row('CRASHED', NOON - 2)]
    const deployment = aDeployment({ pauseAfterFailures: 2 })
    const plan = decideDeployment(aDeploymentWorld({ deployment, ended }), NOON)
    expect(plan.suspend).toBe(false)
    expect(plan.status.lastSuccessfulTime).toBe(isoTime(NOON - 1))
  })
})

describe('whatever the schedule and whenever it is looked at', () => {
  const schedule = fc.record({
    cron: fc.constantFrom('* * * * *', '*/7 * * * *', '0 * * * *', '30 2 * * *', 'H * * * *'),
    timezone: fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe'),
    catchUp: fc.constantFrom('None' as const, 'Latest' as const, 'All' as const),
    jitterSeconds: fc.constantFrom(0, 90),
  })
  const steps = fc.array(fc.integer({ min: -2 * HOUR, max: 8 * HOUR }), { maxLength: 20 })

  test('a scheduled minute never gives two runs', () => {
    fc.assert(
      fc.property(fc.array(schedule, { minLength: 1, maxLength: 3 }), steps, (schedules, moves) => {
        const made = new Map<string, string>()
        let nowMs = NOON
        let world = aDeploymentWorld({
          deployment: aDeployment({ schedules }),
          isMade: (uid) => made.has(uid),
        })
        for (const move of moves) {
          nowMs += move
          const plan = decideDeployment(world, nowMs)
          for (const { metadata } of plan.create) {
            expect(made.has(metadata.uid)).toBe(false)
            expect([...made.values()]).not.toContain(metadata.name)
            made.set(metadata.uid, metadata.name)
          }
          world = { ...after(world, plan), isMade: world.isMade }
        }
      }),
      { numRuns: someOf(100) },
    )
  })

  test('looking twice changes nothing', () => {
    fc.assert(
      fc.property(schedule, fc.integer({ min: 0, max: 30 * DAY }), (one, later) => {
        const world = handled(scheduled(one), NOON)
        const plan = decideDeployment(world, NOON + later)
        const again = decideDeployment(after(world, plan), NOON + later)
        expect(again.create).toEqual([])
        expect(again.status).toEqual(plan.status)
      }),
      { numRuns: someOf(100) },
    )
  })
})
