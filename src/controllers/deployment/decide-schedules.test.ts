import { describe, expect, test } from 'vitest'
import { HOUR, MINUTE, NOON, SECOND } from '../../../test/world/builders.ts'
import {
  aDeployment,
  aDeploymentWorld,
  after,
  DAY,
  handled,
  names,
  scheduled,
  UID,
} from '../../../test/world/deployment-world.ts'
import type { Schedule } from '../../kinds/generated.ts'
import { WIRE } from '../../kinds/meta.ts'
import { scheduledUid } from '../../kinds/scheduled-run.ts'
import { isoTime } from '../../lib/instant.ts'
import { decideDeployment } from './decide.ts'

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
