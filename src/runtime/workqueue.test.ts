import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FakeClock } from '../../test/world/fake-clock.ts'
import { WorkQueue } from './workqueue.ts'

const NEVER = new AbortController().signal

function setUp() {
  const clock = new FakeClock()
  return { clock, queue: new WorkQueue(clock) }
}

/** What a worker would get now; undefined when it would wait. */
function take(queue: WorkQueue): Promise<string | undefined> {
  const abort = new AbortController()
  const key = queue.get(abort.signal)
  abort.abort()
  return key
}

async function takeAll(queue: WorkQueue): Promise<readonly string[]> {
  const keys: string[] = []
  for (let key = await take(queue); key !== undefined; key = await take(queue)) keys.push(key)
  return keys
}

describe('add', () => {
  test('hands keys out in the order of their arrival, each once', async () => {
    const { queue } = setUp()
    for (const key of ['b', 'a', 'b', 'c', 'a']) queue.add(key)
    expect(await takeAll(queue)).toEqual(['b', 'a', 'c'])
  })

  test('lets urgent keys overtake, and raises a waiting key to the most urgent add', async () => {
    const { queue } = setUp()
    for (const key of ['flood-1', 'flood-2', 'flood-3']) queue.add(key, { priority: 'Low' })
    queue.add('change')
    queue.add('stop', { priority: 'High' })
    queue.add('flood-3')
    queue.add('stop', { priority: 'Low' })
    expect(await takeAll(queue)).toEqual(['stop', 'change', 'flood-3', 'flood-1', 'flood-2'])
  })

  test('of a key that is worked on makes it ready when it is done, not before', async () => {
    const { queue } = setUp()
    queue.add('a')
    expect(await take(queue)).toBe('a')
    queue.add('a')
    queue.add('a')
    expect(await take(queue)).toBeUndefined()
    queue.done('a')
    expect(await takeAll(queue)).toEqual(['a'])
    queue.done('a')
    expect(await take(queue)).toBeUndefined()
  })

  test('of a key that is worked on keeps the most urgent priority', async () => {
    const { queue } = setUp()
    queue.add('a')
    await take(queue)
    queue.add('a', { priority: 'Low' })
    queue.add('a', { priority: 'High' })
    queue.add('b')
    queue.done('a')
    expect(await takeAll(queue)).toEqual(['a', 'b'])
  })

  test('wakes the worker that has waited longest', async () => {
    const { queue } = setUp()
    const first = queue.get(NEVER)
    const second = queue.get(NEVER)
    queue.add('a')
    queue.add('b')
    expect(await Promise.all([first, second])).toEqual(['a', 'b'])
  })
})

describe('addAfter', () => {
  test('adds the key when the time has come, with one timer for all', async () => {
    const { clock, queue } = setUp()
    queue.addAfter('late', 2_000)
    queue.addAfter('early', 1_000)
    queue.addAfter('middle', 1_500)
    expect(clock.pendingTimers).toBe(1)
    await clock.advance(999)
    expect(await takeAll(queue)).toEqual([])
    await clock.advance(1)
    expect(await takeAll(queue)).toEqual(['early'])
    await clock.advance(1_000)
    expect(await takeAll(queue)).toEqual(['middle', 'late'])
    expect(clock.pendingTimers).toBe(0)
  })

  test.each([
    ['later', [1_000, 5_000]],
    ['earlier', [5_000, 1_000]],
  ])('of a delayed key keeps the earliest time: a %s one comes second', async (_, delays) => {
    const { clock, queue } = setUp()
    for (const delayMs of delays) queue.addAfter('a', delayMs)
    await clock.advance(1_000)
    expect(await takeAll(queue)).toEqual(['a'])
    queue.done('a')
    await clock.advance(10_000)
    expect(await takeAll(queue)).toEqual([])
  })

  test.each([0, -5])('in %i ms is at once', async (delayMs) => {
    const { queue } = setUp()
    queue.addAfter('a', delayMs)
    expect(await takeAll(queue)).toEqual(['a'])
  })

  test('is forgotten when the key is handed out, because its reconcile decides anew', async () => {
    const { clock, queue } = setUp()
    queue.addAfter('a', 1_000)
    queue.add('a')
    await take(queue)
    queue.done('a')
    await clock.advance(1_000)
    expect(await takeAll(queue)).toEqual([])
  })

  test('of a key that is worked on stays', async () => {
    const { clock, queue } = setUp()
    queue.add('a')
    await take(queue)
    queue.addAfter('a', 1_000)
    queue.done('a')
    expect(await takeAll(queue)).toEqual([])
    await clock.advance(1_000)
    expect(await takeAll(queue)).toEqual(['a'])
  })

  test('is measured in monotonic time: a timer that fires early waits for the rest', async () => {
    const clock = new FakeClock()
    let isEarly = true
    const queue = new WorkQueue({
      nowMs: () => clock.nowMs(),
      monotonicMs: () => clock.monotonicMs(),
      after(delayMs, fire) {
        const cut = isEarly ? 1 : 0
        isEarly = false
        return clock.after(delayMs - cut, fire)
      },
    })
    queue.addAfter('a', 10)
    await clock.advance(9)
    expect(await takeAll(queue)).toEqual([])
    await clock.advance(1)
    expect(await takeAll(queue)).toEqual(['a'])
  })
})

