import { afterEach, describe, expect, test } from 'vitest'
import { AWS_PACE } from '../../src/controllers/run/observer-schedule.ts'
import { BRISK_DELAYS, MINUTE, SECOND } from '../world/builders.ts'
import { World, type WorldOptions } from '../world/world.ts'

const IMAGE = { image: 'busybox' }

let world: World

async function startWorld(options: WorldOptions = {}): Promise<World> {
  world = new World(options)
  await world.start()
  return world
}

afterEach(async () => {
  await world.stop()
})

describe('a run', () => {
  test('goes through the states of ECS to its end with one RunTask', async () => {
    await startWorld({ behave: () => ({ runMs: 30 * SECOND, exitCode: 0 }) })
    world.addRun('hello', { template: IMAGE })
    await world.clock.advance(100)
    expect(world.state('hello')).toBe('PENDING/InfrastructurePending')
    await world.clock.advance(30 * SECOND)
    expect(world.state('hello')).toBe('RUNNING/Running')
    await world.clock.advance(MINUTE)
    expect(world.state('hello')).toBe('COMPLETED/Completed')
    expect(world.run('hello')?.status).toMatchObject({ exitCode: 0, statusCode: 0 })
    expect(world.calls('RunTask')).toBe(1)
    expect(world.calls('RegisterTaskDefinition')).toBe(1)
  })

  test('fails with the exit code of its container', async () => {
    await startWorld({ behave: () => ({ runMs: SECOND, exitCode: 3 }) })
    world.addRun('bad', { template: IMAGE })
    await world.clock.advance(2 * MINUTE)
    expect(world.state('bad')).toBe('FAILED/Failed')
    expect(world.run('bad')?.status).toMatchObject({ exitCode: 3, statusCode: 3 })
    expect(world.calls('RunTask')).toBe(1)
  })

  test('is retried with a new token and succeeds at the second attempt', async () => {
    let attempt = 0
    await startWorld({
      behave: () => {
        attempt += 1
        return { runMs: SECOND, exitCode: attempt === 1 ? 1 : 0 }
      },
    })
    world.addRun('flaky', { template: { ...IMAGE, retry: { limit: 1 } } })
    await world.clock.advance(5 * MINUTE)
    expect(world.state('flaky')).toBe('COMPLETED/Completed')
    expect(world.run('flaky')?.status?.attempts?.map((one) => one.class)).toEqual([
      'ExitNonZero',
      'Success',
    ])
    expect(world.tasksOf('flaky')).toBe(2)
  })

  test('is cancelled while it runs, and its task is stopped', async () => {
    await startWorld({ behave: () => ({}) })
    world.addRun('long', { template: IMAGE })
    await world.clock.advance(MINUTE)
    expect(world.state('long')).toBe('RUNNING/Running')
    world.changeRun('long', { cancel: true })
    await world.clock.advance(SECOND)
    expect(world.state('long')).toBe('CANCELLING/Cancelling')
    await world.clock.advance(MINUTE)
    expect(world.state('long')).toBe('CANCELLED/Cancelled')
    expect(world.calls('StopTask')).toBe(1)
  })

  test('that is deleted while it runs keeps its object until the task has stopped', async () => {
    await startWorld({ behave: () => ({}) })
    const { uid } = world.addRun('gone', { template: IMAGE }).metadata
    await world.clock.advance(MINUTE)
    world.deleteRun('gone')
    await world.clock.advance(SECOND)
    expect(world.run('gone')).toBeDefined()
    await world.clock.advance(MINUTE)
    expect(world.run('gone')).toBeUndefined()
    expect(world.store.history.get(uid)).toMatchObject({ stateType: 'CANCELLED' })
  })

  test('that does not start is stopped and crashes', async () => {
    await startWorld({
      faults: { rules: [{ operation: 'RunTask', fault: { type: 'neverStart' } }] },
    })
    world.addRun('stuck', { template: { ...IMAGE, taskStartTimeoutSeconds: 60 } })
    await world.clock.advance(5 * MINUTE)
    expect(world.state('stuck')).toBe('CRASHED/Crashed')
    expect(world.run('stuck')?.status?.attempts?.[0]?.class).toBe('StartTimeout')
    expect(world.calls('StopTask')).toBe(1)
  })

  test('goes after its TTL', async () => {
    await startWorld()
    world.addRun('brief', { template: { ...IMAGE, ttlSecondsAfterFinished: 30 } })
    await world.clock.advance(MINUTE)
    expect(world.run('brief')).toBeDefined()
    await world.clock.advance(MINUTE)
    expect(world.run('brief')).toBeUndefined()
  })

  test('is paused by suspend and goes on with a new attempt', async () => {
    await startWorld({ behave: () => ({ runMs: 10 * MINUTE }) })
    world.addRun('pause', { template: IMAGE })
    await world.clock.advance(MINUTE)
    world.changeRun('pause', { suspend: true })
    await world.clock.advance(MINUTE)
    expect(world.state('pause')).toBe('PAUSED/Suspended')
    world.changeRun('pause', { suspend: false })
    await world.clock.advance(15 * MINUTE)
    expect(world.state('pause')).toBe('COMPLETED/Completed')
    expect(world.tasksOf('pause')).toBe(2)
  })
})

