import type { TaskSnapshot } from '../../aws/ports.ts'
import { WIRE } from '../../kinds/meta.ts'
import type { AttemptRow } from '../../store/types.ts'

/** One task that ECS lists under one of our families, and what the database knows of it. */
export interface SweptTask {
  readonly task: TaskSnapshot
  /** What goes into the tags `capstan.dev/controller` and `capstan.dev/instance` of our tasks. */
  readonly controller: { readonly name: string; readonly instance: string }
  /** The try that this task is of, by its startedBy within the run that its tags name. */
  readonly row: AttemptRow | undefined
  /** Whether its run waits for a person to say what it did before the database was lost. */
  readonly isHeld: boolean
}

/**
 * - `Leave`: not ours, or as it should be.
 * - `Foreign`: it has our name, but not our instance: it is said, and left alone.
 * - `Adopt`: the intent that has no answer yet has one: this task.
 * - `Wait`: unwanted as far as is known, but too young to judge.
 * - `Stop`: no run wants it.
 */
export type OrphanVerdict = 'Leave' | 'Foreign' | 'Adopt' | 'Wait' | 'Stop'

/**
 * An intent is committed before its task can exist, so a wanted task always has its row. The exception is
 * a database that was put back from a copy: its folder needs minutes to bring the runs back, whose
 * tokens then find their tasks again.
 */
export const ORPHAN_GRACE_MS = 10 * 60_000

interface Case extends SweptTask {
  readonly ageMs: number
}

/** First match wins. */
const RULES: readonly {
  readonly matches: (swept: Case) => boolean
  readonly verdict: OrphanVerdict
  readonly because: string
}[] = [
  {
    matches: ({ task, controller }) => task.tags[WIRE.tagController] !== controller.name,
    verdict: 'Leave',
    because: 'without our tag it is somebody else’s, whatever its family',
  },
  {
    matches: ({ task }) => task.desiredStatus === 'STOPPED' || task.lastStatus === 'STOPPED',
    verdict: 'Leave',
    because: 'it is ending already; stopping twice only overwrites the reason',
  },
  {
    matches: ({ task, row }) => row?.phase === 'Launched' && row.taskArn === task.taskArn,
    verdict: 'Leave',
    because: 'a living attempt is watched by the observer, and its run decides about it',
  },
  {
    matches: ({ row }) => row?.phase === 'Intent',
    verdict: 'Adopt',
    because: 'its launch is unanswered, and a task with its startedBy can only be its answer',
  },
  {
    matches: ({ task, controller }) => task.tags[WIRE.tagInstance] !== controller.instance,
    verdict: 'Foreign',
    because: 'another database may want it: two controllers can have the same name in one account',
  },
  {
    matches: ({ isHeld }) => isHeld,
    verdict: 'Wait',
    because: 'what cannot be proven to be unwanted is not ours to stop; a person decides',
  },
  {
    matches: ({ ageMs }) => ageMs < ORPHAN_GRACE_MS,
    verdict: 'Wait',
    because: 'runs may still come back that want it',
  },
  {
    matches: () => true,
    verdict: 'Stop',
    because: 'its attempt is over, or the run is gone, or it is a second task of one try',
  },
]

export function decideOrphan(swept: SweptTask, nowMs: number): OrphanVerdict {
  const ageMs = nowMs - (swept.task.createdAtMs ?? 0)
  return RULES.find(({ matches }) => matches({ ...swept, ageMs }))?.verdict ?? 'Leave'
}

/** What says whether a sweep can find anything. Times are epoch milliseconds. */
export interface SweepNeed {
  readonly hasLiveAttempts: boolean
  /** When this process started, if there was anything in the registry then: before, anything may have happened. */
  readonly startedAtMs: number | undefined
  /** When an attempt last ended without proof that it has no task. */
  readonly lastDoubtMs: number | undefined
  /** Start of the last sweep that looked everywhere and left nothing waiting. */
  readonly sweptAtMs: number | undefined
}

/**
 * Whether it is worth looking. Without living tasks an orphan can only come from a doubt, and a doubt is
 * settled by a complete sweep that began a grace period later: a world at peace costs no calls.
 */
export function isSweepNeeded(need: SweepNeed): boolean {
  if (need.hasLiveAttempts) return true
  const doubts = [need.startedAtMs, need.lastDoubtMs].filter((atMs) => atMs !== undefined)
  const { sweptAtMs = Number.NEGATIVE_INFINITY } = need
  return doubts.some((atMs) => sweptAtMs < atMs + ORPHAN_GRACE_MS)
}
