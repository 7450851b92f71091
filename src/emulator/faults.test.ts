import { describe, expect, test } from 'vitest'
import { emulated, FARGATE_RUN, type Wire } from '../../test/world/emulated.ts'
import { seededRandom } from '../../test/world/seeded-random.ts'
import type { EmulatorReply } from './emulator.ts'
import { createFaultInjector, type Fault, type FaultRule } from './faults.ts'

const SECOND = 1_000

/** Calls RunTask once under a fault, and tells the reply and how many tasks were made. */
function underFault(fault: Fault, operation = 'RunTask'): { reply: EmulatorReply; made: number } {
  const world = emulated({ faults: [{ operation, fault }] })
  world.register()
  const reply = world.call('ecs', 'RunTask', { ...FARGATE_RUN, count: 2 })
  return { reply, made: world.emulator.ledger.size }
}

describe('faults of a reply', () => {
  const disguised = (text: string): object => ({
    type: 'Error',
    error: { code: 'InvalidParameterException', message: expect.stringContaining(text) },
  })
  test.each<{ fault: Fault; reply: object; made: number }>([
    {
      fault: { type: 'throttle' },
      reply: { error: { code: 'ThrottlingException', message: 'Rate exceeded', status: 400 } },
      made: 0,
    },
    {
      fault: { type: 'throttle', disguise: 'subnet' },
      reply: disguised('Rate exceeded (ErrorCode: Throttling)'),
      made: 0,
    },
    {
      fault: { type: 'throttle', disguise: 'securityGroup' },
      reply: disguised('Request limit exceeded. (ErrorCode: RequestLimitExceeded)'),
      made: 0,
    },
    {
      fault: { type: 'serverError', effect: 'before' },
      reply: { type: 'Error', error: { code: 'ServerException', status: 500 } },
      made: 0,
    },
    {
      fault: { type: 'serverError', effect: 'after' },
      reply: { type: 'Error', error: { code: 'ServerException', status: 500 } },
      made: 2,
    },
    { fault: { type: 'reset', effect: 'before' }, reply: { type: 'Reset' }, made: 0 },
    { fault: { type: 'reset', effect: 'after' }, reply: { type: 'Reset' }, made: 2 },
    { fault: { type: 'delay', delayMs: 70 }, reply: { type: 'Ok', delayMs: 70 }, made: 2 },
    {
      fault: { type: 'error', code: 'BlockedException', message: 'no' },
      reply: { type: 'Error', error: { code: 'BlockedException', message: 'no', status: 400 } },
      made: 0,
    },
    {
      fault: { type: 'capacity' },
      reply: {
        type: 'Ok',
        body: {
          tasks: [],
          failures: [
            { reason: expect.stringMatching(/^Capacity is unavailable at this time/) },
            { reason: expect.any(String) },
          ],
        },
      },
      made: 0,
    },
    {
      fault: { type: 'capacity', keep: 1, reason: 'AGENT' },
      reply: { type: 'Ok', body: { tasks: [{}], failures: [{ reason: 'AGENT' }] } },
      made: 1,
    },
  ])('$fault', ({ fault, reply, made }) => {
    const seen = underFault(fault)
    expect(seen.reply).toMatchObject(reply)
    expect(seen.made).toBe(made)
  })

  test('`*` hits every operation', () => {
    const world = emulated({ faults: [{ operation: '*', fault: { type: 'throttle' } }] })
    for (const operation of ['RunTask', 'ListTasks', 'DescribeClusters']) {
      expect(world.refusal(operation).code).toBe('ThrottlingException')
    }
  })

  test('after a lost reply the same token gives the task that was made', () => {
    const world = emulated({
      faults: [{ operation: 'RunTask', calls: [1], fault: { type: 'reset', effect: 'after' } }],
    })
    world.register()
    expect(() => world.run({ clientToken: 'token' })).toThrow('reset')
    const { taskArn } = world.run({ clientToken: 'token' })
    expect(world.emulator.ledger.entries().map(({ task }) => task.arn)).toEqual([taskArn])
  })
})

describe('faults in the life of a task', () => {
  const after = (fault: Fault, seconds: number): Wire => {
    const world = emulated({ faults: [{ operation: 'RunTask', fault }], behave: () => ({}) })
    world.register()
    const { taskArn } = world.run()
    world.clock.advanceSync(seconds * SECOND)
    return world.describeTask(taskArn)
  }

  test('a slow start', () => {
    expect(after({ type: 'slowStart', delayMs: 60 * SECOND }, 79).lastStatus).toBe('PENDING')
    expect(after({ type: 'slowStart', delayMs: 60 * SECOND }, 80).lastStatus).toBe('RUNNING')
  })

  test('a start that never comes, and can still be stopped', () => {
    expect(after({ type: 'neverStart' }, 86_400).lastStatus).toBe('PENDING')
    const world = emulated({ faults: [{ operation: 'RunTask', fault: { type: 'neverStart' } }] })
    world.register()
    const { taskArn } = world.run()
    world.clock.advanceSync(3_600 * SECOND)
    world.ecs('StopTask', { task: taskArn })
    world.clock.advanceSync(60 * SECOND)
    expect(world.describeTask(taskArn).lastStatus).toBe('STOPPED')
  })

  test('a start that fails for a given reason', () => {
    const reason = 'ResourceInitializationError: unable to pull secrets'
    expect(after({ type: 'startFailure', reason }, 60)).toMatchObject({
      stopCode: 'TaskFailedToStart',
      stoppedReason: reason,
    })
  })
})

