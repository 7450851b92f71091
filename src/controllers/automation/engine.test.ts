import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { NOON, SECOND } from '../../../test/world/builders.ts'
import type { EventLabels, EventRecord } from '../../kinds/event.ts'
import type { Trigger } from '../../kinds/generated.ts'
import type { Bucket, Firing, Step } from './bucket.ts'
import { armTrigger, dueTrigger, stepTrigger } from './engine.ts'
import { readTrigger, type TriggerNode } from './node.ts'

/** Something that happens `at` seconds after noon to the run `of`. */
interface Told {
  readonly at: number
  readonly event: string
  readonly of?: string
  readonly labels?: EventLabels
  readonly related?: readonly EventLabels[]
}

function record(told: Told, seq: number): EventRecord {
  const atMs = NOON + told.at * SECOND
  return {
    seq,
    id: `event-${seq}`,
    occurredAtMs: atMs,
    receivedAtMs: atMs,
    event: told.event,
    namespace: 'default',
    resource: { 'capstan.resource.id': `capstan.run.${told.of ?? 'a'}`, ...told.labels },
    related: told.related ?? [],
    payload: {},
  }
}

/** A trigger and what it remembers: events and windows in the order of time, as the evaluator deals with them. */
class Engine {
  readonly node: TriggerNode
  readonly buckets = new Map<string, Bucket>()
  readonly firings: Firing[] = []
  #seq = 0

  constructor(trigger: Trigger) {
    this.node = readTrigger(trigger)
    for (const { path, key, bucket } of armTrigger(this.node, NOON)) {
      if (bucket) this.buckets.set(`${path}|${key}`, bucket)
    }
  }

  tell(told: Told): void {
    this.judge(told.at - 0.001)
    this.#seq += 1
    this.#apply(
      stepTrigger(this.node, (path, key) => this.#read(path, key), record(told, this.#seq)),
    )
  }

  /** Judges every window that is over, `at` seconds after noon, each at its own end. */
  judge(at: number): void {
    const nowMs = NOON + at * SECOND
    for (;;) {
      const due = [...this.buckets]
        .filter(([, { dueAtMs }]) => dueAtMs !== undefined && dueAtMs <= nowMs)
        .toSorted(([, a], [, b]) => (a.dueAtMs ?? 0) - (b.dueAtMs ?? 0))[0]
      if (!due) return
      const [path = '', key = ''] = due[0].split('|')
      const read = (p: string, k: string) => this.#read(p, k)
      const step = dueTrigger(this.node, read, { path, key }, due[1].dueAtMs ?? nowMs)
      expect(step.writes.length).toBeGreaterThan(0)
      this.#apply(step)
    }
  }

  /** `type at second` of each firing. */
  told(): readonly string[] {
    return this.firings.map(({ type, atMs }) => `${type} ${(atMs - NOON) / SECOND}`)
  }

  /** JSON and back, as a database keeps it. */
  restart(): void {
    const kept = JSON.parse(JSON.stringify([...this.buckets])) as [string, Bucket][]
    this.buckets.clear()
    for (const [name, bucket] of kept) this.buckets.set(name, bucket)
  }

  #read(path: string, key: string): Bucket | undefined {
    return this.buckets.get(`${path}|${key}`)
  }

  #apply({ writes, firings }: Step): void {
    for (const { path, key, bucket } of writes) {
      if (bucket) this.buckets.set(`${path}|${key}`, bucket)
      else this.buckets.delete(`${path}|${key}`)
    }
    this.firings.push(...firings)
  }
}

function play(trigger: Trigger, story: readonly Told[], untilS: number): readonly string[] {
  const engine = new Engine(trigger)
  for (const told of story) engine.tell(told)
  engine.judge(untilS)
  return engine.told()
}

/** `Failed@10` of run a, `Failed/b@10` of run b. */
function story(...texts: readonly string[]): readonly Told[] {
  return texts.map((text) => {
    const [, name = '', , of = 'a', at] = /^([^/@]+)(\/([^@]+))?@(.+)$/.exec(text) ?? []
    return { event: name.includes('.') ? name : `capstan.run.${name}`, of, at: Number(at) }
  })
}

const FAILED: Trigger = { type: 'event', expect: ['capstan.run.Failed'] }
const EACH = ['capstan.resource.id']

