import { expect, test } from 'vitest'
import { emulated } from '../../test/world/emulated.ts'
import { FakeClock } from '../../test/world/fake-clock.ts'
import { createThrottle } from './throttle.ts'
import { AWS_BUCKETS, BUCKET_OF_OPERATION } from './throttle-buckets.ts'

test('a bucket gives its burst at once, then its rate', () => {
  const clock = new FakeClock()
  const throttle = createThrottle({ clusterRead: { burst: 3, perSecond: 40 } }, clock)
  const taken = (): number => [1, 2, 3, 4].filter(() => throttle.take('clusterRead')).length
  expect(taken()).toBe(3)
  for (let call = 0; call < 1000; call++) {
    clock.advanceSync(25)
    expect(throttle.take('clusterRead')).toBe(true)
    expect(throttle.take('clusterRead')).toBe(false)
  }
  clock.advanceSync(10_000)
  expect(taken()).toBe(3)
})

test('a call that wants more than there is takes nothing', () => {
  const throttle = createThrottle(
    { fargateSpotLaunch: { burst: 5, perSecond: 1 } },
    new FakeClock(),
  )
  expect(throttle.take('fargateSpotLaunch', 6)).toBe(false)
  expect(throttle.take('fargateSpotLaunch', 5)).toBe(true)
})

test('buckets that are not configured never run dry', () => {
  for (const config of ['none', {}] as const) {
    const throttle = createThrottle(config, new FakeClock())
    expect(Array.from({ length: 1000 }, () => throttle.take('clusterRead'))).not.toContain(false)
  }
})

test('registering and deregistering share one bucket, other operations do not', () => {
  const world = emulated({ config: { throttle: 'aws' } })
  const { burst } = AWS_BUCKETS.taskDefinitionModify
  for (let revision = 1; revision <= burst / 2; revision++) {
    world.register()
    world.ecs('DeregisterTaskDefinition', { taskDefinition: `job:${revision}` })
  }
  expect(world.refusal('RegisterTaskDefinition', {})).toMatchObject({
    code: 'ThrottlingException',
    message: 'Rate exceeded',
  })
  expect(world.ecs('ListTaskDefinitions').taskDefinitionArns).toEqual([])
  expect(world.emulator.counters.of('RegisterTaskDefinition')).toEqual({
    calls: burst / 2 + 1,
    throttled: 1,
    failed: 0,
  })
})

test('Fargate launches have buckets of their own, by task, Spot apart', () => {
  const launches = { burst: 3, perSecond: 1 }
  const world = emulated({
    config: { throttle: { fargateOnDemandLaunch: launches, fargateSpotLaunch: launches } },
  })
  world.register()
  const spot = {
    launchType: undefined,
    capacityProviderStrategy: [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }],
  }
  world.run({ count: 3 })
  expect(() => world.run()).toThrow('Rate exceeded')
  world.run({ ...spot, count: 3 })
  expect(() => world.run(spot)).toThrow('Rate exceeded')
  world.clock.advanceSync(1_000)
  expect(world.run().lastStatus).toBe('PROVISIONING')
})

test('EC2 has its own word for it', () => {
  const world = emulated({ config: { throttle: { ec2Describe: { burst: 0, perSecond: 0 } } } })
  expect(world.call('ec2', 'DescribeVpcs')).toMatchObject({
    type: 'Error',
    error: { code: 'RequestLimitExceeded', status: 503 },
  })
})

test('every operation that is served has a bucket', () => {
  const world = emulated()
  for (const operation of Object.keys(BUCKET_OF_OPERATION)) {
    const replies = (['ecs', 'logs', 'ec2'] as const).map((service) =>
      world.call(service, operation),
    )
    expect(
      replies.some((reply) => reply.type === 'Ok' || isKnown(reply)),
      operation,
    ).toBe(true)
  }
  function isKnown(reply: ReturnType<typeof world.call>): boolean {
    const unknown = ['UnknownOperationException', 'InvalidAction']
    return reply.type === 'Error' && !unknown.includes(reply.error.code)
  }
})
