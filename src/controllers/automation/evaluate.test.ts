import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { NOON, SECOND } from '../../../test/world/builders.ts'
import { someOf } from '../../../test/world/effort.ts'
import { FakeClock } from '../../../test/world/fake-clock.ts'
import { seededRandom } from '../../../test/world/seeded-random.ts'
import type { AutomationSpec } from '../../kinds/generated.ts'
import { API_VERSION } from '../../kinds/meta.ts'
import { isoTime } from '../../lib/instant.ts'
import { isJsonObject, type JsonObject } from '../../lib/json.ts'
import { openStore, type SqliteStore } from '../../store/open.ts'
import type { Store } from '../../store/types.ts'
import { createEvaluator, type Evaluator } from './evaluate.ts'
import {
  MAX_BUCKETS,
  MAX_FIRINGS_PER_WINDOW,
  MAX_QUEUED_ACTIONS,
  RATE_WINDOW_MS,
} from './limits.ts'
import { createRegistry } from './registry.ts'

const UID = '11111111-1111-5111-8111-111111111111'

let store: SqliteStore
let clock: FakeClock

beforeEach(() => {
  clock = new FakeClock(NOON)
  store = openStore({ path: ':memory:', random: seededRandom(1), nowMs: NOON })
})

afterEach(() => {
  store.close()
})

function addAutomation(spec: AutomationSpec, into: Store = store): void {
  into.transaction(() =>
    into.objects.create({
      apiVersion: API_VERSION,
      kind: 'Automation',
      metadata: {
        name: 'tell',
        namespace: 'default',
        uid: UID,
        creationTimestamp: isoTime(NOON),
      },
      spec: spec as unknown as JsonObject,
    }),
  )
}

/** One life of the evaluator over a store. */
function boot(over: Store = store): Evaluator {
  const registry = createRegistry(over)
  const evaluator = createEvaluator({ store: over, clock, registry, onFired: () => {} })
  evaluator.begin()
  registry.syncAll(clock.nowMs())
  return evaluator
}

function happens(event: string, uid = 'a', into: Store = store, id = `${event}-${uid}`): void {
  const atMs = clock.nowMs()
  into.transaction(() =>
    into.eventLog.append([
      {
        id,
        occurredAtMs: atMs,
        receivedAtMs: atMs,
        event: `capstan.run.${event}`,
        namespace: 'default',
        resource: { 'capstan.resource.id': `capstan.run.${uid}` },
        related: [],
        payload: {},
      },
    ]),
  )
}

/** Until there is nothing left to do at this moment. */
function drain(evaluator: Evaluator): void {
  for (;;) {
    const outcome = evaluator.evaluate()
    if (outcome.type === 'AwaitChange' || outcome.delayMs > 0) return
  }
}

function reasons(): readonly string[] {
  return store.events
    .list({ regardingName: 'tell' })
    .map(({ reason, count }) => `${reason} ${count}`)
}

const EACH = ['capstan.resource.id']
const NOTHING = [{ type: 'do-nothing' }] as const

describe('bounds', () => {
  test('of windows: the oldest are forgotten, and that is told', () => {
    addAutomation({
      trigger: { type: 'event', expect: ['capstan.run.Failed'], forEach: EACH, threshold: 2 },
    })
    const evaluator = boot()
    store.transaction(() => {
      for (let run = 0; run < MAX_BUCKETS + 5; run += 1) {
        if (run === 5) clock.advanceSync(SECOND)
        happens('Failed', `r${run}`)
      }
    })
    drain(evaluator)
    expect(reasons()).toContain('WindowsForgotten 1')
    happens('Failed', 'r0')
    happens('Failed', 'r100')
    drain(evaluator)
    expect(store.automations.source(UID)?.fired).toBe(1)
  })

  test('of firings: an automation that feeds itself is slowed down, and goes on later', () => {
    addAutomation({ trigger: { type: 'event' }, actions: [] })
    const evaluator = boot()
    store.transaction(() => {
      for (let n = 0; n < MAX_FIRINGS_PER_WINDOW + 50; n += 1) happens('Failed', `r${n}`)
    })
    drain(evaluator)
    expect(store.automations.source(UID)).toMatchObject({
      fired: MAX_FIRINGS_PER_WINDOW,
      lastError: expect.stringContaining('Does its own effect trigger it again?'),
    })
    expect(reasons()).toContain('Throttled 1')
    clock.advanceSync(RATE_WINDOW_MS)
    happens('Failed')
    drain(evaluator)
    expect(store.automations.source(UID)?.fired).toBe(MAX_FIRINGS_PER_WINDOW + 1)
  })

  test('of actions that wait', () => {
    addAutomation({ trigger: { type: 'event' }, actions: [...NOTHING] })
    const evaluator = boot()
    store.transaction(() => {
      for (let n = 0; n < MAX_QUEUED_ACTIONS + 5; n += 1) happens('Failed', `r${n}`)
    })
    drain(evaluator)
    expect(store.automations.countQueued(UID)).toBe(MAX_QUEUED_ACTIONS)
    expect(reasons()).toContain('ActionsDropped 5')
    const dropped = store.eventLog.list({ eventPrefix: 'capstan.automation.action.', limit: 9 })
    expect(dropped.map(({ event }) => event)).toEqual(
      Array.from({ length: 5 }, () => 'capstan.automation.action.failed'),
    )
    expect(dropped[0]?.payload['reason']).toBe('Dropped: 1000 actions wait already.')
  })

  test('of what one event may be: a huge one is cut before it is kept', () => {
    addAutomation({ trigger: { type: 'event' }, actions: [...NOTHING] })
    const evaluator = boot()
    store.transaction(() =>
      store.eventLog.append([
        {
          occurredAtMs: NOON,
          receivedAtMs: NOON,
          event: 'x',
          namespace: 'default',
          resource: { 'capstan.resource.id': 'x', huge: 'x'.repeat(100_000) },
          related: Array.from({ length: 100 }, (_, n) => ({
            'capstan.resource.id': `r${n}`,
            huge: 'x'.repeat(10_000),
          })),
          payload: { text: 'x'.repeat(1_000_000) },
        },
      ]),
    )
    drain(evaluator)
    const [queued] = store.automations.queuedIds()
    const text = JSON.stringify(store.automations.queued(queued?.id ?? 0)?.context)
    expect(text.length).toBeLessThan(100_000)
    expect(text).toContain('"id":"x"')
  })
})