interface Row {
  readonly why: string
  readonly trigger: Trigger
  readonly story: readonly Told[]
  readonly until?: number
  readonly fires: readonly string[]
}

describe('reactive triggers', () => {
  const ROWS: readonly Row[] = [
    {
      why: 'every expected event, without a window',
      trigger: FAILED,
      story: story('Failed@1', 'Completed@2', 'Failed@3'),
      fires: ['Triggered 1', 'Triggered 3'],
    },
    {
      why: 'any event when nothing is expected',
      trigger: { type: 'event' },
      story: story('Failed@1', 'Completed@2'),
      fires: ['Triggered 1', 'Triggered 2'],
    },
    {
      why: 'once in a window',
      trigger: { ...FAILED, within: 60 },
      story: story('Failed@1', 'Failed@2', 'Failed@60', 'Failed@61'),
      fires: ['Triggered 1', 'Triggered 61'],
    },
    {
      why: 'when the threshold is met within the window',
      trigger: { ...FAILED, threshold: 3, within: 60 },
      story: story('Failed@0', 'Failed@30', 'Failed@59'),
      fires: ['Triggered 59'],
    },
    {
      why: 'not when it is met too late: the count begins anew',
      trigger: { ...FAILED, threshold: 3, within: 60 },
      story: story('Failed@0', 'Failed@30', 'Failed@60', 'Failed@70', 'Failed@80'),
      fires: ['Triggered 80'],
    },
    {
      why: 'after every so many without a window',
      trigger: { ...FAILED, threshold: 2 },
      story: story('Failed@0', 'Failed@1000', 'Failed@2000', 'Failed@3000'),
      fires: ['Triggered 1000', 'Triggered 3000'],
    },
    {
      why: 'each run by itself',
      trigger: { ...FAILED, threshold: 2, within: 60, forEach: EACH },
      story: story('Failed/a@0', 'Failed/b@1', 'Failed/b@2', 'Failed/a@3'),
      fires: ['Triggered 2', 'Triggered 3'],
    },
    {
      why: 'only after the event that starts it',
      trigger: { ...FAILED, after: ['capstan.run.Running'], within: 60 },
      story: story('Failed@0', 'Running@1', 'Failed@2', 'Failed@3', 'Running@4', 'Failed@70'),
      fires: ['Triggered 2'],
    },
    {
      why: 'an event that starts and is expected does not satisfy itself, the next one does',
      trigger: { ...FAILED, after: ['capstan.run.Failed'], within: 60 },
      story: story('Failed@0', 'Failed@30', 'Failed@50', 'Failed@80'),
      fires: ['Triggered 30', 'Triggered 80'],
    },
    {
      why: 'a start that comes again begins anew',
      trigger: { ...FAILED, after: ['capstan.run.Running'], threshold: 2, within: 60 },
      story: story('Running@0', 'Failed@1', 'Running@2', 'Failed@3', 'Failed@4'),
      fires: ['Triggered 4'],
    },
    {
      why: 'the names and the wildcards of the peer',
      trigger: {
        type: 'event',
        expect: ['prefect.flow-run.F*'],
        match: { 'prefect.resource.id': 'prefect.flow-run.*' },
      },
      story: story('Failed@1', 'Completed@2', 'Finished@3'),
      fires: ['Triggered 1', 'Triggered 3'],
    },
  ]

  test.each(ROWS)('fire $why', ({ trigger, story: told, until = 10_000, fires }) => {
    expect(play(trigger, told, until)).toEqual(fires)
  })
})

/** The documented automation against zombies, with a window of 90 s. */
const ZOMBIE: Trigger = {
  type: 'event',
  posture: 'Proactive',
  after: ['prefect.flow-run.heartbeat'],
  expect: ['prefect.flow-run.*'],
  match: { 'prefect.resource.id': ['prefect.flow-run.*'] },
  forEach: ['prefect.resource.id'],
  threshold: 1,
  within: 90,
}
/** The same with the events that an older text names. */
const OLD_ZOMBIE: Trigger = {
  ...ZOMBIE,
  expect: ['heartbeat', 'Completed', 'Failed', 'Cancelled', 'Crashed'].map(
    (name) => `prefect.flow-run.${name}`,
  ),
}
const TOO_LONG: Trigger = {
  type: 'event',
  posture: 'Proactive',
  after: ['capstan.run.Running'],
  expect: ['capstan.run.Completed', 'capstan.run.Failed'],
  forEach: EACH,
  within: 600,
}
const DEAD_MAN: Trigger = {
  type: 'event',
  posture: 'Proactive',
  expect: ['capstan.run.Completed'],
  within: 100,
}