describe('many runs', () => {
  test('of one template register one definition and launch one task each', async () => {
    await startWorld()
    const names = Array.from({ length: 200 }, (_, index) => `run-${index}`)
    for (const name of names) world.addRun(name, { template: { ...IMAGE, family: 'shared' } })
    await world.clock.advance(3 * MINUTE)
    expect(new Set(names.map((name) => world.state(name)))).toEqual(
      new Set(['COMPLETED/Completed']),
    )
    expect(world.calls('RegisterTaskDefinition')).toBe(1)
    expect(world.calls('RunTask')).toBe(200)
  })

  test('of a limited pool never have more tasks than it has slots', async () => {
    await startWorld({ behave: () => ({ runMs: 30 * SECOND }) })
    world.addWorkPool('narrow', { concurrencyLimit: 2 })
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      world.addRun(name, { workPool: 'narrow', template: IMAGE })
    }
    let most = 0
    for (let step = 0; step < 300; step += 1) {
      await world.clock.advance(2 * SECOND)
      most = Math.max(most, world.store.attempts.countLive('default', 'narrow'))
    }
    expect(most).toBe(2)
    expect(['a', 'b', 'c', 'd', 'e'].map((name) => world.state(name))).toEqual(
      Array.from({ length: 5 }, () => 'COMPLETED/Completed'),
    )
  })
})

describe('when ECS is not at its best', () => {
  test('a lost reply launches no second task', async () => {
    const fault = { type: 'reset', effect: 'after' } as const
    await startWorld({ faults: { rules: [{ operation: 'RunTask', calls: [1], fault }] } })
    world.addRun('lost', { template: IMAGE })
    await world.clock.advance(3 * MINUTE)
    expect(world.state('lost')).toBe('COMPLETED/Completed')
    expect(world.calls('RunTask')).toBe(2)
    expect(world.tasksOf('lost')).toBe(1)
  })

  test('missing capacity is waited for without using an attempt up', async () => {
    const fault = { type: 'capacity' } as const
    await startWorld({ faults: { rules: [{ operation: 'RunTask', calls: [1, 2, 3], fault }] } })
    world.addRun('crowd', { template: IMAGE })
    await world.clock.advance(10 * MINUTE)
    expect(world.state('crowd')).toBe('COMPLETED/Completed')
    expect(world.run('crowd')?.status?.attempts?.map(({ number }) => number)).toEqual([1])
  })

  test('a throttle in disguise is retried', async () => {
    const fault = { type: 'throttle', disguise: 'subnet' } as const
    await startWorld({ faults: { rules: [{ operation: 'RunTask', calls: [1], fault }] } })
    world.addRun('busy', { template: IMAGE })
    await world.clock.advance(3 * MINUTE)
    expect(world.state('busy')).toBe('COMPLETED/Completed')
    expect(world.tasksOf('busy')).toBe(1)
  })

  test('a task that is not visible for a while is not given up', async () => {
    const fault = { type: 'missing', forMs: 90 * SECOND } as const
    await startWorld({ faults: { rules: [{ operation: 'RunTask', fault }] } })
    world.addRun('shy', { template: IMAGE })
    await world.clock.advance(4 * MINUTE)
    expect(world.state('shy')).toBe('COMPLETED/Completed')
    expect(world.tasksOf('shy')).toBe(1)
  })

  test('a task that is not visible is not taken for one that does not start', async () => {
    const fault = { type: 'missing', forMs: 90 * SECOND } as const
    await startWorld({
      behave: () => ({ runMs: 2 * MINUTE }),
      faults: { rules: [{ operation: 'RunTask', fault }] },
    })
    world.addRun('shy', { template: { ...IMAGE, taskStartTimeoutSeconds: 40 } })
    await world.clock.advance(5 * MINUTE)
    expect(world.state('shy')).toBe('COMPLETED/Completed')
    expect(world.calls('StopTask')).toBe(0)
    expect(world.calls('DescribeTasks')).toBeLessThan(500)
  })

  test('an answer that comes late says nothing about what was due meanwhile', async () => {
    const fault = { type: 'delay', delayMs: 15 * SECOND } as const
    await startWorld({
      behave: () => ({ runMs: MINUTE }),
      faults: { rules: [{ operation: 'DescribeTasks', fault }] },
    })
    world.addRun('slow', { template: { ...IMAGE, taskStartTimeoutSeconds: 25 } })
    await world.clock.advance(5 * MINUTE)
    expect(world.state('slow')).toBe('COMPLETED/Completed')
    expect(world.calls('StopTask')).toBe(0)
  })

  test('a task that ECS has forgotten is not asked about for ever', async () => {
    const fault = { type: 'missing', forMs: 100 * MINUTE } as const
    await startWorld({ faults: { rules: [{ operation: 'RunTask', fault }] } })
    world.addRun('ghost', { template: IMAGE })
    await world.clock.advance(10 * MINUTE)
    expect(world.state('ghost')).toBe('CRASHED/Crashed')
    const calls = world.calls('DescribeTasks')
    await world.clock.advance(10 * MINUTE)
    expect(world.calls('DescribeTasks')).toBe(calls)
  })

  test('a reclaimed Spot task is launched again although no retry is configured', async () => {
    const fault = { type: 'spotInterruption', afterMs: 10 * SECOND } as const
    await startWorld({
      behave: () => ({ runMs: 5 * MINUTE }),
      faults: { rules: [{ operation: 'RunTask', calls: [1], fault }] },
    })
    world.addRun('spot', { template: { ...IMAGE, launchType: 'FARGATE_SPOT' } })
    await world.clock.advance(15 * MINUTE)
    expect(world.state('spot')).toBe('COMPLETED/Completed')
    expect(world.run('spot')?.status?.attempts?.map((one) => one.class)).toEqual([
      'SpotInterruption',
      'Success',
    ])
  })
})