describe('reading', () => {
  test('an event is not lost when its transaction fails', () => {
    addAutomation({ trigger: { type: 'event' }, actions: [] })
    let fails = false
    const flaky: Store = {
      ...store,
      transaction<T>(write: () => T): T {
        if (!fails) return store.transaction(write)
        fails = false
        throw new Error('the disk is full')
      },
    }
    const evaluator = boot(flaky)
    happens('Failed')
    fails = true
    expect(() => evaluator.evaluate()).toThrow('the disk is full')
    drain(evaluator)
    expect(store.automations.source(UID)?.fired).toBe(1)
  })

  test('events that concern nobody are not written down one by one', () => {
    addAutomation({ trigger: { type: 'event', expect: ['capstan.run.Failed'] } })
    const evaluator = boot()
    const before = store.automations.cursor()
    for (let n = 0; n < 10; n += 1) {
      happens('Completed')
      drain(evaluator)
    }
    expect(store.automations.cursor()).toEqual(before)
    happens('Failed')
    const failedSeq = store.eventLog.newestSeq()
    drain(evaluator)
    expect(store.automations.cursor()?.seq).toBe(failedSeq)
    expect(evaluator.isCaughtUp()).toBe(true)
  })

  test.each<[string, readonly string[]]>([
    ['which waits for anything', []],
    ['which asks for what automations do', ['capstan.automation.*']],
  ])('an automation is no answer to itself, %s', (_, expect_) => {
    addAutomation({ trigger: { type: 'event', expect: [...expect_] }, actions: [] })
    const evaluator = boot()
    store.transaction(() =>
      store.eventLog.append([
        {
          occurredAtMs: NOON,
          receivedAtMs: NOON,
          event: 'capstan.automation.triggered',
          namespace: 'default',
          resource: { 'capstan.resource.id': `capstan.automation.${UID}` },
          related: [],
          payload: {},
        },
      ]),
    )
    drain(evaluator)
    expect(store.automations.source(UID)?.fired).toBe(0)
  })
})

describe('always', () => {
  const names = ['heartbeat', 'Running', 'Failed', 'Completed']
  const aStory = fc.array(
    fc.record({
      gapS: fc.integer({ min: 0, max: 60 }),
      event: fc.constantFrom(...names),
      uid: fc.constantFrom('a', 'b'),
      restarts: fc.boolean(),
      looks: fc.boolean(),
    }),
    { maxLength: 30 },
  )
  const aTrigger = fc.record({
    type: fc.constant('event' as const),
    posture: fc.constant('Reactive' as const),
    expect: fc.subarray(
      names.map((name) => `capstan.run.${name}`),
      { minLength: 1 },
    ),
    after: fc.constantFrom([], ['capstan.run.Running']),
    forEach: fc.constantFrom([], EACH),
    threshold: fc.integer({ min: 1, max: 3 }),
    within: fc.constantFrom(0, 30, 300),
  })

  /**
   * What a story comes to: firings, actions that wait, and the event that each firing is about. Its evaluator
   * is started again, and looks, where the story says.
   */
  function play(
    trigger: AutomationSpec['trigger'],
    story: readonly {
      gapS: number
      event: string
      uid: string
      restarts: boolean
      looks: boolean
    }[],
    disturbed: boolean,
  ): readonly unknown[] {
    const own = openStore({ path: ':memory:', random: seededRandom(1), nowMs: NOON })
    clock = new FakeClock(NOON)
    addAutomation({ trigger, actions: [...NOTHING] }, own)
    let evaluator = boot(own)
    for (const [index, { gapS, event, uid, restarts, looks }] of story.entries()) {
      clock.advanceSync(gapS * SECOND)
      happens(event, uid, own, `story-${index}`)
      if (!disturbed || looks) drain(evaluator)
      if (disturbed && restarts) evaluator = boot(own)
    }
    drain(evaluator)
    const told = own.eventLog.list({ eventPrefix: 'capstan.automation.triggered', limit: 100 })
    const fired = told.map(({ payload: { triggering_event: event } }) =>
      isJsonObject(event) ? event['id'] : undefined,
    )
    const count = own.automations.source(UID)?.fired ?? 0
    const waiting = own.automations.countQueued(UID)
    own.close()
    return [count, waiting, ...fired]
  }

  test('what fires does not depend on when it is looked at, nor on restarts', () => {
    fc.assert(
      fc.property(aTrigger, aStory, (trigger, story) => {
        expect(play(trigger, story, true)).toEqual(play(trigger, story, false))
      }),
      { numRuns: someOf(60) },
    )
  })
})