describe('proactive triggers', () => {
  const ROWS: readonly Row[] = [
    {
      why: 'when the beat fails to come, once',
      trigger: ZOMBIE,
      story: story('heartbeat@0', 'heartbeat@30', 'heartbeat@60'),
      fires: ['Triggered 150'],
    },
    {
      why: 'never for a run that goes on beating',
      trigger: ZOMBIE,
      story: Array.from({ length: 50 }, (_, i) => ({ at: i * 89, event: 'capstan.run.heartbeat' })),
      until: 49 * 89 + 80,
      fires: [],
    },
    {
      why: 'never for a run that ended',
      trigger: ZOMBIE,
      story: story('heartbeat@0', 'Completed@20'),
      fires: [],
    },
    {
      why: 'never for a run that rests',
      trigger: OLD_ZOMBIE,
      story: story('heartbeat@0', 'Suspended@20'),
      fires: [],
    },
    {
      why: 'a state event after the last beat arms it again: what was a hole',
      trigger: ZOMBIE,
      story: story('heartbeat@0', 'Running@20'),
      fires: ['Triggered 110'],
    },
    {
      why: 'never for a run that was not heard: a lease judges those',
      trigger: ZOMBIE,
      story: story('Running@0'),
      fires: [],
    },
    {
      why: 'each run by itself',
      trigger: ZOMBIE,
      story: story('heartbeat/a@0', 'heartbeat/b@0', 'heartbeat/b@60'),
      fires: ['Triggered 90', 'Triggered 150'],
    },
    {
      why: 'the same with every event named, a beat does not satisfy itself',
      trigger: OLD_ZOMBIE,
      story: story('heartbeat@0', 'heartbeat@30'),
      fires: ['Triggered 120'],
    },
    {
      why: 'is resolved by the beat that comes after all',
      trigger: ZOMBIE,
      story: story('heartbeat@0', 'heartbeat@100'),
      until: 150,
      fires: ['Triggered 90', 'Resolved 100'],
    },
    {
      why: 'what takes too long',
      trigger: TOO_LONG,
      story: story('Running@0', 'Crashed@100'),
      fires: ['Triggered 600'],
    },
    {
      why: 'not what is on time, and is not armed again by it',
      trigger: TOO_LONG,
      story: story('Running@0', 'Completed@599'),
      fires: [],
    },
    {
      why: 'resolved when it ends at last',
      trigger: TOO_LONG,
      story: story('Running@0', 'Completed@700'),
      fires: ['Triggered 600', 'Resolved 700'],
    },
    {
      why: 'from the first moment on without `after`, and once for each silence',
      trigger: DEAD_MAN,
      story: story('Completed@50', 'Completed@400'),
      until: 1_000,
      fires: ['Triggered 150', 'Resolved 400', 'Triggered 500'],
    },
    {
      why: 'fewer than the threshold',
      trigger: { ...DEAD_MAN, threshold: 2 },
      story: story('Completed@10', 'Completed@20', 'Completed@70'),
      until: 300,
      fires: ['Triggered 120'],
    },
    {
      why: 'an event that is no run and meets a wildcard satisfies as it does with the peer',
      trigger: {
        type: 'event',
        posture: 'Proactive',
        after: ['deploy.started'],
        expect: ['deploy.*'],
        within: 60,
      },
      story: story('deploy.started@0', 'deploy.finished@30'),
      fires: [],
    },
    {
      why: 'windows below ten seconds are ten seconds',
      trigger: { ...ZOMBIE, within: 1 },
      story: story('heartbeat@0'),
      fires: ['Triggered 10'],
    },
  ]

  test.each(ROWS)('fire $why', ({ trigger, story: told, until = 10_000, fires }) => {
    expect(play(trigger, told, until)).toEqual(fires)
  })

  test('say which event was the last', () => {
    const engine = new Engine(ZOMBIE)
    for (const told of story('heartbeat@0', 'heartbeat@30')) engine.tell(told)
    engine.judge(200)
    expect(engine.firings[0]?.event?.id).toBe('event-2')
  })
})

