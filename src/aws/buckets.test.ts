import { describe, expect, test } from 'vitest'
import { FakeClock } from '../../test/world/fake-clock.ts'
import type { BucketUser } from './bucket-table.ts'
import { BUCKET_NAMES, limitOf, PUBLISHED, reserveOf } from './bucket-table.ts'
import { type CallPriority, createRateBuckets, type RateBuckets } from './buckets.ts'
import { combineLimits, UNLIMITED } from './limits.ts'

interface World {
  readonly clock: FakeClock
  readonly buckets: RateBuckets
  /** What was let go, in its order. */
  readonly gone: string[]
  readonly ask: (
    name: string,
    user: BucketUser,
    priority?: CallPriority,
    signal?: AbortSignal,
  ) => void
}

function aWorld(limits: Parameters<typeof createRateBuckets>[1] = {}): World {
  const clock = new FakeClock()
  const buckets = createRateBuckets(clock, limits)
  const gone: string[] = []
  return {
    clock,
    buckets,
    gone,
    ask(name, user, priority = 'Normal', signal) {
      buckets.acquire({ user, priority, signal }).then(
        () => gone.push(name),
        (error: Error) => gone.push(`${name}: ${error.message}`),
      )
    },
  }
}

function askMany(world: World, count: number, user: BucketUser, priority?: CallPriority): void {
  for (let call = 0; call < count; call++) world.ask(`${user} ${call}`, user, priority)
}

describe('the table', () => {
  test.each(BUCKET_NAMES)('%s is at 90 %% of what AWS publishes', (name) => {
    const { burst, perSecond } = PUBLISHED[name]
    expect(limitOf(name, {})).toEqual({ burst: burst * 0.9, perSecond: perSecond * 0.9 })
  })

  test('configured limits count as they stand', () => {
    const limits = { clusterModify: { burst: 7 }, logsRead: { perSecond: 3 } }
    expect(limitOf('clusterModify', limits)).toEqual({ burst: 7, perSecond: 36 })
    expect(limitOf('getLogEvents', limits).perSecond).toBe(3)
    expect(limitOf('filterLogEvents', limits).perSecond).toBe(3)
  })

  test('a part of the bucket of RunTask and StopTask is kept for stops, but never all of it', () => {
    expect(reserveOf('clusterModify', { burst: 90, perSecond: 36 })).toBe(9)
    expect(reserveOf('clusterModify', { burst: 1, perSecond: 1 })).toBe(0)
    expect(reserveOf('clusterRead', { burst: 90, perSecond: 18 })).toBe(0)
  })

  test('owners that differ get the lowest', () => {
    const owners = [{ ec2Read: { burst: 5, perSecond: 9 } }, { ec2Read: { perSecond: 3 } }]
    const combined = combineLimits({ clusterRead: { burst: 2 }, ec2Read: { burst: 99 } }, owners)
    expect(combined).toEqual({ clusterRead: { burst: 2 }, ec2Read: { burst: 5, perSecond: 3 } })
  })
})