describe('when the controller dies', () => {
  test.each([0, 50, 150, 5_000, 19_000, 25_000])(
    'after %d ms, the run ends with one task',
    async (afterMs) => {
      await startWorld()
      world.addRun('phoenix', { template: IMAGE })
      await world.clock.advance(afterMs)
      await world.restart()
      await world.clock.advance(3 * MINUTE)
      expect(world.state('phoenix')).toBe('COMPLETED/Completed')
      expect(world.tasksOf('phoenix')).toBe(1)
    },
  )

  test('and is away for two hours, the exit code cannot be learned and nothing is launched again', async () => {
    await startWorld({ behave: () => ({ runMs: 10 * SECOND }) })
    world.addRun('away', { template: { ...IMAGE, retry: { limit: 5 } } })
    await world.clock.advance(SECOND)
    world.crash()
    await world.clock.advance(120 * MINUTE)
    await world.start()
    await world.clock.advance(30 * MINUTE)
    expect(world.state('away')).toBe('CRASHED/Crashed')
    expect(world.run('away')?.status?.attempts?.[0]?.class).toBe('Unknown')
    expect(world.tasksOf('away')).toBe(1)
  })
})

test('a quiet world makes no calls and no writes', async () => {
  await startWorld()
  world.addRun('done', { template: IMAGE })
  await world.clock.advance(3 * MINUTE)
  const calls = [...world.emulator.counters.all().values()].reduce((sum, one) => sum + one.calls, 0)
  const version = world.store.resourceVersion()
  await world.clock.advance(600 * MINUTE)
  expect([...world.emulator.counters.all().values()].reduce((sum, one) => sum + one.calls, 0)).toBe(
    calls,
  )
  expect(world.store.resourceVersion()).toBe(version)
})

test('tasks that are seen ending are looked at again soon, however old they are', async () => {
  const { ceilingMs } = AWS_PACE
  const delays = { ...BRISK_DELAYS, deprovisioningMs: ceilingMs + 5 * SECOND }
  let runMs = 60 * MINUTE
  const behave = () => ({ runMs: (runMs += ceilingMs / 5), exitCode: 0 })
  await startWorld({ pace: AWS_PACE, config: { delays }, behave })
  const names = ['a', 'b', 'c', 'd', 'e']
  for (const name of names) world.addRun(name, { template: IMAGE })
  await world.clock.advance(70 * MINUTE)
  for (const name of names) {
    const { attempts = [], completionTime = '' } = world.run(name)?.status ?? {}
    const stoppedMs = Date.parse(attempts[0]?.stoppedAt ?? '')
    expect(Date.parse(completionTime) - stoppedMs).toBeLessThan(ceilingMs / 3)
  }
})
