import type { Heartbeat, TemplateSpec } from '../../src/kinds/generated.ts'
import { leaseTerms } from '../../src/kinds/heartbeat.ts'
import type { Random } from '../../src/lib/random.ts'
import { MINUTE, SECOND } from '../world/builders.ts'
import { chance, oneOf, pick, times } from './dice.ts'

/** What the program of an attempt is like. */
export const TEMPERS = ['Healthy', 'Hangs', 'Mute', 'Dies'] as const
export type Temper = (typeof TEMPERS)[number]

/** What one attempt does. Times are milliseconds after its start. */
export interface BeatAct {
  readonly temper: Temper
  readonly beatsAtMs: readonly number[]
  /** Absent: it never ends by itself. */
  readonly runMs?: number
  readonly exitCode?: number
}

export interface BeatRun {
  readonly name: string
  readonly atMs: number
  readonly heartbeat: Heartbeat
  readonly template: TemplateSpec
  /** One an attempt, the last one for all later ones. */
  readonly acts: readonly BeatAct[]
}

/** What happens to the controller, and when. Milliseconds. */
export type BeatTwist =
  /** The process dies and comes back. */
  | { readonly type: 'Die'; readonly atMs: number; readonly forMs: number }
  /** Beats cannot come in, and the controller knows. */
  | { readonly type: 'Deaf'; readonly atMs: number; readonly forMs: number }
  | { readonly type: 'StepClock'; readonly atMs: number; readonly byMs: number }

export interface BeatStory {
  readonly seed: number
  readonly runs: readonly BeatRun[]
  /** In order; those that take time do not overlap. */
  readonly twists: readonly BeatTwist[]
  /** Share of beats that get lost, never more in a row than a lease allows. */
  readonly lossShare: number
}

/** Programs that end do so before this, and nothing happens to the controller later. */
export const LAST_TWIST_MS = 9 * MINUTE
/** Every attempt has ended, or has been ended, by then. */
export const STORY_MS = 75 * MINUTE
/** So late a beat may come, by a busy host or a slow network: less than what a lease forgives. */
const MAX_LAG_MS = 10 * SECOND

export function beatStoryOf(seed: number, random: Random): BeatStory {
  return {
    seed,
    runs: times(chance(random, 0.8) ? 1 : 2, (index) => makeRun(random, index)),
    twists: makeTwists(random),
    lossShare: chance(random, 0.7) ? 0.1 : 0,
  }
}

function makeRun(random: Random, index: number): BeatRun {
  const frequencySeconds = oneOf(random, [30, 30, 45, 60])
  const missed = oneOf(random, [1, 2, 3, 3])
  const heartbeat: Heartbeat = {
    frequencySeconds,
    ...(missed !== 3 && { missed }),
    ...(chance(random, 0.3) && { firstBeatSeconds: 60 + pick(random, 120) }),
  }
  const limit = pick(random, 2)
  const acts = times(limit + 1, () => makeAct(random, frequencySeconds * SECOND))
  return {
    name: `run-${index}`,
    atMs: pick(random, 2 * MINUTE),
    heartbeat,
    template: {
      image: 'busybox',
      heartbeat,
      ...(limit > 0 && { retry: { limit, backoff: { initialSeconds: 5 } } }),
    },
    acts,
  }
}

function makeAct(random: Random, everyMs: number): BeatAct {
  const temper = oneOf<Temper>(random, [
    'Healthy',
    'Healthy',
    'Healthy',
    'Hangs',
    'Hangs',
    'Mute',
    'Dies',
  ])
  if (temper === 'Mute') return { temper, beatsAtMs: [] }
  const untilMs = MINUTE + pick(random, 4 * MINUTE)
  const beatsAtMs = times(Math.floor(untilMs / everyMs) + 1, (index) => {
    const isLate = index > 0 && chance(random, 0.2)
    return index * everyMs + (isLate ? pick(random, MAX_LAG_MS) : pick(random, 50))
  })
  if (temper === 'Hangs') return { temper, beatsAtMs }
  const exitCode = temper === 'Dies' ? 1 + pick(random, 3) : 0
  return { temper, beatsAtMs, runMs: untilMs, exitCode }
}

function makeTwists(random: Random): readonly BeatTwist[] {
  const breaks: BeatTwist[] = []
  let fromMs = 0
  for (let count = pick(random, 4); count > 0; count -= 1) {
    const atMs = fromMs + pick(random, 4 * MINUTE)
    const forMs = chance(random, 0.4) ? pick(random, 2 * SECOND) : pick(random, 3 * MINUTE)
    if (atMs + forMs > LAST_TWIST_MS) break
    breaks.push({ type: chance(random, 0.7) ? 'Die' : 'Deaf', atMs, forMs })
    fromMs = atMs + forMs + SECOND
  }
  const steps = times(pick(random, 4), (): BeatTwist => {
    const size = oneOf(random, [SECOND, 2 * MINUTE, 30 * MINUTE, 26 * 60 * MINUTE])
    return {
      type: 'StepClock',
      byMs: chance(random, 0.5) ? size : -size,
      atMs: pick(random, LAST_TWIST_MS),
    }
  })
  return [...breaks, ...steps].toSorted((a, b) => a.atMs - b.atMs)
}

/** How long silence may last: after a beat, and before the first one. Milliseconds. */
export function patienceOf(heartbeat: Heartbeat): {
  readonly windowMs: number
  readonly firstMs: number
} {
  const { windowSeconds, firstBeatSeconds } = leaseTerms(heartbeat, undefined)
  return { windowMs: windowSeconds * SECOND, firstMs: firstBeatSeconds * SECOND }
}