describe('passing a key', () => {
  test('takes it out of those that come next, with its delay', async () => {
    const { clock, queue } = setUp()
    for (const key of ['a', 'b', 'c']) queue.add(key)
    queue.addAfter('b', 100)
    expect(queue.upcoming(2)).toEqual(['a', 'b'])
    queue.pass('b')
    expect(queue.upcoming(9)).toEqual(['a', 'c'])
    await clock.advance(100)
    expect(await takeAll(queue)).toEqual(['a', 'c'])
    expect(queue.stats()).toEqual({ ready: 0, processing: 2, delayed: 0 })
  })

  test('a change from then on makes it ready again', async () => {
    const { queue } = setUp()
    queue.add('a')
    queue.pass('a')
    queue.add('a')
    expect(await takeAll(queue)).toEqual(['a'])
  })

  test('one that is worked on is not passed', async () => {
    const { queue } = setUp()
    queue.add('a')
    await take(queue)
    queue.add('a')
    queue.pass('a')
    queue.done('a')
    expect(await takeAll(queue)).toEqual(['a'])
  })
})

describe('the end', () => {
  test('an aborted worker gets nothing and takes nothing from the others', async () => {
    const { queue } = setUp()
    const abort = new AbortController()
    const gone = queue.get(abort.signal)
    const stays = queue.get(NEVER)
    abort.abort()
    expect(await gone).toBeUndefined()
    queue.add('a')
    expect(await stays).toBe('a')
    queue.add('b')
    expect(await queue.get(abort.signal)).toBeUndefined()
    expect(queue.stats()).toEqual({ ready: 1, processing: 1, delayed: 0 })
  })

  test('close lets everybody go and leaves no timer', async () => {
    const { clock, queue } = setUp()
    queue.add('busy')
    await take(queue)
    const waiting = queue.get(NEVER)
    queue.addAfter('a', 1_000)
    queue.add('busy')
    queue.close()
    expect(await waiting).toBeUndefined()
    expect(clock.pendingTimers).toBe(0)
    queue.add('b')
    queue.addAfter('c', 1)
    queue.done('busy')
    expect(queue.stats()).toEqual({ ready: 0, processing: 0, delayed: 0 })
    expect(await queue.get(NEVER)).toBeUndefined()
  })

  test('done without get is a bug', () => {
    const { queue } = setUp()
    queue.add('a')
    expect(() => queue.done('a')).toThrow('done is called once')
  })

  test('a million keys is the bound', () => {
    const { queue } = setUp()
    for (let n = 0; n < 1_000_000; n += 1) queue.add(String(n))
    expect(() => queue.add('one more')).toThrow('at most 1000000 keys')
  })
})

type Step =
  | { readonly type: 'Add'; readonly key: string; readonly priority: 'High' | 'Normal' | 'Low' }
  | { readonly type: 'AddAfter'; readonly key: string; readonly delayMs: number }
  | { readonly type: 'Get' }
  | { readonly type: 'Done'; readonly pick: number }
  | { readonly type: 'Advance'; readonly ms: number }

const key = fc.constantFrom('a', 'b', 'c', 'd')
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    type: fc.constant('Add'),
    key,
    priority: fc.constantFrom('High', 'Normal', 'Low'),
  }),
  fc.record({ type: fc.constant('AddAfter'), key, delayMs: fc.integer({ min: 0, max: 20 }) }),
  fc.record({ type: fc.constant('Get') }),
  fc.record({ type: fc.constant('Done'), pick: fc.nat(3) }),
  fc.record({ type: fc.constant('Advance'), ms: fc.integer({ min: 0, max: 15 }) }),
)

/** What is owed: keys that must be handed out again, and from when on. */
class Model {
  readonly dueMs = new Map<string, number>()
  readonly processing: string[] = []

  owe(key: string, dueMs: number): void {
    this.dueMs.set(key, Math.min(dueMs, this.dueMs.get(key) ?? Number.POSITIVE_INFINITY))
  }

  isOwed(key: string, nowMs: number): boolean {
    return (this.dueMs.get(key) ?? Number.POSITIVE_INFINITY) <= nowMs
  }
}

describe('whatever happens', () => {
  test('no key is worked on twice at once, none is handed out for nothing, none is lost', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { clock, queue } = setUp()
        const model = new Model()
        const run = async (each: Step): Promise<void> => {
          const nowMs = clock.monotonicMs()
          switch (each.type) {
            case 'Add':
              queue.add(each.key, { priority: each.priority })
              model.owe(each.key, nowMs)
              return
            case 'AddAfter':
              queue.addAfter(each.key, each.delayMs)
              model.owe(each.key, nowMs + each.delayMs)
              return
            case 'Get': {
              const got = await take(queue)
              if (got === undefined) {
                const ready = [...model.dueMs.keys()].filter(
                  (owed) => model.isOwed(owed, nowMs) && !model.processing.includes(owed),
                )
                expect(ready).toEqual([])
                return
              }
              expect(model.processing).not.toContain(got)
              expect(model.isOwed(got, nowMs)).toBe(true)
              model.dueMs.delete(got)
              model.processing.push(got)
              return
            }
            case 'Done': {
              if (model.processing.length === 0) return
              const at = each.pick % model.processing.length
              for (const done of model.processing.splice(at, 1)) queue.done(done)
              return
            }
            case 'Advance':
              await clock.advance(each.ms)
          }
        }
        for (const each of steps) await run(each)
        for (const busy of model.processing.splice(0)) queue.done(busy)
        await clock.advance(1_000)
        const owed = [...model.dueMs.keys()].sort()
        expect([...(await takeAll(queue))].sort()).toEqual(owed)
        expect(clock.pendingTimers).toBe(0)
      }),
      { numRuns: 300 },
    )
  })
})
