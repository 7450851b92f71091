import { describe, expect, test } from 'vitest'
import { FakeClock } from '../../test/world/fake-clock.ts'
import { createTaskBatcher, type TaskBatcher, type TaskObservation } from './batch.ts'
import { AwsError } from './errors.ts'
import type { DescribeTasksAnswer, TaskSnapshot } from './ports.ts'

interface Call {
  readonly cluster: string
  readonly taskArns: readonly string[]
  readonly priority: string
  readonly answer: (answer: Partial<DescribeTasksAnswer>) => void
  readonly fail: (error: Error) => void
}

interface World {
  readonly clock: FakeClock
  readonly batcher: TaskBatcher
  readonly calls: Call[]
}

/** An ECS that answers when the test says so. */
function aWorld(): World {
  const clock = new FakeClock()
  const calls: Call[] = []
  const ecs = {
    describeTasks: (cluster: string, taskArns: readonly string[], _?: AbortSignal, priority = '') =>
      new Promise<DescribeTasksAnswer>((resolve, reject) => {
        const answer = (partial: Partial<DescribeTasksAnswer>): void =>
          resolve({ tasks: [], failures: [], ...partial })
        calls.push({ cluster, taskArns, priority, answer, fail: reject })
      }),
  }
  return { clock, calls, batcher: createTaskBatcher(ecs, clock, 50) }
}

function aTask(taskArn: string): TaskSnapshot {
  const empty = { clusterArn: '', taskDefinitionArn: '', desiredStatus: 'RUNNING' }
  return { taskArn, ...empty, version: 1, lastStatus: 'RUNNING', containers: [], tags: {} }
}

function askMany({ batcher }: World, count: number, young = false): Promise<TaskObservation>[] {
  return Array.from({ length: count }, (_, i) =>
    batcher.describe({ cluster: 'c', taskArn: `${young ? 'young' : 'task'}-${i}`, young }),
  )
}

test('asks of one window are one call, and each gets its own answer', async () => {
  const world = aWorld()
  const [first, second, third] = askMany(world, 3)
  await world.clock.advance(49)
  expect(world.calls).toHaveLength(0)
  await world.clock.advance(1)
  expect(world.calls.map((call) => call.taskArns)).toEqual([['task-0', 'task-1', 'task-2']])
  world.calls[0]!.answer({
    tasks: [aTask('task-1')],
    failures: [{ arn: 'task-0', reason: 'MISSING' }],
  })
  expect(await first).toEqual({ type: 'Missing', reason: 'MISSING' })
  expect(await second).toEqual({ type: 'Found', task: aTask('task-1') })
  expect(await third).toEqual({ type: 'Missing', reason: 'MISSING' })
  expect(world.clock.pendingTimers).toBe(0)
})

test('a hundred do not wait for the end of the window', async () => {
  const world = aWorld()
  void askMany(world, 250)
  expect(world.calls.map((call) => call.taskArns.length)).toEqual([100, 100])
  await world.clock.advance(50)
  expect(world.calls.map((call) => call.taskArns.length)).toEqual([100, 100, 50])
})

test('one call is for one cluster', async () => {
  const world = aWorld()
  void world.batcher.describe({ cluster: 'a', taskArn: '1' })
  void world.batcher.describe({ cluster: 'b', taskArn: '2' })
  await world.clock.advance(50)
  expect(world.calls.map((call) => call.cluster).toSorted()).toEqual(['a', 'b'])
})

test('the same task is asked for once', async () => {
  const world = aWorld()
  const answers = [0, 1].map(() => world.batcher.describe({ cluster: 'c', taskArn: '1' }))
  await world.clock.advance(50)
  expect(world.calls[0]?.taskArns).toEqual(['1'])
  world.calls[0]!.answer({ tasks: [aTask('1')] })
  expect(await Promise.all(answers)).toHaveLength(2)
})

test('only so many calls are under way at once, and young tasks take the next ones', async () => {
  const world = aWorld()
  void askMany(world, 600)
  void askMany(world, 10, true)
  await world.clock.advance(1_000)
  expect(world.calls).toHaveLength(4)
  world.calls[0]!.answer({})
  await world.clock.advance(0)
  expect(world.calls).toHaveLength(5)
  const next = world.calls[4]!
  expect(next.taskArns.slice(0, 10)).toEqual(Array.from({ length: 10 }, (_, i) => `young-${i}`))
  expect(next.taskArns).toHaveLength(100)
  expect(next.priority).toBe('Young')
  expect(world.calls[0]!.priority).toBe('Normal')
})

test('a task that becomes young moves up', async () => {
  const world = aWorld()
  void askMany(world, 401)
  const moved = world.batcher.describe({ cluster: 'c', taskArn: 'task-400', young: true })
  world.calls[0]!.answer({})
  await world.clock.advance(50)
  const call = world.calls.find(({ taskArns }) => taskArns.includes('task-400'))
  expect(call?.priority).toBe('Young')
  call!.answer({ tasks: [aTask('task-400')] })
  expect(await moved).toMatchObject({ type: 'Found' })
})

describe('failures', () => {
  test('a failed call fails what went with it, and nothing else', async () => {
    const world = aWorld()
    const first = world.batcher.describe({ cluster: 'c', taskArn: '1' })
    await world.clock.advance(50)
    const second = world.batcher.describe({ cluster: 'c', taskArn: '2' })
    await world.clock.advance(50)
    const error = new AwsError({
      operation: 'DescribeTasks',
      code: 'ServerException',
      message: 'x',
    })
    world.calls[0]!.fail(error)
    world.calls[1]!.answer({ tasks: [aTask('2')] })
    await expect(first).rejects.toBe(error)
    expect(await second).toMatchObject({ type: 'Found' })
  })

  test('closing fails what has not been asked', async () => {
    const world = aWorld()
    const answer = world.batcher.describe({ cluster: 'c', taskArn: '1' })
    world.batcher.close()
    await expect(answer).rejects.toMatchObject({ code: 'AbortError', sent: false })
    expect(world.clock.pendingTimers).toBe(0)
  })
})
