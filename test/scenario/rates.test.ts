import { describe, expect, test } from 'vitest'
import { createRateBuckets } from '../../src/aws/buckets.ts'
import { RetryableError } from '../../src/lib/errors.ts'
import { systemRandom } from '../../src/lib/random.ts'
import { createController } from '../../src/runtime/controller.ts'
import { silentLog } from '../../src/runtime/logger.ts'
import { awaitChange } from '../../src/runtime/outcome.ts'
import { WorkQueue } from '../../src/runtime/workqueue.ts'
import { MINUTE, SECOND } from '../world/builders.ts'
import { FakeClock } from '../world/fake-clock.ts'
import { World } from '../world/world.ts'

const RUNS = 10_000
const POISON_EVERY = 100

describe('1 % poison in 10,000', () => {
  test('starves nobody, and is tried ever more slowly', async () => {
    const clock = new FakeClock()
    const queue = new WorkQueue(clock)
    const done = new Map<string, number>()
    const tries = new Map<string, number>()
    const controller = createController({
      name: 'Run',
      queue,
      workers: 64,
      clock,
      log: silentLog,
      random: systemRandom,
      reconcile(key) {
        if (Number(key) % POISON_EVERY === 0) {
          tries.set(key, (tries.get(key) ?? 0) + 1)
          throw new RetryableError('poison')
        }
        done.set(key, (done.get(key) ?? 0) + 1)
        return Promise.resolve(awaitChange())
      },
    })
    for (let n = 0; n < RUNS; n += 1) queue.add(String(n))
    await controller.start(new AbortController().signal, (error) => {
      throw error
    })
    await clock.advance(0)
    expect(done.size).toBe(RUNS - RUNS / POISON_EVERY)
    // New work overtakes what fails, whenever it comes.
    for (let minute = 1; minute <= 30; minute += 1) {
      await clock.advance(MINUTE)
      queue.add(`${minute}01`)
      await clock.advance(0)
      expect(done.get(`${minute}01`)).toBe(2)
    }
    // 200 ms, doubled up to five minutes: half an hour is not more than 16 to 18 tries.
    expect(Math.max(...tries.values())).toBeLessThan(22)
    expect(tries.size).toBe(RUNS / POISON_EVERY)
    await controller.stop()
  })
})

describe('calls under a full bucket', () => {
  test('a stop goes before 10,000 launches that wait', async () => {
    const clock = new FakeClock()
    const buckets = createRateBuckets(clock, {})
    let launched = 0
    for (let n = 0; n < RUNS; n += 1) {
      buckets.acquire({ user: 'RunTask', priority: 'Normal' }).then(
        () => {
          launched += 1
        },
        // Closed at the end of the test.
        () => {},
      )
    }
    await clock.advance(10 * SECOND)
    const before = launched
    expect(before).toBeGreaterThan(100)
    const waited: number[] = []
    for (let n = 0; n < 100; n += 1) {
      const askedMs = clock.nowMs()
      void buckets.acquire({ user: 'StopTask', priority: 'Urgent' }).then(() => {
        waited.push(clock.nowMs() - askedMs)
      })
      await clock.advance(100)
    }
    await clock.advance(SECOND)
    expect(waited).toHaveLength(100)
    expect(Math.max(...waited)).toBeLessThanOrEqual(SECOND)
    expect(launched).toBeGreaterThan(before)
    buckets.close()
  })

  test.each([
    ['open', undefined],
    ['in a network error', 'subnet'],
  ] as const)(
    'a throttle that comes %s costs no attempt, and the run ends',
    async (_, disguise) => {
      const fault = { type: 'throttle', ...(disguise && { disguise }) } as const
      const world = new World({ faults: { rules: [{ operation: 'RunTask', limit: 6, fault }] } })
      await world.start()
      for (let n = 0; n < 5; n += 1) world.addRun(`r${n}`, { template: { image: 'busybox' } })
      await world.clock.advance(30 * MINUTE)
      for (let n = 0; n < 5; n += 1) {
        expect(world.state(`r${n}`)).toBe('COMPLETED/Completed')
        expect(world.attempts(`r${n}`).map(({ number }) => number)).not.toContain(2)
        expect(world.tasksOf(`r${n}`)).toBe(1)
      }
      await world.stop()
    },
  )
})
