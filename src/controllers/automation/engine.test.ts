import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  EACH,
  Engine,
  OLD_ZOMBIE,
  play,
  type Told,
  ZOMBIE,
} from '../../../test/world/trigger-engine.ts'
import type { Trigger } from '../../kinds/generated.ts'

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