function on(name: string, different: Partial<Trigger> = {}): Trigger {
  return { type: 'event', expect: [`capstan.run.${name}`], ...different }
}

describe('compound and sequence triggers', () => {
  const A_AND_B: Trigger = {
    type: 'compound',
    require: 'all',
    within: 60,
    triggers: [on('A'), on('B')],
  }
  const A_THEN_B: Trigger = { type: 'sequence', within: 60, triggers: [on('A'), on('B')] }
  const ROWS: readonly Row[] = [
    {
      why: 'all, in any order',
      trigger: A_AND_B,
      story: story('B@0', 'A@50', 'B@60', 'A@70'),
      fires: ['Triggered 50', 'Triggered 70'],
    },
    {
      why: 'all, but not too far apart',
      trigger: A_AND_B,
      story: story('A@0', 'B@61', 'A@100'),
      fires: ['Triggered 100'],
    },
    {
      why: 'any: each of them',
      trigger: { ...A_AND_B, require: 'any' },
      story: story('B@0', 'A@50'),
      fires: ['Triggered 0', 'Triggered 50'],
    },
    {
      why: 'two of three',
      trigger: { type: 'compound', require: 2, triggers: [on('A'), on('B'), on('C')] },
      story: story('A@0', 'A@1', 'C@9000', 'B@9001'),
      fires: ['Triggered 9000'],
    },
    {
      why: 'a sequence in its order alone',
      trigger: A_THEN_B,
      story: story('B@0', 'A@10', 'A@20', 'B@30', 'B@40'),
      fires: ['Triggered 30'],
    },
    {
      why: 'a sequence counted from the latest beginning',
      trigger: A_THEN_B,
      story: story('A@0', 'A@50', 'B@100'),
      fires: ['Triggered 100'],
    },
    {
      why: 'a sequence that took too long is none',
      trigger: A_THEN_B,
      story: story('A@0', 'B@61'),
      fires: [],
    },
    {
      why: 'three in a row, though the first came again in between',
      trigger: { type: 'sequence', triggers: [on('A'), on('B'), on('C')] },
      story: story('A@0', 'B@1', 'A@2', 'C@3'),
      fires: ['Triggered 3'],
    },
    {
      why: 'one event is one link, though two parts wait for it',
      trigger: { type: 'sequence', triggers: [on('A'), on('A')] },
      story: story('A@0', 'A@1', 'A@2'),
      fires: ['Triggered 1'],
    },
    {
      why: 'one event may meet several parts of a compound',
      trigger: { type: 'compound', require: 'all', triggers: [on('A'), { type: 'event' }] },
      story: story('A@0'),
      fires: ['Triggered 0'],
    },
    {
      why: 'silence inside of a sequence',
      trigger: {
        type: 'sequence',
        triggers: [
          on('Failed'),
          {
            type: 'event',
            posture: 'Proactive',
            after: ['capstan.run.Failed'],
            expect: ['capstan.run.Running'],
            within: 30,
          },
        ],
      },
      story: story('Failed@0', 'Running@10', 'Failed@100'),
      fires: ['Triggered 130'],
    },
    {
      why: 'four levels deep',
      trigger: {
        type: 'compound',
        require: 'any',
        triggers: [{ type: 'sequence', triggers: [{ ...A_AND_B }, on('C')] }],
      },
      story: story('A@0', 'B@1', 'C@2'),
      fires: ['Triggered 2'],
    },
  ]

  test.each(ROWS)('fire $why', ({ trigger, story: told, until = 10_000, fires }) => {
    expect(play(trigger, told, until)).toEqual(fires)
  })
})