describe('faults of reading', () => {
  test('a new task is MISSING for a while, or not listed', () => {
    const world = emulated({
      faults: [
        { operation: 'RunTask', fault: { type: 'missing', forMs: 5 * SECOND } },
        { operation: 'RunTask', fault: { type: 'unlisted', forMs: 9 * SECOND } },
      ],
    })
    world.register()
    const { taskArn } = world.run()
    const visible = (): readonly [number, number] => [
      world.ecs('DescribeTasks', { tasks: [taskArn] }).tasks.length,
      world.ecs('ListTasks').taskArns.length,
    ]
    expect(visible()).toEqual([0, 0])
    world.clock.advanceSync(5 * SECOND)
    expect(visible()).toEqual([1, 0])
    world.clock.advanceSync(4 * SECOND)
    expect(visible()).toEqual([1, 1])
  })

  test('stale answers are the answers of then', () => {
    const fault = { type: 'stale', ageMs: 10 * SECOND } as const
    const world = emulated({
      behave: () => ({}),
      faults: [
        { operation: 'ListTasks', calls: [2, 4], fault },
        { operation: 'DescribeTasks', calls: [2], fault },
      ],
    })
    world.register()
    const { taskArn } = world.run()
    world.clock.advanceSync(5 * SECOND)
    expect(world.ecs('ListTasks').taskArns).toEqual([taskArn])
    expect(world.ecs('ListTasks').taskArns).toEqual([])
    world.clock.advanceSync(20 * SECOND)
    expect(world.describeTask(taskArn).lastStatus).toBe('RUNNING')
    expect(world.describeTask(taskArn).lastStatus).toBe('PENDING')
    world.ecs('StopTask', { task: taskArn })
    expect(world.ecs('ListTasks').taskArns).toEqual([])
    expect(world.ecs('ListTasks').taskArns).toEqual([taskArn])
  })
})

describe('which calls a rule hits', () => {
  const fault: Fault = { type: 'throttle' }

  /** The calls of RunTask, counted from 1, that a rule hits; one call each second. */
  function hitCalls(
    rule: Omit<FaultRule, 'fault' | 'operation'>,
    calls: number,
  ): readonly number[] {
    let second = 0
    const plan = { rules: [{ operation: 'RunTask', fault, ...rule }] }
    const inputs = { random: seededRandom(3), elapsedMs: () => second * SECOND }
    const injector = createFaultInjector(plan, inputs)
    const hits: number[] = []
    for (second = 1; second <= calls; second++) {
      injector.next('ListTasks', {})
      if (injector.next('RunTask', { call: `c${second}` }).faults.length > 0) hits.push(second)
    }
    expect(injector.hits()).toEqual([hits.length])
    return hits
  }

  test.each([
    { rule: {}, hits: [1, 2, 3, 4, 5] },
    { rule: { calls: [2, 4] }, hits: [2, 4] },
    { rule: { limit: 2 }, hits: [1, 2] },
    { rule: { inputContains: '"c3"' }, hits: [3] },
    { rule: { fromMs: 2 * SECOND, untilMs: 4 * SECOND }, hits: [2, 3] },
    { rule: { probability: 0 }, hits: [] },
    { rule: { probability: 1 }, hits: [1, 2, 3, 4, 5] },
  ])('$rule', ({ rule, hits }) => {
    expect(hitCalls(rule, 5)).toEqual(hits)
  })

  test('by chance: about as often as said, the same ones each time', () => {
    const hits = hitCalls({ probability: 0.25 }, 2_000)
    expect(hits.length).toBeGreaterThan(400)
    expect(hits.length).toBeLessThan(600)
    expect(hitCalls({ probability: 0.25 }, 2_000)).toEqual(hits)
  })
})

test('the same seed and calls give the same world', () => {
  const story = (): readonly string[] => {
    const world = emulated({
      seed: 11,
      faults: [
        { operation: 'RunTask', probability: 0.3, fault: { type: 'capacity' } },
        { operation: 'RunTask', probability: 0.3, fault: { type: 'reset', effect: 'after' } },
      ],
    })
    world.register()
    return Array.from({ length: 30 }, () => {
      const reply = world.call('ecs', 'RunTask', FARGATE_RUN)
      world.clock.advanceSync(SECOND)
      return JSON.stringify(reply)
    })
  }
  const told = story()
  expect(told).toEqual(story())
  expect(new Set(told.map((reply) => JSON.parse(reply).type))).toEqual(new Set(['Ok', 'Reset']))
  expect(told.filter((reply) => reply.includes('Capacity is unavailable')).length).toBeGreaterThan(
    2,
  )
})
