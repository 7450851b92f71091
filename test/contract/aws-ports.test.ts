import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createRateBuckets } from '../../src/aws/buckets.ts'
import { classifyError, classifyFailure } from '../../src/aws/errors.ts'
import { containerLogs, logLocation } from '../../src/aws/log-location.ts'
import { createLogReader } from '../../src/aws/log-reader.ts'
import type { AwsAccount } from '../../src/aws/ports.ts'
import { classifyStop } from '../../src/aws/stop-reason.ts'
import { renderStopReason } from '../../src/aws/stop-text.ts'
import { type Behaviour } from '../../src/emulator/drivers/none.ts'
import type { FaultRule } from '../../src/emulator/faults.ts'
import { createThrottle } from '../../src/emulator/throttle.ts'
import type { TemplateSpec } from '../../src/kinds/generated.ts'
import {
  define,
  failure,
  prepare,
  startWorld,
  stopWorld,
  type World,
  type WorldOptions,
} from '../world/aws-ports.ts'
import { FakeClock } from '../world/fake-clock.ts'

let world: World

async function restart(options: WorldOptions): Promise<void> {
  await stopWorld(world)
  world = await startWorld(options)
}

beforeEach(async () => {
  world = await startWorld()
})
afterEach(() => stopWorld(world))

describe('a run', () => {
  test('from a template to its exit code, with its log', async () => {
    const behave = (): Behaviour => ({
      runMs: 5_000,
      exitCode: 3,
      output: [
        { atMs: 0, message: 'one' },
        { atMs: 0, message: 'two' },
        { atMs: 1_000, message: 'three' },
      ],
    })
    await restart({ behave })
    const { clock, account } = world
    const template: TemplateSpec = {
      image: 'busybox',
      command: 'echo hi',
      env: { N: 1 },
      configureCloudwatchLogs: true,
      executionRoleArn: 'arn:aws:iam::123456789012:role/execution',
      labels: { team: 'data' },
    }
    const body = await prepare(world, template)
    const { tasks, failures } = await account.ecs.runTask(body)
    expect(failures).toEqual([])
    expect(tasks).toMatchObject([
      { lastStatus: 'PROVISIONING', startedBy: 'capstan-1', launchType: 'FARGATE' },
    ])
    const { taskArn, clusterArn } = tasks[0]!

    await clock.advance(23_000)
    const running = await account.ecs.describeTasks(clusterArn, [taskArn])
    expect(running.tasks[0]).toMatchObject({
      lastStatus: 'RUNNING',
      tags: { team: 'data', 'capstan.dev/run': 'default/job' },
    })
    expect(running.tasks[0]?.startedAtMs).toBeGreaterThan(running.tasks[0]?.createdAtMs ?? 0)

    await clock.advance(60_000)
    const stopped = (await account.ecs.describeTasks(clusterArn, [taskArn])).tasks[0]!
    expect(stopped.version).toBeGreaterThan(running.tasks[0]!.version)
    expect(classifyStop(stopped, { containerName: 'main' })).toEqual({
      class: 'ExitNonZero',
      exitCode: 3,
      message: 'Container main exited with code 3.',
    })

    const definition = await account.ecs.describeTaskDefinition(body.taskDefinition ?? '')
    const location = logLocation(containerLogs(definition!.body)[0]!, taskArn)
    const reader = createLogReader({ logs: account.logs, clock })
    const tail = await reader.tail(location, 2)
    expect(tail.map(({ message }) => message)).toEqual(['two', 'three'])
    const followed: string[] = []
    for await (const { event } of reader.follow(location, { finished: () => true, drainMs: 0 })) {
      followed.push(event.message)
    }
    expect(followed).toEqual(['one', 'two', 'three'])
  })

  test('that is stopped: the reason says who did it', async () => {
    await restart({ behave: () => ({}) })
    const { clock, account } = world
    const { taskArn, clusterArn } = (
      await account.ecs.runTask(await prepare(world, { image: 'x' }))
    ).tasks[0]!
    await clock.advance(30_000)
    const reason = renderStopReason('Cancel', 'run default/job was cancelled')
    const answer = await account.ecs.stopTask({ cluster: clusterArn, taskArn, reason })
    expect(answer).toMatchObject({ desiredStatus: 'STOPPED', stoppedReason: reason })
    await clock.advance(60_000)
    const [task] = (await account.ecs.describeTasks(clusterArn, [taskArn])).tasks
    expect(classifyStop(task!, { containerName: 'main' }).class).toBe('Cancelled')
  })

  test('on Spot, on instances, and where the cluster decides', async () => {
    const instance = {
      cluster: 'default',
      launchType: 'EC2' as const,
      cpu: 8192,
      memoryMiB: 32_768,
    }
    await restart({ config: { containerInstances: [instance] } })
    for (const launchType of ['FARGATE_SPOT', 'EC2'] as const) {
      const body = await prepare(world, { image: 'x', launchType }, launchType)
      const { tasks, failures } = await world.account.ecs.runTask(body)
      expect(failures).toEqual([])
      expect(tasks).toHaveLength(1)
    }
  })
})

