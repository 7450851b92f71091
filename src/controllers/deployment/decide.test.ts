import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { HOUR, MINUTE, NOON, SECOND } from '../../../test/world/builders.ts'
import type { Deployment, DeploymentStatus } from '../../kinds/deployment.ts'
import type { DeploymentSpec, Schedule } from '../../kinds/generated.ts'
import { API_VERSION, WIRE } from '../../kinds/meta.ts'
import type { StateType } from '../../kinds/run.ts'
import { scheduledUid } from '../../kinds/scheduled-run.ts'
import { isoTime } from '../../lib/instant.ts'
import type { HistoryRow } from '../../store/types.ts'
import { decideDeployment } from './decide.ts'
import { createScheduleReader } from './read-schedule.ts'
import type { DeploymentPlan, DeploymentRun, DeploymentWorld } from './world.ts'

const DAY = 24 * HOUR
const UID = '3f6f5b1c-2222-5222-8222-222222222222'
const read = createScheduleReader()

function aDeployment(spec: DeploymentSpec, status?: DeploymentStatus): Deployment {
  return {
    apiVersion: API_VERSION,
    kind: 'Deployment',
    metadata: {
      name: 'etl',
      namespace: 'default',
      uid: UID,
      resourceVersion: '3',
      generation: 1,
      creationTimestamp: isoTime(NOON - 30 * SECOND),
    },
    spec,
    ...(status && { status }),
  }
}

function aDeploymentWorld(different: Partial<DeploymentWorld> = {}): DeploymentWorld {
  return {
    deployment: aDeployment({}),
    runs: [],
    ended: [],
    registeredAhead: undefined,
    read: (schedule) => read(schedule, UID),
    isMade: () => false,
    isTaken: () => false,
    ...different,
  }
}

function scheduled(schedule: Schedule, status?: DeploymentStatus, more: DeploymentSpec = {}) {
  return aDeploymentWorld({ deployment: aDeployment({ schedules: [schedule], ...more }, status) })
}

/** The world after a plan, as if it had been applied. */
function after(world: DeploymentWorld, plan: DeploymentPlan): DeploymentWorld {
  const { spec } = world.deployment
  return { ...world, deployment: aDeployment(spec, plan.status) }
}

/** The status of a deployment whose schedules were dealt with up to then. */
function handled(world: DeploymentWorld, untilMs: number): DeploymentWorld {
  const plan = decideDeployment({ ...world, isMade: () => true }, untilMs)
  return after(world, plan)
}

function names(plan: DeploymentPlan): readonly string[] {
  return plan.create.map(({ metadata }) => metadata.name)
}