describe('rate buckets', () => {
  test('the burst goes at once, the rest at the rate', async () => {
    const world = aWorld()
    askMany(world, 300, 'DescribeTasks')
    await world.clock.advance(0)
    expect(world.gone).toHaveLength(90)
    await world.clock.advance(1_000)
    expect(world.gone).toHaveLength(108)
    await world.clock.advance(10_000)
    expect(world.gone).toHaveLength(288)
    expect(world.gone.slice(0, 3)).toEqual([
      'DescribeTasks 0',
      'DescribeTasks 1',
      'DescribeTasks 2',
    ])
  })

  test('no timer is left when nobody waits', async () => {
    const world = aWorld()
    askMany(world, 95, 'DescribeTasks')
    await world.clock.advance(1_000)
    expect(world.gone).toHaveLength(95)
    expect(world.clock.pendingTimers).toBe(0)
  })

  test('a stop goes at once, however many launches wait', async () => {
    const world = aWorld()
    askMany(world, 10_000, 'RunTask')
    await world.clock.advance(5_000)
    world.gone.length = 0
    for (let stop = 0; stop < 9; stop++) world.ask('stop', 'StopTask', 'Urgent')
    await world.clock.advance(0)
    expect(world.gone).toEqual(Array.from({ length: 9 }, () => 'stop'))
  })

  test('and many stops go before the launches', async () => {
    const world = aWorld()
    askMany(world, 1_000, 'RunTask')
    askMany(world, 100, 'StopTask', 'Urgent')
    await world.clock.advance(3_000)
    const stops = world.gone.filter((name) => name.startsWith('StopTask'))
    expect(stops).toHaveLength(100)
    const lastStop = world.gone.lastIndexOf('StopTask 99')
    const launchesAfterBurst = world.gone
      .slice(81, lastStop)
      .filter((name) => name.startsWith('RunTask'))
    expect(launchesAfterBurst).toEqual([])
  })

  test('launches use the whole rate while nobody stops', async () => {
    const world = aWorld()
    askMany(world, 10_000, 'RunTask')
    await world.clock.advance(0)
    const burst = world.gone.length
    await world.clock.advance(10_000)
    expect(burst).toBe(81)
    expect(world.gone.length - burst).toBeGreaterThanOrEqual(360 * 0.99)
  })

  test('Fargate has a bucket of its own, which does not hold up the others', async () => {
    const world = aWorld()
    askMany(world, 1_000, 'RunTaskOnFargate')
    await world.clock.advance(0)
    expect(world.gone).toHaveLength(18)
    world.ask('on instances', 'RunTask')
    await world.clock.advance(0)
    expect(world.gone.at(-1)).toBe('on instances')
    await world.clock.advance(10_000)
    expect(world.gone.length - 19).toBeGreaterThanOrEqual(180 * 0.99)
  })

  test('young tasks are looked at before the others', async () => {
    const world = aWorld()
    askMany(world, 100, 'DescribeTasks')
    await world.clock.advance(0)
    world.ask('young', 'DescribeTasks', 'Young')
    await world.clock.advance(100)
    expect(world.gone.at(-1)).toBe('young')
  })

  test('a call that is given up leaves the queue', async () => {
    const world = aWorld({ clusterRead: { burst: 1, perSecond: 1 } })
    const stop = new AbortController()
    world.ask('first', 'DescribeTasks')
    world.ask('given up', 'DescribeTasks', 'Normal', stop.signal)
    world.ask('last', 'DescribeTasks')
    stop.abort(new Error('enough'))
    await world.clock.advance(1_000)
    expect(world.gone).toEqual([
      'first',
      'given up: the call was given up before it was sent',
      'last',
    ])
    expect(world.clock.pendingTimers).toBe(0)
  })

  test('a signal that is aborted already never waits', async () => {
    const { buckets } = aWorld()
    const signal = AbortSignal.abort(new Error('enough'))
    const call = buckets.acquire({ user: 'RunTask', priority: 'Normal', signal })
    await expect(call).rejects.toMatchObject({
      code: 'AbortError',
      operation: 'RunTask',
      sent: false,
    })
  })

  test('the queue is bounded, per sort of call', async () => {
    const world = aWorld({ clusterModify: { burst: 1, perSecond: 0.01 } })
    askMany(world, 20_001, 'RunTask')
    const refused = world.buckets.acquire({ user: 'RunTask', priority: 'Normal' })
    await expect(refused).rejects.toMatchObject({ code: 'CapstanQueueFull', sent: false })
    world.ask('stop', 'StopTask', 'Urgent')
    expect(world.buckets.metrics()[0]).toMatchObject({ bucket: 'clusterModify', waiting: 20_001 })
    world.buckets.close()
  })

  test('a throttle lowers the rate of the bucket that is to blame', async () => {
    const world = aWorld()
    world.buckets.settled('RunTaskOnFargate', { attempts: 1, throttled: true })
    const metrics = new Map(world.buckets.metrics().map((each) => [each.bucket, each]))
    expect(metrics.get('fargateLaunch')).toMatchObject({ factor: 0.7, throttled: 1, tokens: 0 })
    expect(metrics.get('clusterModify')).toMatchObject({ factor: 1, throttled: 0 })
  })

  test('repeats of the SDK are charged', async () => {
    const world = aWorld()
    world.buckets.settled('DescribeTasks', { attempts: 3, throttled: false })
    const metrics = world.buckets.metrics().find(({ bucket }) => bucket === 'clusterRead')
    expect(metrics?.tokens).toBe(88)
  })

  test('new limits count from now on', async () => {
    const world = aWorld({ clusterRead: { burst: 1, perSecond: 1 } })
    askMany(world, 50, 'DescribeTasks')
    await world.clock.advance(1_000)
    expect(world.gone).toHaveLength(2)
    world.buckets.configure({ clusterRead: { burst: 100, perSecond: 100 } })
    await world.clock.advance(1_000)
    expect(world.gone).toHaveLength(50)
  })

  test('an endpoint without limits is not held up', async () => {
    const world = aWorld(UNLIMITED)
    askMany(world, 5_000, 'RunTaskOnFargate')
    await world.clock.advance(0)
    expect(world.gone).toHaveLength(5_000)
  })

  test('closing rejects whoever waits, and whoever comes', async () => {
    const world = aWorld({ clusterRead: { burst: 1, perSecond: 1 } })
    askMany(world, 2, 'DescribeTasks')
    world.buckets.close()
    world.ask('late', 'DescribeTasks')
    await world.clock.advance(5_000)
    expect(world.gone).toHaveLength(3)
    expect(world.gone.filter((name) => name.includes('given up'))).toHaveLength(2)
    expect(world.clock.pendingTimers).toBe(0)
  })
})