describe('what an event must be', () => {
  const base: Told = {
    at: 0,
    event: 'capstan.run.Failed',
    labels: { 'capstan.resource.name': 'etl-1', 'capstan.state-type': 'FAILED' },
    related: [
      {
        'capstan.resource.id': 'capstan.deployment.7',
        'capstan.resource.role': 'deployment',
        'capstan.resource.name': 'etl',
      },
      { 'capstan.resource.id': 'capstan.run.p', 'capstan.resource.role': 'run' },
      { 'capstan.resource.id': 'capstan.tag.nightly', 'capstan.resource.role': 'tag' },
    ],
  }

  test.each<readonly [Partial<Trigger>, boolean, string]>([
    [{}, true, 'no filter'],
    [{ match: {} }, true, 'an empty one'],
    [{ match: { 'capstan.resource.name': 'etl-1' } }, true, 'a value'],
    [{ match: { 'capstan.resource.name': 'etl' } }, false, 'the whole of it'],
    [{ match: { 'capstan.resource.name': 'etl*' } }, true, 'a beginning'],
    [{ match: { 'capstan.resource.name': ['x', 'etl-1'] } }, true, 'one of several'],
    [{ match: { 'capstan.resource.name': [] } }, false, 'one of none'],
    [{ match: { 'capstan.resource.name': '!etl-1' } }, false, 'all but'],
    [{ match: { 'capstan.resource.name': '!x' } }, true, 'all but another'],
    [
      { match: { 'capstan.resource.name': ['etl*', '!etl-1'] } },
      false,
      'a beginning, but not this',
    ],
    [
      { match: { 'capstan.resource.name': ['etl*', '!etl-2*'] } },
      true,
      'a beginning, but not that',
    ],
    [{ match: { 'capstan.resource.name': '*' } }, true, 'any'],
    [{ match: { missing: '*' } }, false, 'a label that is not there'],
    [{ match: { missing: '!x' } }, false, 'a label that is not there, negated'],
    [{ match: { 'capstan.resource.name': 'etl-1', 'capstan.state-type': 'X' } }, false, 'both'],
    [{ match: { 'prefect.state-type': 'FAILED' } }, true, 'a label of the peer'],
    [{ match: { 'prefect.resource.id': 'prefect.flow-run.a' } }, true, 'an id of the peer'],
    [{ match: { 'prefect.resource.id': '!prefect.flow-run.*' } }, false, 'not an id of the peer'],
    [{ match: { 'capstan.resource.id': 'prefect*' } }, true, 'a short beginning of the peer'],
    [{ matchRelated: { 'capstan.resource.role': 'deployment' } }, true, 'something related'],
    [{ matchRelated: { 'prefect.resource.role': 'flow-run' } }, true, 'a role of the peer'],
    [
      { matchRelated: { 'prefect.resource.role': 'deployment', 'prefect.resource.name': 'etl' } },
      true,
      'both of one related resource',
    ],
    [
      { matchRelated: { 'prefect.resource.role': 'tag', 'prefect.resource.name': 'etl' } },
      false,
      'both of two related resources',
    ],
    [
      {
        matchRelated: [
          { 'prefect.resource.role': 'deployment' },
          { 'prefect.resource.id': 'prefect.tag.nightly' },
        ],
      },
      true,
      'each of two filters',
    ],
    [
      {
        matchRelated: [
          { 'prefect.resource.role': 'deployment' },
          { 'prefect.resource.id': 'prefect.tag.hourly' },
        ],
      },
      false,
      'one of two filters',
    ],
  ])('%j: %s (%s)', (filter, fires) => {
    expect(play({ type: 'event', ...filter }, [base], 1)).toEqual(fires ? ['Triggered 0'] : [])
  })

  test('for each related resource of a role', () => {
    const of = (name: string, at: number): Told => ({
      at,
      event: 'capstan.run.Failed',
      related: [
        {
          'capstan.resource.id': 'x',
          'capstan.resource.role': 'deployment',
          'capstan.resource.name': name,
        },
      ],
    })
    const trigger: Trigger = {
      ...FAILED,
      threshold: 2,
      within: 600,
      forEach: ['related:deployment:prefect.resource.name'],
    }
    expect(play(trigger, [of('a', 0), of('b', 1), of('b', 2)], 3)).toEqual(['Triggered 2'])
  })
})