describe('a schedule', () => {
  const minutely: Schedule = { cron: '* * * * *' }

  test('starts nothing before its time and says when it comes', () => {
    const plan = decideDeployment(scheduled({ cron: '30 12 * * *' }), NOON)
    expect(names(plan)).toEqual([])
    expect(plan.outcome).toEqual({ type: 'RequeueAfter', delayMs: 30 * MINUTE })
    expect(plan.status.nextScheduleTimes?.[0]).toBe('2026-01-15T12:30:00.000Z')
    expect(plan.status.nextScheduleTimes).toHaveLength(5)
  })

  test('starts one run, named by the scheduled minute, with what the schedule gives', () => {
    const schedule: Schedule = { cron: '0 12 * * *', slug: 'noon', parameters: { depth: 'full' } }
    const run = decideDeployment(scheduled(schedule), NOON).create.at(0)
    expect(run?.metadata).toMatchObject({
      name: 'etl-202601151200',
      uid: scheduledUid(UID, NOON),
      labels: { [WIRE.labelDeployment]: 'etl' },
      annotations: {
        [WIRE.annotationScheduledTime]: '2026-01-15T12:00:00.000Z',
        [WIRE.annotationSchedule]: 'noon',
      },
      finalizers: [WIRE.finalizerTask],
      ownerReferences: [{ kind: 'Deployment', name: 'etl', uid: UID }],
    })
    expect(run?.spec).toEqual({
      deployment: 'etl',
      scheduledTime: '2026-01-15T12:00:00.000Z',
      parameters: { depth: 'full' },
    })
  })

  test('starts nothing twice', () => {
    const world = scheduled(minutely)
    const first = decideDeployment(world, NOON)
    expect(names(first)).toHaveLength(1)
    expect(names(decideDeployment(after(world, first), NOON + 30 * SECOND))).toEqual([])
  })

  test('makes no run that was made before, whatever the status says', () => {
    const made = scheduledUid(UID, NOON)
    const world = { ...scheduled(minutely), isMade: (uid: string) => uid === made }
    expect(names(decideDeployment(world, NOON))).toEqual([])
  })

  test('leaves the name to whoever has it, and says so', () => {
    const plan = decideDeployment({ ...scheduled(minutely), isTaken: () => true }, NOON)
    expect(names(plan)).toEqual([])
    expect(plan.events.map(({ reason }) => reason)).toEqual(['NameTaken'])
  })

  test('of the same minute as another makes one run with it', () => {
    const schedules = [minutely, { cron: '0 12 * * *', slug: 'noon' }]
    const world = aDeploymentWorld({ deployment: aDeployment({ schedules }) })
    expect(names(decideDeployment(world, NOON))).toEqual(['etl-202601151200'])
  })

  test('below a minute has the seconds in its names', () => {
    const world = handled(scheduled({ interval: 20 }), NOON)
    const [name] = names(decideDeployment(world, NOON + 20 * SECOND))
    expect(name).toBe('etl-20260115120020')
  })

  test('starts later by its jitter, for the same minute', () => {
    const world = scheduled({ cron: '0 12 * * *', jitterSeconds: 600 })
    const early = decideDeployment(world, NOON)
    const delayMs = early.outcome.type === 'RequeueAfter' ? early.outcome.delayMs : -1
    expect(delayMs).toBeGreaterThan(0)
    expect(delayMs).toBeLessThanOrEqual(600 * SECOND)
    expect(names(decideDeployment(after(world, early), NOON + delayMs))).toEqual([
      'etl-202601151200',
    ])
  })

  test('that cannot be read stalls the deployment and leaves the others alone', () => {
    const schedules = [{ rrule: 'FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30' }, minutely]
    const plan = decideDeployment(
      aDeploymentWorld({ deployment: aDeployment({ schedules }) }),
      NOON,
    )
    expect(names(plan)).toHaveLength(1)
    expect(plan.status.conditions).toContainEqual(
      expect.objectContaining({ type: 'Ready', status: 'False', reason: 'InvalidSchedule' }),
    )
  })

  test('that is changed starts afresh: what its new times would have been is not made up for', () => {
    const before = handled(scheduled({ cron: '0 2 * * *' }), NOON - HOUR)
    const changed = {
      ...before,
      deployment: aDeployment({ schedules: [{ cron: '30 11 * * *' }] }, before.deployment.status),
    }
    expect(names(decideDeployment(changed, NOON))).toEqual([])
  })

  test('of which only the parameters change goes on', () => {
    const before = handled(scheduled({ cron: '0 * * * *' }), NOON)
    const schedules = [{ cron: '0 * * * *', parameters: { a: 1 } }]
    const changed = {
      ...before,
      deployment: aDeployment({ schedules }, before.deployment.status),
    }
    expect(names(decideDeployment(changed, NOON + HOUR))).toEqual(['etl-202601151300'])
  })
})