describe('tokens', () => {
  test('a lost answer is asked for again by the SDK: one task', async () => {
    const faults: FaultRule[] = [
      { operation: 'RunTask', calls: [1], fault: { type: 'reset', effect: 'after' } },
    ]
    await restart({ faults, apiLimits: {} })
    const { tasks } = await world.account.ecs.runTask(await prepare(world, { image: 'x' }))
    expect(tasks).toHaveLength(1)
    expect(world.emulator.ledger.size).toBe(1)
    expect(world.emulator.counters.of('RunTask').calls).toBe(2)
    const bucket = Object.values(world.accounts.metrics())[0]?.find(
      (each) => each.bucket === 'fargateLaunch',
    )
    expect(bucket?.tokens).toBe(18 - 2)
  })

  test('all answers lost: ambiguous; the same body finds the task', async () => {
    const fault = { type: 'reset', effect: 'after' } as const
    await restart({ faults: [{ operation: 'RunTask', calls: [1, 2, 3], fault }] })
    const body = await prepare(world, { image: 'x' })
    const error = await failure(world.account.ecs.runTask(body))
    expect(error.sent).toBe(true)
    expect(classifyError(error)).toMatchObject({ verdict: 'Ambiguous', class: 'Network' })
    expect((await world.account.ecs.runTask(body)).tasks).toHaveLength(1)
    expect(world.emulator.ledger.size).toBe(1)
  })

  test('another body with the same token is a conflict that names the task', async () => {
    const body = await prepare(world, { image: 'x' })
    const { tasks } = await world.account.ecs.runTask(body)
    const error = await failure(world.account.ecs.runTask({ ...body, group: 'other' }))
    expect(classifyError(error).verdict).toBe('Conflict')
    expect(error.resourceIds).toEqual([tasks[0]?.taskArn])
  })
})

