import { afterEach, describe, expect, test } from 'vitest'
import { AwsError } from '../../src/aws/errors.ts'
import type { FaultRule } from '../../src/emulator/faults.ts'
import { MINUTE, SECOND } from '../world/builders.ts'
import type { Distortion } from '../world/life.ts'
import { World, type WorldOptions } from '../world/world.ts'

const IMAGE = { image: 'busybox' }
const LOST_REPLY: FaultRule = {
  operation: 'RunTask',
  calls: [1],
  fault: { type: 'reset', effect: 'after' },
}

/** All that follow a first one. */
const LATER_CALLS = Array.from({ length: 50 }, (_, index) => index + 2)

let world: World

afterEach(async () => {
  await world.stop()
})

async function start(options: WorldOptions): Promise<void> {
  world = new World(options)
  await world.start()
}

/** RunTask does what it is asked once, and nobody hears of it; from then on it is refused. */
function refusedAfterwards(code: string, message: string): readonly FaultRule[] {
  const fault = { type: 'error', code, message } as const
  return [LOST_REPLY, { operation: 'RunTask', calls: [2], fault }]
}

describe('a repeated launch that is refused for good', () => {
  test.each([
    ['AccessDeniedException', 'not authorized to perform: ecs:RunTask'],
    ['UnrecognizedClientException', 'The security token included in the request is invalid.'],
    ['InvalidParameterException', 'ECS was unable to assume the role.'],
  ])('by %s finds the task that the first request made', async (code, message) => {
    await start({
      behave: () => ({ runMs: MINUTE }),
      faults: { rules: refusedAfterwards(code, message) },
    })
    world.addRun('hello', { template: IMAGE })
    await world.clock.advance(5 * MINUTE)
    expect(world.state('hello')).toBe('COMPLETED/Completed')
    expect(world.tasksOf('hello')).toBe(1)
    expect(world.calls('RunTask')).toBe(2)
  })

  test('finds it also where the SDK has made the repeat', async () => {
    const repeating: Distortion = {
      ecs: (port) => ({
        async runTask(body, signal) {
          await port.runTask(body, signal)
          const refusal = { code: 'AccessDeniedException', message: 'no', httpStatus: 400 }
          throw new AwsError({ operation: 'RunTask', ...refusal, requests: 2 })
        },
      }),
    }
    await start({ behave: () => ({ runMs: MINUTE }), distortions: [repeating] })
    world.addRun('hello', { template: IMAGE })
    await world.clock.advance(5 * MINUTE)
    expect(world.state('hello')).toBe('COMPLETED/Completed')
    expect(world.tasksOf('hello')).toBe(1)
  })

  test('fails where there is none', async () => {
    const reset = { type: 'reset', effect: 'before' } as const
    const [, refusal] = refusedAfterwards('AccessDeniedException', 'no')
    const rules = [
      { operation: 'RunTask', calls: [1], fault: reset },
      ...(refusal ? [refusal] : []),
    ]
    await start({ faults: { rules } })
    world.addRun('hello', { template: IMAGE })
    await world.clock.advance(5 * MINUTE)
    expect(world.state('hello')).toBe('FAILED/Failed')
    expect(world.tasksOf('hello')).toBe(0)
  })

  test('is concluded from nothing while ECS does not say what runs', async () => {
    const denied = { type: 'error', code: 'AccessDeniedException', message: 'no' } as const
    await start({
      behave: () => ({ runMs: 20 * MINUTE }),
      faults: {
        rules: [
          LOST_REPLY,
          { operation: 'RunTask', calls: LATER_CALLS, fault: denied },
          { operation: 'ListTasks', untilMs: 10 * MINUTE, fault: denied },
        ],
      },
    })
    world.addRun('hello', { template: IMAGE })
    await world.clock.advance(9 * MINUTE)
    expect(world.state('hello')).toBe('PENDING/Submitting')
    await world.clock.advance(30 * MINUTE)
    expect(world.state('hello')).toBe('COMPLETED/Completed')
    expect(world.tasksOf('hello')).toBe(1)
  })
})

test('a launch without capacity reads none of the tasks that have stopped', async () => {
  const asked: unknown[] = []
  const counting: Distortion = {
    ecs: (port) => ({
      listTaskArns(filter, signal) {
        asked.push(filter.startedBy ?? filter.desiredStatus)
        return port.listTaskArns(filter, signal)
      },
    }),
  }
  const fault = { type: 'capacity' } as const
  const rules = [{ operation: 'RunTask', calls: [2, 3, 4], fault }]
  await start({ faults: { rules }, distortions: [counting] })
  world.addRun('before', { template: { ...IMAGE, family: 'shared' } })
  await world.clock.advance(2 * MINUTE)
  world.addRun('crowd', { template: { ...IMAGE, family: 'shared' } })
  await world.clock.advance(10 * MINUTE)
  expect(world.state('crowd')).toBe('COMPLETED/Completed')
  const tries = world.attempts('crowd').map(({ startedBy }) => startedBy)
  expect(tries).toHaveLength(4)
  expect(asked.filter((one) => one !== 'RUNNING')).toEqual(tries.slice(0, 3))
})

describe('a cluster that is deleted', () => {
  const cluster = (operation: string, input: object): string =>
    world.emulator.handle({ service: 'ecs', operation, input: input as never }).type

  async function ranWhileAway(): Promise<void> {
    await start({ behave: () => ({ runMs: MINUTE }) })
    const capacityProviders = ['FARGATE', 'FARGATE_SPOT']
    cluster('CreateCluster', { clusterName: 'blue', capacityProviders })
    world.addRun('hello', { template: { ...IMAGE, cluster: 'blue' } })
    await world.clock.advance(45 * SECOND)
    expect(world.state('hello')).toBe('RUNNING/Running')
    world.crash()
    await world.clock.advance(5 * MINUTE)
    expect(cluster('DeleteCluster', { cluster: 'blue' })).toBe('Ok')
    await world.start()
  }

  test('has no tasks, so nothing can be learned of them any more', async () => {
    await ranWhileAway()
    await world.clock.advance(10 * MINUTE)
    expect(world.state('hello')).toBe('CRASHED/Crashed')
    expect(world.run('hello')?.status?.attempts?.[0]?.class).toBe('Unknown')
    const calls = world.calls('DescribeTasks')
    await world.clock.advance(60 * MINUTE)
    expect(world.calls('DescribeTasks')).toBe(calls)
  })

  test('does not keep its runs from being deleted', async () => {
    await ranWhileAway()
    world.deleteRun('hello')
    await world.clock.advance(10 * MINUTE)
    expect(world.run('hello')).toBeUndefined()
  })

  test('settles the launches whose answer was lost', async () => {
    await start({ faults: { rules: [LOST_REPLY] } })
    const capacityProviders = ['FARGATE']
    cluster('CreateCluster', { clusterName: 'blue', capacityProviders })
    world.addRun('hello', { template: { ...IMAGE, cluster: 'blue' } })
    await world.clock.advance(200)
    world.crash()
    await world.clock.advance(90 * MINUTE)
    expect(cluster('DeleteCluster', { cluster: 'blue' })).toBe('Ok')
    await world.start()
    await world.clock.advance(10 * MINUTE)
    expect(world.state('hello')).toBe('CRASHED/Crashed')
    expect(world.tasksOf('hello')).toBe(1)
  })
})