describe('times that were missed', () => {
  interface Case {
    readonly name: string
    readonly schedule: Schedule
    readonly downMs: number
    readonly started: number
    readonly last?: string
    readonly events?: readonly string[]
  }
  const cases: readonly Case[] = [
    {
      name: 'Latest: one after a night of minutes',
      schedule: { cron: '* * * * *' },
      downMs: 12 * HOUR,
      started: 1,
      last: 'etl-202601160000',
      events: ['MissedSchedule'],
    },
    {
      name: 'Latest: one after a year of seconds',
      schedule: { interval: 1 },
      downMs: 365 * DAY,
      started: 1,
      events: ['MissedSchedule'],
    },
    {
      name: 'All: the newest ten by default, after 500 of them',
      schedule: { cron: '* * * * *', catchUp: 'All' },
      downMs: 500 * MINUTE,
      started: 10,
      events: ['MissedSchedule'],
    },
    {
      name: 'All: each of them within maxCatchUp',
      schedule: { cron: '* * * * *', catchUp: 'All', maxCatchUp: 1000 },
      downMs: 500 * MINUTE,
      started: 500,
      events: [],
    },
    {
      name: 'None: none that is late',
      schedule: { cron: '0 * * * *', catchUp: 'None' },
      downMs: 90 * MINUTE,
      started: 0,
      events: ['MissedSchedule'],
    },
    {
      name: 'None: the one that is due now',
      schedule: { cron: '0 * * * *', catchUp: 'None' },
      downMs: 2 * HOUR + 3 * SECOND,
      started: 1,
      last: 'etl-202601151400',
      events: ['MissedSchedule'],
    },
    {
      name: 'a deadline: not what is later than it',
      schedule: { cron: '0 * * * *', startingDeadlineSeconds: 600 },
      downMs: 90 * MINUTE,
      started: 0,
      events: ['MissedSchedule'],
    },
    {
      name: 'a deadline: what is within it',
      schedule: { cron: '0 * * * *', startingDeadlineSeconds: 3600 },
      downMs: 90 * MINUTE,
      started: 1,
      last: 'etl-202601151300',
      events: [],
    },
    {
      name: 'a deadline below the delay of the controller itself still lets runs start',
      schedule: { cron: '0 * * * *', startingDeadlineSeconds: 0 },
      downMs: HOUR + 2 * SECOND,
      started: 1,
      events: [],
    },
  ]
  test.each(cases)('$name', ({ schedule, downMs, started, last, events }) => {
    const world = handled(scheduled(schedule), NOON)
    const plan = decideDeployment(world, NOON + downMs)
    expect(plan.create).toHaveLength(started)
    if (last !== undefined) expect(names(plan).at(-1)).toBe(last)
    if (events) expect(plan.events.map(({ reason }) => reason)).toEqual(events)
    expect(names(decideDeployment(after(world, plan), NOON + downMs))).toEqual([])
  })

  test('during a year of suspension are nobody’s loss', () => {
    const minutely = { schedules: [{ cron: '* * * * *', catchUp: 'All' as const }] }
    const running = handled(aDeploymentWorld({ deployment: aDeployment(minutely) }), NOON)
    const { status } = running.deployment
    const held = { ...running, deployment: aDeployment({ ...minutely, suspend: true }, status) }
    const paused = decideDeployment(held, NOON + MINUTE)
    expect(names(paused)).toEqual([])
    expect(paused.status.nextScheduleTimes).toEqual([])
    const resumed = { ...held, deployment: aDeployment(minutely, paused.status) }
    const plan = decideDeployment(resumed, NOON + 365 * DAY)
    expect(names(plan)).toEqual([])
    expect(plan.events).toEqual([])
    const next = decideDeployment(after(resumed, plan), NOON + 365 * DAY + MINUTE)
    expect(names(next)).toHaveLength(1)
  })

  test('while a schedule was inactive neither', () => {
    const inactive = handled(scheduled({ cron: '* * * * *', active: false }), NOON)
    expect(inactive.deployment.status?.schedules).toEqual([])
    const active = {
      ...inactive,
      deployment: aDeployment({ schedules: [{ cron: '* * * * *' }] }, inactive.deployment.status),
    }
    expect(names(decideDeployment(active, NOON + HOUR))).toEqual([])
  })

  test('many schedules that are all due are started in turns, and none is lost', () => {
    const schedules = Array.from({ length: 5 }, (_, index): Schedule => {
      return {
        interval: 60,
        anchorDate: isoTime(NOON + index * SECOND),
        catchUp: 'All',
        maxCatchUp: 400,
      }
    })
    let world = handled(aDeploymentWorld({ deployment: aDeployment({ schedules }) }), NOON)
    const seen = new Set<string>()
    for (let round = 0; round < 3; round += 1) {
      const plan = decideDeployment(world, NOON + 400 * MINUTE + 30 * SECOND)
      expect(plan.create.length).toBeLessThanOrEqual(1000)
      for (const name of names(plan)) seen.add(name)
      world = after(world, plan)
    }
    expect(seen.size).toBe(2000)
  })
})

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
      { numRuns: 100 },
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
      { numRuns: 100 },
    )
  })
})
