import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anEnded, aRun, aWorld, HOUR, NOON, OPEN } from '../../../test/world/builders.ts'
import { WIRE } from '../../kinds/meta.ts'
import { isoTime } from '../../lib/instant.ts'
import { decideRun } from './decide.ts'
import type { RunWorld } from './world.ts'

const POOL = { name: 'default', isDrained: false, queue: 'default' }
const SUSPENDED: Partial<RunWorld> = { workPool: { ...POOL, suspended: 'It is suspended.' } }
const HELD = { [WIRE.annotationHeld]: 'why' }

describe('a run that has no task yet and waits', () => {
  const resting: readonly [what: string, world: Partial<RunWorld>][] = [
    ['for its pool’s switch', SUSPENDED],
    ['for its own switch', { run: aRun({ spec: { suspend: true } }) }],
    ['for a person', { run: aRun({ meta: { annotations: HELD } }) }],
  ]

  test.each(resting)('%s is passed over by a full look', (_, different) => {
    expect(decideRun(aWorld(different), NOON)).toMatchObject({
      settled: true,
      outcome: { type: 'AwaitChange' },
      call: undefined,
      writes: [],
    })
  })

  test.each(resting)('%s waits the same way at any later time', (_, different) => {
    fc.assert(
      fc.property(fc.nat({ max: 30 * 24 * HOUR }), (laterMs) => {
        const world = aWorld(different)
        const { status } = decideRun(world, NOON)
        const later = decideRun({ ...world, run: { ...world.run, status } }, NOON + laterMs)
        expect(later).toMatchObject({ settled: true, status, events: [], writes: [] })
      }),
    )
  })

  test.each<[what: string, world: Partial<RunWorld>]>([
    ['for a time', { run: aRun({ spec: { scheduledTime: isoTime(NOON + HOUR) } }) }],
    [
      'for a slot',
      { admission: { ...OPEN, turn: () => ({ type: 'Wait', why: 'Full.', ahead: 0 }) } },
    ],
    [
      'for a window',
      { admission: { ...OPEN, closed: () => ({ why: 'Closed.', untilMs: NOON + HOUR }) } },
    ],
    ['for what does not exist', { resolve: () => ({ type: 'Missing', what: 'WorkPool p' }) }],
    ['while other runs have a say', { ...SUSPENDED, admission: { ...OPEN, isIndependent: false } }],
    [
      'after an attempt, whose deadline goes on',
      { ...SUSPENDED, attempts: [anEnded('SpotInterruption')] },
    ],
  ])('%s is looked at', (_, different) => {
    const plan = decideRun(aWorld(different), NOON)
    expect(plan.call).toBeUndefined()
    expect(plan.settled).not.toBe(true)
  })
})