describe('errors', () => {
  const throttle = { type: 'throttle' } as const

  test('a throttle that the SDK cannot wait out lowers the rate', async () => {
    await restart({ faults: [{ operation: 'ListTasks', fault: throttle }], apiLimits: {} })
    const error = await failure(world.account.ecs.listTaskArns({ cluster: 'default' }))
    expect(classifyError(error).verdict).toBe('Throttle')
    const bucket = Object.values(world.accounts.metrics())[0]?.find(
      (each) => each.bucket === 'clusterRead',
    )
    expect(bucket).toMatchObject({ factor: 0.7, throttled: 1 })
    expect(bucket?.tokens).toBeLessThanOrEqual(0)
  })

  test.each(['subnet', 'securityGroup'] as const)(
    'a throttle dressed as a %s error',
    async (disguise) => {
      await restart({ faults: [{ operation: 'RunTask', fault: { ...throttle, disguise } }] })
      const error = await failure(world.account.ecs.runTask(await prepare(world, { image: 'x' })))
      expect(error.code).toBe('InvalidParameterException')
      expect(classifyError(error).verdict).toBe('Throttle')
      expect(world.emulator.counters.of('RunTask').calls).toBe(1)
    },
  )

  test('an answer with failures only', async () => {
    await restart({ faults: [{ operation: 'RunTask', fault: { type: 'capacity' } }] })
    const { tasks, failures } = await world.account.ecs.runTask(
      await prepare(world, { image: 'x' }),
    )
    expect(tasks).toEqual([])
    expect(classifyFailure(failures[0]!.reason, failures[0]!.detail).verdict).toBe('Capacity')
  })

  test.each<readonly [string, (account: AwsAccount) => Promise<unknown>, string]>([
    [
      'a cluster that is not there, to run in',
      async ({ ecs }) =>
        ecs.runTask({ ...(await prepare(world, { image: 'x' })), cluster: 'nope' }),
      'Terminal',
    ],
    ['and to look in', ({ ecs }) => ecs.describeTasks('nope', ['x']), 'NotFound'],
    [
      'a definition that is not there',
      ({ ecs }) => ecs.runTask({ taskDefinition: 'nope' }),
      'NotFound',
    ],
    [
      'sizes that Fargate has not',
      ({ ecs }) => ecs.registerTaskDefinition({ ...define({ image: 'x' }).body, cpu: '257' }),
      'Terminal',
    ],
  ])('%s', async (_, call, verdict) => {
    expect(classifyError(await failure(call(world.account))).verdict).toBe(verdict)
  })

  test('an inactive definition can be registered again', async () => {
    const body = await prepare(world, { image: 'x' })
    await world.account.ecs.deregisterTaskDefinition(body.taskDefinition!)
    await world.clock.advance(3_600_000)
    expect(classifyError(await failure(world.account.ecs.runTask(body))).verdict).toBe('NotFound')
  })

  test('nobody listens', async () => {
    await world.served.close()
    const error = await failure(world.account.ecs.listTaskArns({ cluster: 'default' }))
    expect(classifyError(error)).toMatchObject({ verdict: 'Retry', class: 'Network' })
    world = await startWorld()
  })

  test('given up before it was sent', async () => {
    const signal = AbortSignal.abort(new Error('enough'))
    const error = await failure(
      world.account.ecs.runTask(await prepare(world, { image: 'x' }), signal),
    )
    expect(classifyError(error).verdict).toBe('Retry')
    expect(world.emulator.ledger.size).toBe(0)
  })

  test('given up while it is under way: ambiguous', async () => {
    await restart({ faults: [{ operation: 'RunTask', fault: { type: 'delay', delayMs: 60_000 } }] })
    const body = await prepare(world, { image: 'x' })
    const stopping = new AbortController()
    const call = failure(world.account.ecs.runTask(body, stopping.signal))
    await expect.poll(() => world.emulator.counters.of('RunTask').calls).toBe(1)
    stopping.abort(new Error('enough'))
    expect(classifyError(await call).verdict).toBe('Ambiguous')
    await world.clock.advance(60_000)
  })
})

describe('rates', () => {
  test('a flood of launches uses the own bucket to 99 %, and AWS throttles none of it', async () => {
    const clock = new FakeClock()
    const aws = createThrottle('aws', clock)
    const buckets = createRateBuckets(clock, {})
    let launched = 0
    let throttled = 0
    for (let call = 0; call < 5_000; call++) {
      void buckets.acquire({ user: 'RunTaskOnFargate', priority: 'Normal' }).then(() => {
        launched += 1
        if (!aws.take('clusterResourceModify') || !aws.take('fargateRunTask')) throttled += 1
      })
    }
    await clock.advance(100_000)
    expect(throttled).toBe(0)
    expect(launched).toBeGreaterThanOrEqual(0.99 * 0.9 * (20 + 20 * 100))
  })
})