describe('always', () => {
  const names = ['heartbeat', 'Running', 'Failed', 'Completed', 'Suspended']
  const anEvent = fc.record({
    gap: fc.integer({ min: 0, max: 120 }),
    event: fc.constantFrom(...names).map((name) => `capstan.run.${name}`),
    of: fc.constantFrom('a', 'b'),
  })
  const aStory = fc.array(anEvent, { maxLength: 40 }).map((events) => {
    let at = 0
    return events.map(({ gap, event, of }): Told => {
      at += gap
      return { at, event, of }
    })
  })
  const someNames = fc.subarray(['capstan.run.*', ...names.map((name) => `capstan.run.${name}`)], {
    minLength: 1,
  })
  const anEventTrigger: fc.Arbitrary<Trigger> = fc.record({
    type: fc.constant('event' as const),
    posture: fc.constantFrom('Reactive' as const, 'Proactive' as const),
    after: fc.oneof(fc.constant([]), someNames),
    expect: someNames,
    forEach: fc.constantFrom([], EACH),
    threshold: fc.integer({ min: 1, max: 3 }),
    within: fc.constantFrom(0, 30, 90, 600),
  })
  const aTrigger: fc.Arbitrary<Trigger> = fc.oneof(
    anEventTrigger,
    fc.record({
      type: fc.constant('compound' as const),
      require: fc.constantFrom('any' as const, 'all' as const),
      within: fc.constantFrom(0, 60),
      triggers: fc.array(anEventTrigger, { minLength: 1, maxLength: 3 }),
    }),
    fc.record({
      type: fc.constant('sequence' as const),
      within: fc.constantFrom(0, 60),
      triggers: fc.array(anEventTrigger, { minLength: 1, maxLength: 3 }),
    }),
  )

  test('a window fires at most once, and is resolved at most once', () => {
    fc.assert(
      fc.property(aTrigger, aStory, (trigger, told) => {
        const engine = new Engine(trigger)
        for (const one of told) engine.tell(one)
        engine.judge(1_000_000)
        const windows = engine.firings.map(({ type, window }) => `${type} ${window}`)
        expect(new Set(windows).size).toBe(windows.length)
      }),
      { numRuns: 500 },
    )
  })

  test('a restart changes nothing, wherever it comes', () => {
    fc.assert(
      fc.property(aTrigger, aStory, fc.nat(40), (trigger, told, cut) => {
        const whole = new Engine(trigger)
        const cutUp = new Engine(trigger)
        for (const [index, one] of told.entries()) {
          whole.tell(one)
          if (index >= cut) cutUp.restart()
          cutUp.tell(one)
        }
        whole.judge(1_000_000)
        cutUp.restart()
        cutUp.judge(1_000_000)
        expect(cutUp.firings).toEqual(whole.firings)
      }),
      { numRuns: 300 },
    )
  })

  test('the order in which equal events of one moment arrive does not matter', () => {
    fc.assert(
      fc.property(
        anEventTrigger,
        fc.array(fc.constantFrom('a', 'b'), { maxLength: 12 }),
        (trigger, runs) => {
          const at = (order: readonly string[]) =>
            play(
              trigger,
              order.map((of) => ({ at: 5, event: 'capstan.run.Failed', of })),
              2_000,
            ).toSorted()
          expect(at(runs.toReversed())).toEqual(at(runs))
        },
      ),
      { numRuns: 300 },
    )
  })

  test('a run that beats in time, or is over, is never taken for a zombie', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(ZOMBIE, OLD_ZOMBIE),
        fc.array(
          fc.tuple(fc.integer({ min: 1, max: 89 }), fc.constantFrom('heartbeat', 'Running')),
          {
            maxLength: 60,
          },
        ),
        fc.constantFrom('Completed', 'Failed', 'Suspended', 'Cancelled'),
        (trigger, beats, end) => {
          let at = 0
          const told: Told[] = [{ at, event: 'capstan.run.heartbeat' }]
          for (const [gap] of beats) {
            at += gap
            told.push({ at, event: 'capstan.run.heartbeat' })
          }
          told.push({ at: at + 60, event: `capstan.run.${end}` })
          expect(play(trigger, told, 1_000_000)).toEqual([])
        },
      ),
      { numRuns: 200 },
    )
  })

  test('a run that beat and went silent is told of exactly once', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(ZOMBIE, OLD_ZOMBIE),
        fc.array(fc.integer({ min: 1, max: 89 }), { maxLength: 30 }),
        (trigger, gaps) => {
          let at = 0
          const told: Told[] = [{ at, event: 'capstan.run.heartbeat' }]
          for (const gap of gaps) {
            at += gap
            told.push({ at, event: 'capstan.run.heartbeat' })
          }
          expect(play(trigger, told, at + 1_000)).toEqual([`Triggered ${at + 90}`])
        },
      ),
      { numRuns: 200 },
    )
  })
})
