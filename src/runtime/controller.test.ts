import { describe, expect, test } from 'vitest'
import { FakeClock } from '../../test/world/fake-clock.ts'
import { recordingLog } from '../../test/world/recording-log.ts'
import { seededRandom } from '../../test/world/seeded-random.ts'
import type { Clock } from '../lib/clock.ts'
import { RetryableError, TerminalError, WaitingError } from '../lib/errors.ts'
import { type ControllerOptions, createController } from './controller.ts'
import { awaitChange, type Outcome, requeueAfter } from './outcome.ts'
import { WorkQueue } from './workqueue.ts'

const BACKOFF = { initialMs: 100, factor: 2, maxMs: 1_000, jitter: 0 }

function setUp(
  reconcile: ControllerOptions['reconcile'],
  workers = 1,
  together?: ControllerOptions['together'],
) {
  const clock = new FakeClock()
  const queue = new WorkQueue(clock)
  const log = recordingLog()
  const failures: unknown[] = []
  const controller = createController({
    name: 'Run',
    queue,
    workers,
    reconcile,
    together,
    clock,
    log,
    random: seededRandom(1),
    backoff: BACKOFF,
  })
  const abort = new AbortController()
  const start = () => controller.start(abort.signal, (error) => failures.push(error))
  return { clock, queue, log, controller, start, abort, failures }
}

type Script = readonly (Outcome | Error | (() => never))[]

/** A reconcile that does what the script says, in turn, and afterwards waits for changes. */
function scripted(script: Script) {
  const calls: { key: string; atMs: number }[] = []
  const remaining = [...script]
  const of = (clock: () => FakeClock) => (key: string) => {
    calls.push({ key, atMs: clock().monotonicMs() })
    const next = remaining.shift() ?? awaitChange()
    if (typeof next === 'function') return next()
    return next instanceof Error ? Promise.reject(next) : Promise.resolve(next)
  }
  return { calls, of }
}

function run(...script: Script) {
  const { calls, of } = scripted(script)
  const world = setUp(of(() => world.clock))
  void world.start()
  return { ...world, times: () => calls.map(({ atMs }) => atMs) }
}

describe('the outcome', () => {
  test.each<[string, Outcome | Error, readonly number[], object]>([
    ['AwaitChange: not again', awaitChange(), [0], { awaitChange: 1 }],
    ['RequeueAfter: again in that time', requeueAfter(300), [0, 300], { requeueAfter: 1 }],
    [
      'WaitingError: again in that time',
      new WaitingError('not yet', 700),
      [0, 700],
      { waitingErrors: 1 },
    ],
    ['TerminalError: not again', new TerminalError('Wrong', 'no'), [0], { terminalErrors: 1 }],
    [
      'RetryableError: after the backoff',
      new RetryableError('no'),
      [0, 100],
      { retryableErrors: 1 },
    ],
    ['any other error: after the backoff', new TypeError('bug'), [0, 100], { retryableErrors: 1 }],
  ])('%s', async (_, outcome, times, stats) => {
    const world = run(outcome)
    world.queue.add('a')
    await world.clock.advance(10_000)
    expect(world.times()).toEqual(times)
    expect(world.controller.stats()).toMatchObject({ ...stats, reconciles: times.length })
  })

  test('a reconcile that throws at once is a failed one', async () => {
    const world = run(() => {
      throw new Error('bug')
    })
    world.queue.add('a')
    await world.clock.advance(1_000)
    expect(world.times()).toEqual([0, 100])
  })

  test('backoff doubles up to the longest and starts anew after a success', async () => {
    const error = new RetryableError('no')
    const world = run(error, error, error, error, error, error, awaitChange(), error)
    world.queue.add('a')
    await world.clock.advance(10_000)
    expect(world.times()).toEqual([0, 100, 300, 700, 1_500, 2_500, 3_500])
    world.queue.add('a')
    await world.clock.advance(10_000)
    expect(world.times().slice(7)).toEqual([10_000, 10_100])
  })

  test.each<[string, Outcome | Error]>([
    ['waiting', new WaitingError('not yet', 500)],
    ['requeueing', requeueAfter(500)],
    ['a terminal error', new TerminalError('Wrong', 'no')],
  ])('%s ends a row of failures', async (_, outcome) => {
    const error = new RetryableError('no')
    const world = run(error, error, outcome, error)
    world.queue.add('a')
    await world.clock.advance(700)
    world.queue.add('a')
    await world.clock.advance(5_000)
    const times = world.times()
    expect(Number(times[4]) - Number(times[3])).toBe(100)
  })

  test('a change overtakes the backoff', async () => {
    const world = run(new RetryableError('no'))
    world.queue.add('a')
    await world.clock.advance(50)
    world.queue.add('a')
    await world.clock.advance(5_000)
    expect(world.times()).toEqual([0, 50])
  })
})

