import { afterEach, describe, expect, test } from 'vitest'
import { HOUR, MINUTE, SECOND } from '../world/builders.ts'
import { someOf } from '../world/effort.ts'
import { World, type WorldOptions } from '../world/world.ts'

const IMAGE = { image: 'busybox' }
const DAY = 24 * HOUR

let world: World

async function startWorld(options: WorldOptions = {}): Promise<World> {
  world = new World(options)
  await world.start()
  return world
}

afterEach(async () => {
  await world.stop()
})

describe('a deployment', () => {
  test('starts its runs on time, keeps the newest as objects and all of them in history', async () => {
    await startWorld()
    world.addDeployment('tick', { schedules: [{ cron: '*/5 * * * *' }], template: IMAGE })
    await world.clock.advance(61 * MINUTE)
    expect(world.runNames()).toHaveLength(3)
    expect(world.runNames().at(-1)).toBe('tick-202601151300')
    expect(world.store.history.list({ deployment: 'tick' })).toHaveLength(12)
    expect(world.deployment('tick')?.status).toMatchObject({
      lastScheduleTime: '2026-01-15T13:00:00.000Z',
      active: [],
      consecutiveFailures: 0,
    })
    expect(world.calls('RunTask')).toBe(12)
  })

  test('hands the parameters of a schedule to its runs', async () => {
    const commands: (readonly string[])[] = []
    await startWorld({
      behave: (task) => {
        commands.push(task.containers[0]?.command ?? [])
        return { runMs: SECOND }
      },
    })
    world.addDeployment('report', {
      parameters: { depth: 'quick' },
      schedules: [{ cron: '30 12 * * *', parameters: { depth: 'full' } }],
      template: {
        ...IMAGE,
        command: ['report', '{{ parameters.depth }}', '{{ run.scheduledTime }}'],
      },
    })
    await world.clock.advance(HOUR)
    expect(commands).toEqual([['report', 'full', '2026-01-15T12:30:00.000Z']])
  })

  test('that fails again and again is suspended, and goes on when it is resumed', async () => {
    await startWorld({ behave: () => ({ runMs: SECOND, exitCode: 1 }) })
    world.addDeployment('bad', {
      schedules: [{ interval: 600 }],
      pauseAfterFailures: 3,
      template: IMAGE,
    })
    await world.clock.advance(5 * HOUR)
    expect(world.deployment('bad')?.spec.suspend).toBe(true)
    expect(world.calls('RunTask')).toBe(3)
    const events = world.store.events.list({ regardingName: 'bad' })
    expect(events.map(({ reason }) => reason)).toContain('PausedAfterFailures')
    world.change('Deployment', 'bad', { suspend: false })
    await world.clock.advance(15 * MINUTE)
    expect(world.calls('RunTask')).toBe(4)
  })

  test('whose controller was away makes up for the newest time only', async () => {
    await startWorld()
    world.addDeployment('tick', { schedules: [{ cron: '* * * * *' }], template: IMAGE })
    await world.clock.advance(3 * MINUTE)
    world.crash()
    await world.clock.advance(500 * MINUTE)
    await world.start()
    await world.clock.advance(30 * SECOND)
    expect(world.calls('RunTask')).toBe(4)
  })

  test('follows a clock that is set ahead within a minute', async () => {
    await startWorld()
    world.addDeployment('daily', { schedules: [{ cron: '0 6 * * *' }], template: IMAGE })
    await world.clock.advance(MINUTE)
    world.clock.stepWall(DAY)
    await world.clock.advance(2 * MINUTE)
    expect(world.store.history.list({ deployment: 'daily' })).toHaveLength(1)
  })
})

describe('when the controller dies', () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])(
    'at its commit %d, each time still has its one run',
    async (fatal) => {
      let commits = 0
      const deaths: number[] = []
      await startWorld({
        diesAt: (point) => {
          if (point === 'commit') commits += 1
          return deaths.length === 0 && point === 'commit' && commits === fatal
        },
        onDeath: () => {
          deaths.push(fatal)
        },
      })
      world.addDeployment('tick', {
        schedules: [{ cron: '* * * * *', catchUp: 'All' }],
        successfulRunsHistoryLimit: 100,
        template: IMAGE,
      })
      await world.clock.advance(90 * SECOND)
      if (deaths.length > 0) await world.start()
      await world.clock.advance(210 * SECOND)
      // 12:00 is when the deployment was created; it does not count.
      const minutes = ['1201', '1202', '1203', '1204', '1205']
      const names = minutes.map((minute) => `tick-20260115${minute}`)
      expect(world.runNames()).toEqual(names)
      expect(names.map((name) => world.tasksOf(name))).toEqual(names.map(() => 1))
    },
  )
})

/** Deployments of the month that takes seconds. */
const WEEKLY = someOf(200)

test('a month of weekly deployments takes seconds, and every week has its run', async () => {
  await startWorld({ pace: { floorMs: 60_000, ceilingMs: 600_000 } })
  for (let index = 0; index < WEEKLY; index += 1) {
    world.addDeployment(`weekly-${index}`, {
      schedules: [{ cron: 'H H * * H', timezone: 'Europe/Berlin' }],
      template: { ...IMAGE, family: 'weekly' },
    })
  }
  await world.clock.advance(28 * DAY)
  expect(world.calls('RunTask')).toBe(WEEKLY * 4)
  const ended = world.store.history.list({})
  expect(ended).toHaveLength(WEEKLY * 4)
  expect(new Set(ended.map(({ name }) => name)).size).toBe(WEEKLY * 4)
  expect(world.runNames()).toHaveLength(WEEKLY * 3)
})
