import { WIRE } from '../../kinds/meta.ts'
import { isFinalState } from '../../kinds/run.ts'
import { forcedWishOf } from '../../kinds/run-wish.ts'
import { awaitChange, type Outcome } from '../../runtime/outcome.ts'
import type { AttemptRow } from '../../store/types.ts'
import { decideArray } from './array.ts'
import { decideIdleStep, type IdleStep } from './idle.ts'
import { decideLiveStep } from './live.ts'
import {
  type Context,
  changedRows,
  changesOf,
  decideFinished,
  finish,
  plan,
  release,
  updateWrites,
} from './plan.ts'
import { liveState, taskOf, wishedState } from './state.ts'
import { liveAttempt, type RunPlan, type RunWorld } from './world.ts'

/**
 * Everything that is decided about a run, from values alone. A run is in exactly one of three
 * situations: it is over, it has a living attempt, or it has none. Deciding twice on the same world
 * gives the same plan; deciding again after the plan was applied gives a smaller one.
 */
export function decideRun(world: RunWorld, nowMs: number): RunPlan {
  const live = liveAttempt(world.attempts)
  const { array } = world.run.spec
  if (live && array !== undefined) return decideArray(world, array, nowMs)
  if (live) return decideLive(world, live, nowMs)
  if (world.run.metadata.deletionTimestamp !== undefined) return release(world, nowMs)
  const current = withRerun(world)
  if (isFinalState(current.run.status?.state?.type)) return decideOver(current, nowMs)
  if (array !== undefined) return decideArray(current, array, nowMs)
  return decideIdle(current, current.attempts, { writes: [], nowMs })
}

/** A run that is over stays as it is, unless an automation may say otherwise (`force`). */
function decideOver(world: RunWorld, nowMs: number): RunPlan {
  const wish = forcedWishOf(world.run)
  if (!wish) return decideFinished(world, nowMs)
  const state = wishedState(wish)
  return finish(world, { rows: world.attempts, writes: [], nowMs, state, ended: undefined })
}

/**
 * Notes the rerun annotation. A new text on a finished run starts it again, with the next attempt
 * number; the text that a run was born with is only remembered.
 */
function withRerun(world: RunWorld): RunWorld {
  const { status, metadata } = world.run
  const text = metadata.annotations?.[WIRE.annotationRerun]
  if (text === undefined || text === status?.rerun?.text) return world
  const state = status?.state
  const fresh = state === undefined
  if (!fresh && !isFinalState(state.type)) return world
  const used = world.attempts.reduce((max, row) => Math.max(max, row.number), 0)
  const { state: _, ...rest } = status ?? {}
  return {
    ...world,
    run: { ...world.run, status: { ...rest, rerun: { text, fromAttempt: fresh ? 1 : used + 1 } } },
  }
}

function decideLive(world: RunWorld, attempt: AttemptRow, nowMs: number): RunPlan {
  const step = decideLiveStep(world, attempt, nowMs)
  const rows = changedRows(world.attempts, attempt, changesOf(step))
  const current = rows.find((row) => row.clientToken === attempt.clientToken) ?? attempt
  const writes = updateWrites(attempt, changesOf(step))
  if (step.type === 'Ended') {
    const { deletionTimestamp } = world.run.metadata
    if (deletionTimestamp !== undefined) return release(world, nowMs, { rows, writes })
    return decideIdle(world, rows, { writes, nowMs })
  }
  const call = step.type === 'Act' ? step.call : undefined
  const state = liveState(current, taskOf(current))
  const { outcome, unresponsive } = step
  const decided = plan(world, { rows, state, nowMs, writes, call, outcome, unresponsive })
  return step.type === 'Watch' && step.lookFirst ? { ...decided, lookFirst: true } : decided
}

/** Whether only a change of the run, its pool or its deployment lets it go on: no time, no attempt, no other run. */
function isAtRest(world: RunWorld, rows: readonly AttemptRow[], outcome: Outcome): boolean {
  return rows.length === 0 && outcome.type === 'AwaitChange' && world.admission.isIndependent
}

function decideIdle(world: RunWorld, rows: readonly AttemptRow[], context: Context): RunPlan {
  const { writes, nowMs } = context
  const step: IdleStep = decideIdleStep(world, rows, nowMs)
  switch (step.type) {
    case 'Finish':
      return finish(world, { rows, writes, nowMs, state: step.state, ended: step.outcome })
    case 'Wait':
      return {
        ...plan(world, { ...step, rows, nowMs, writes }),
        settled: isAtRest(world, rows, step.outcome),
      }
    case 'Ask':
      return plan(world, {
        rows,
        nowMs,
        writes,
        state: world.run.status?.state ?? { type: 'PENDING', name: 'Pending' },
        ...(world.run.status?.whyPending !== undefined && {
          whyPending: world.run.status.whyPending,
        }),
        call: step.call,
        outcome: awaitChange(),
      })
    case 'Launch':
      return plan(world, {
        rows: [...rows, step.row],
        nowMs,
        writes: [...writes, { type: 'InsertAttempt', row: step.row }],
        state: { type: 'PENDING', name: 'Submitting' },
        call: { type: 'RunTask', attempt: step.row },
        outcome: awaitChange(),
        warnings: step.warnings,
      })
  }
}