describe('the log', () => {
  test.each<[string, Error, readonly string[]]>([
    ['a retryable error', new RetryableError('no'), ['error']],
    ['a terminal error', new TerminalError('Wrong', 'no'), ['warn']],
    ['waiting', new WaitingError('not yet', 60_000), ['debug']],
  ])('has one line for %s, with controller, key and id', async (_, error, levels) => {
    const world = run(error)
    world.queue.add('Run/default/a')
    await world.clock.advance(1_000)
    expect(world.log.lines.map(({ level }) => level)).toEqual(levels)
    expect(world.log.lines[0]).toMatchObject({
      controller: 'Run',
      key: 'Run/default/a',
      reconcileId: expect.stringMatching(/^[0-9a-f]{6}-1$/),
    })
  })
})

describe('workers', () => {
  /** Reconciles that end when the test says so. */
  function held(workers: number) {
    const running: string[] = []
    const finish: (() => void)[] = []
    let most = 0
    const world = setUp((key) => {
      running.push(key)
      most = Math.max(most, running.length)
      return new Promise((resolve) => {
        finish.push(() => {
          running.splice(running.indexOf(key), 1)
          resolve(awaitChange())
        })
      })
    }, workers)
    return { ...world, running, finish, most: () => most }
  }

  test('work on different keys at the same time, on one key never', async () => {
    const world = held(3)
    void world.start()
    for (const key of ['a', 'b', 'a', 'c', 'd']) world.queue.add(key)
    await world.clock.advance(0)
    expect(world.running).toEqual(['a', 'b', 'c'])
    world.queue.add('a')
    world.finish[1]?.()
    await world.clock.advance(0)
    expect(world.running).toEqual(['a', 'c', 'd'])
    for (const finish of world.finish) finish()
    await world.clock.advance(0)
    expect(world.running).toEqual(['a'])
    expect(world.most()).toBe(3)
  })

  test('stop waits for what is under way and takes nothing new', async () => {
    const world = held(1)
    void world.start()
    world.queue.add('a')
    world.queue.add('b')
    world.queue.addAfter('c', 3_600_000)
    await world.clock.advance(0)
    let isStopped = false
    const stopped = Promise.resolve(world.controller.stop()).then(() => {
      isStopped = true
    })
    await world.clock.advance(60_000)
    expect([isStopped, world.running]).toEqual([false, ['a']])
    world.finish[0]?.()
    await stopped
    await world.clock.advance(0)
    expect(world.running).toEqual([])
    expect(world.clock.pendingTimers).toBe(0)
  })

  test('what an aborted reconcile throws is neither logged nor retried', async () => {
    const world = setUp(
      (_, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new Error('aborted')))
        }),
    )
    void world.start()
    world.queue.add('a')
    await world.clock.advance(0)
    const stopped = Promise.resolve(world.controller.stop())
    world.abort.abort()
    await stopped
    await world.clock.advance(0)
    expect(world.log.lines).toEqual([])
    expect(world.clock.pendingTimers).toBe(0)
  })

  test('a bug in the machinery itself ends the program', async () => {
    const world = setUp(() => Promise.resolve(awaitChange()))
    const error = new Error('the queue is broken')
    world.queue.done = () => {
      throw error
    }
    void world.start()
    world.queue.add('a')
    await world.clock.advance(0)
    expect(world.failures).toEqual([error])
  })

  test('let the event loop have its turn between reconciles that never wait', async () => {
    const fake = new FakeClock()
    const seen: number[] = []
    // Every reconcile takes a millisecond of computing, during which no timer can fire.
    const clock: Clock = {
      nowMs: () => fake.nowMs(),
      monotonicMs: () => fake.monotonicMs() + seen.length,
      after: (delayMs, fire) => fake.after(delayMs, fire),
    }
    const queue = new WorkQueue(clock)
    const controller = createController({
      name: 'Run',
      queue,
      workers: 4,
      reconcile: (key) => {
        seen.push(Number(key))
        return Promise.resolve(awaitChange())
      },
      clock,
      log: recordingLog(),
      random: seededRandom(1),
    })
    for (let n = 0; n < 100; n += 1) queue.add(String(n))
    void controller.start(new AbortController().signal, () => {})
    await new Promise(setImmediate)
    expect(seen.length).toBeGreaterThan(0)
    expect(seen.length).toBeLessThan(20)
    while (seen.length < 100) await fake.advance(1)
    expect(controller.stats()).toMatchObject({ reconciles: 100, ready: 0 })
  })
})

describe('keys that are reconciled together', () => {
  test('are not reconciled one by one, and count as reconciled', async () => {
    const single: string[] = []
    const reconcile = (key: string) => {
      single.push(key)
      return Promise.resolve(awaitChange())
    }
    const { controller, queue, start, clock } = setUp(reconcile, 1, (key, ahead) => {
      if (key !== 'b') return []
      const next = ahead.upcoming(2)
      for (const one of next) ahead.pass(one)
      return [key, ...next]
    })
    for (const key of ['a', 'b', 'c', 'd', 'e']) queue.add(key)
    void start()
    await clock.advance(0)
    expect(single).toEqual(['a', 'e'])
    expect(controller.stats()).toMatchObject({
      reconciles: 5,
      awaitChange: 5,
      ready: 0,
      processing: 0,
    })
  })
})
