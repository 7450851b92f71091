import { describe, expect, test } from 'vitest'
import { type Emulated, emulated, FARGATE_RUN } from '../../test/world/emulated.ts'
import { repeatedFailures } from './tokens.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

const RUN = { ...FARGATE_RUN, clientToken: 'token' }

function bench(runMs: number | undefined): Emulated {
  const delays = {
    provisioningMs: 0,
    pendingMs: 0,
    activatingMs: 0,
    stopLagMs: 0,
    deactivatingMs: 0,
    deprovisioningMs: 0,
  }
  const behaviour = runMs === undefined ? {} : { runMs }
  const world = emulated({ behave: () => behaviour, config: { delays, retentionMs: 2 * HOUR } })
  world.register()
  return world
}

describe('the life of a token: 24 hours, or one hour after the last task stopped', () => {
  test.each([
    { runMs: MINUTE, afterMs: MINUTE + HOUR - SECOND, made: 1 },
    { runMs: MINUTE, afterMs: MINUTE + HOUR + SECOND, made: 2 },
    { runMs: undefined, afterMs: 24 * HOUR - SECOND, made: 1 },
    { runMs: undefined, afterMs: 24 * HOUR, made: 2 },
    { runMs: 23.5 * HOUR, afterMs: 24 * HOUR - SECOND, made: 1 },
    { runMs: 23.5 * HOUR, afterMs: 24 * HOUR, made: 2 },
  ])('a task of $runMs ms: after $afterMs ms there are $made', ({ runMs, afterMs, made }) => {
    const world = bench(runMs)
    world.run({ clientToken: 'token' })
    world.clock.advanceSync(afterMs)
    world.run({ clientToken: 'token' })
    expect(world.emulator.ledger.size).toBe(made)
  })

  test('it counts from the last of several tasks', () => {
    const world = bench(undefined)
    const { tasks } = world.ecs('RunTask', { ...RUN, count: 2 })
    world.ecs('StopTask', { task: tasks[0].taskArn })
    world.clock.advanceSync(2 * HOUR)
    world.ecs('RunTask', { ...RUN, count: 2 })
    expect(world.emulator.ledger.size).toBe(2)
    world.ecs('StopTask', { task: tasks[1].taskArn })
    world.clock.advanceSync(HOUR + SECOND)
    world.ecs('RunTask', { ...RUN, count: 2 })
    expect(world.emulator.ledger.size).toBe(4)
  })

  test('it lasts though the service has forgotten the task', () => {
    const world = emulated({ behave: () => ({ runMs: 0 }), config: { retentionMs: MINUTE } })
    world.register()
    const { taskArn } = world.run({ clientToken: 'token' })
    world.clock.advanceSync(30 * MINUTE)
    expect(world.describeTask(taskArn)).toBeUndefined()
    expect(world.run({ clientToken: 'token' })).toEqual({
      taskArn,
      lastStatus: 'STOPPED',
      desiredStatus: 'STOPPED',
    })
  })
})

describe('the same token', () => {
  test('in another cluster is another token', () => {
    const world = bench(undefined)
    world.ecs('CreateCluster', { clusterName: 'two' })
    const one = world.run({ clientToken: 'token' })
    const two = world.run({ clientToken: 'token', cluster: 'two' })
    expect(two.taskArn).not.toBe(one.taskArn)
    expect(world.run({ clientToken: 'token' }).taskArn).toBe(one.taskArn)
  })

  test('is the same call whatever the order of members', () => {
    const world = bench(undefined)
    const { taskArn } = world.run({ clientToken: 'token', startedBy: 'a', group: 'g' })
    const { clientToken, ...rest } = RUN
    const again = world.ecs('RunTask', { group: 'g', clientToken, startedBy: 'a', ...rest })
    expect(again.tasks[0].taskArn).toBe(taskArn)
  })

  test('still answers when the definition has been retired', () => {
    const world = bench(undefined)
    const { taskArn } = world.run({ clientToken: 'token' })
    world.ecs('DeregisterTaskDefinition', { taskDefinition: 'job:1' })
    expect(world.run({ clientToken: 'token' }).taskArn).toBe(taskArn)
  })

  test('with other parameters is a conflict that names the tasks', () => {
    const world = bench(undefined)
    const { taskArn } = world.run({ clientToken: 'token' })
    expect(world.refusal('RunTask', { ...RUN, count: 2 })).toMatchObject({
      code: 'ConflictException',
      details: { resourceIds: [taskArn] },
    })
  })

  test('tells a living task as it is now', () => {
    const world = bench(undefined)
    world.run({ clientToken: 'token' })
    world.clock.advanceSync(MINUTE)
    expect(world.run({ clientToken: 'token' })).toMatchObject({ lastStatus: 'RUNNING', version: 2 })
  })

  test('repeats failures too, and launches nothing', () => {
    const world = emulated({
      faults: [{ operation: 'RunTask', calls: [1], fault: { type: 'capacity' } }],
    })
    world.register()
    const first = world.ecs('RunTask', RUN)
    expect(world.ecs('RunTask', RUN)).toEqual(first)
    expect(world.ecs('RunTask', { ...RUN, clientToken: 'next' }).tasks).toHaveLength(1)
  })

  test('of a call that was refused is free', () => {
    const world = bench(undefined)
    world.refusal('RunTask', { ...RUN, count: 11 })
    expect(world.ecs('RunTask', RUN).tasks).toHaveLength(1)
  })
})

test('old failures are told as a number only', () => {
  const failures = [{ reason: 'AGENT' }, { reason: 'AGENT' }]
  const record = {
    clusterName: 'default',
    token: 't',
    parameters: '{}',
    taskArns: [],
    failures,
    createdAtMs: 0,
  }
  expect(repeatedFailures(record, HOUR - 1)).toEqual(failures)
  expect(repeatedFailures(record, HOUR)).toEqual([{ reason: '2 failures' }])
  expect(repeatedFailures({ ...record, failures: [] }, HOUR)).toEqual([])
})
