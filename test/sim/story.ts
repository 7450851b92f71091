import type { FaultRule } from '../../src/emulator/faults.ts'
import type { TemplateSpec } from '../../src/kinds/generated.ts'
import type { Random } from '../../src/lib/random.ts'
import { HOUR, MINUTE, SECOND } from '../world/builders.ts'
import type { Point } from '../world/life.ts'
import { chance, oneOf, pick, times } from './dice.ts'
import { makeFaults } from './story-faults.ts'

/** What the program of a run does; an entry for each time that it ends by itself, the last one for all later ones. */
export interface Act {
  readonly runMs: number
  readonly exitCode: number
}

export interface SimRun {
  readonly name: string
  readonly atMs: number
  readonly workPool?: string
  readonly template: TemplateSpec
  readonly acts: readonly Act[]
}

/** Something that people do to a run, `atMs` after the start. */
export interface Wish {
  /** Recreate: the file goes and comes back with the same content. */
  readonly type: 'Cancel' | 'Delete' | 'Suspend' | 'Resume' | 'Recreate' | 'Rerun'
  readonly run: string
  readonly atMs: number
  /** Granted at the first boundary of this name after `atMs` instead: in the middle of what the controller does. */
  readonly at?: Point
}

export interface ClockStep {
  readonly type: 'StepClock'
  readonly byMs: number
  readonly atMs: number
}

/** The process dies at the `nth` boundary, of those named `at` or of all, and is started again after `downMs`. */
export interface Death {
  readonly type: 'Die'
  readonly nth: number
  readonly at?: Point
  readonly downMs: number
}

export type Twist = Wish | ClockStep | Death

/** Answers of DescribeTasks that arrive a second time instead of the next one: late, doubled, out of order. */
export interface Echoes {
  readonly probability: number
  readonly limit: number
}

/** Everything that happens in one simulation; a seed gives one, and shrinking takes parts of it away. */
export interface Story {
  readonly seed: number
  /** Slots of the pool `narrow`. */
  readonly slots?: number
  readonly runs: readonly SimRun[]
  readonly twists: readonly Twist[]
  readonly faults: readonly FaultRule[]
  readonly echoes?: Echoes
  /** Each death closes the database, and its bytes are opened anew. */
  readonly reopens?: boolean
}

/** After this time no fault, twist or death happens any more. */
export const TROUBLE_MS = 20 * MINUTE
/** Everything must have ended this long after the trouble: backoffs, start timeouts and long programs included. */
export const PEACE_MS = 3 * HOUR
/** The pool with few slots. */
export const NARROW_POOL = 'narrow'

export function storyOf(seed: number, random: Random): Story {
  const slots = chance(random, 0.25) ? 1 + pick(random, 2) : undefined
  const runs = times(1 + pick(random, 3), (index) => makeRun(random, index, slots !== undefined))
  return {
    seed,
    ...(slots !== undefined && { slots }),
    runs,
    twists: [
      ...times(pick(random, 3), () => makeTwist(random, runs)).flat(),
      ...times(pick(random, 3), () => makeDeaths(random)).flat(),
    ],
    faults: makeFaults(random, TROUBLE_MS),
    ...(chance(random, 0.15) && {
      echoes: { probability: 0.1 + 0.4 * random.fraction(), limit: 1 + pick(random, 8) },
    }),
    ...(chance(random, 0.1) && { reopens: true }),
  }
}

function makeRun(random: Random, index: number, isPoolNarrow: boolean): SimRun {
  const limit = pick(random, 3)
  // One program at most runs for an hour: two of them after one another would outlast the peace.
  const isLong = index === 0 && chance(random, 0.2)
  return {
    name: `run-${index}`,
    atMs: pick(random, 2 * MINUTE),
    ...(isPoolNarrow && chance(random, 0.8) && { workPool: NARROW_POOL }),
    template: {
      image: 'busybox',
      ...(chance(random, 0.2) && { launchType: 'FARGATE_SPOT' as const }),
      ...(chance(random, 0.5) && { family: 'shared' }),
      ...(limit > 0 && { retry: { limit, backoff: { initialSeconds: 5 } } }),
      ...(chance(random, 0.1) && { attemptDeadlineSeconds: 30 }),
      ...(chance(random, 0.3) && { taskStartTimeoutSeconds: 20 + pick(random, 60) }),
    },
    acts: isLong
      ? [{ runMs: HOUR, exitCode: 0 }]
      : times(1 + pick(random, 3), () => makeAct(random)),
  }
}

function makeAct(random: Random): Act {
  return {
    runMs: 100 + pick(random, chance(random, 0.3) ? 2 * SECOND : 3 * MINUTE),
    exitCode: chance(random, 0.7) ? 0 : 1 + pick(random, 3),
  }
}

const WISHES = ['Cancel', 'Cancel', 'Delete', 'Suspend', 'Resume', 'Recreate', 'Rerun'] as const

function makeTwist(random: Random, runs: readonly SimRun[]): readonly Twist[] {
  const atMs = pick(random, chance(random, 0.5) ? 4 * MINUTE : TROUBLE_MS)
  if (chance(random, 0.15)) {
    const size = oneOf(random, [SECOND, MINUTE, 30 * MINUTE])
    return [{ type: 'StepClock', byMs: chance(random, 0.5) ? size : -size, atMs }]
  }
  const run = (chance(random, 0.5) ? runs[0] : runs[pick(random, runs.length)])?.name ?? 'run-0'
  const type = oneOf(random, WISHES)
  const at = chance(random, 0.3) ? oneOf(random, DELICATE) : undefined
  const wish: Wish = { type, run, atMs, ...(at !== undefined && { at }) }
  if (type !== 'Suspend' || chance(random, 0.5)) return [wish]
  return [wish, { type: 'Resume', run, atMs: atMs + pick(random, 10 * MINUTE) }]
}

/** Boundaries at which an answer or an effect is lost. */
const DELICATE: readonly [Point, ...Point[]] = [
  'request runTask',
  'answer runTask',
  'answer runTask',
  'answer registerTaskDefinition',
  'answer describeTasks',
  'answer describeTasks',
  'answer listTaskArns',
  'request stopTask',
  'answer stopTask',
]

/** One death, perhaps while a task starts; at times a second one comes while the first is being mended. */
function makeDeaths(random: Random): readonly Death[] {
  if (chance(random, 0.1)) {
    const downMs = MINUTE + pick(random, 8 * MINUTE)
    return [{ type: 'Die', nth: 1, at: 'answer describeTasks', downMs }]
  }
  if (chance(random, 0.4)) {
    const at = oneOf(random, DELICATE)
    return [{ type: 'Die', nth: 1 + pick(random, 3), at, downMs: makeOutage(random) }]
  }
  const downMs = chance(random, 0.6) ? 0 : makeOutage(random)
  const nth = 1 + pick(random, chance(random, 0.7) ? 60 : 300)
  const first: Death = { type: 'Die', nth, downMs }
  if (!chance(random, 0.3)) return [first]
  return [first, { type: 'Die', nth: nth + 1 + pick(random, 3), downMs: 0 }]
}

/** Minutes in which nobody looks, and rarely more than ECS remembers stopped tasks for. */
function makeOutage(random: Random): number {
  const roll = random.fraction()
  if (roll < 0.3) return 0
  if (roll < 0.5) return pick(random, MINUTE)
  if (roll < 0.85) return pick(random, 15 * MINUTE)
  return HOUR + pick(random, HOUR)
}
