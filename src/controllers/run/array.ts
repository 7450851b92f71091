import type { OutcomeClass } from '../../kinds/run.ts'
import { wishOf } from '../../kinds/run-wish.ts'
import { awaitChange, type Outcome, requeueAfter, soonest } from '../../runtime/outcome.ts'
import type { AttemptRow } from '../../store/types.ts'
import { type IndexState, readIndexes, summaryOf } from './array-indexes.ts'
import { activeDeadline, type IdleStep, missing, waitForOthers, waitForSelf } from './idle.ts'
import { launchStep } from './launch.ts'
import { MAX_ARRAY_CALLS } from './limits.ts'
import { decideLiveStep } from './live.ts'
import { changesOf, finish, type PlanInput, plan, release, updateWrites } from './plan.ts'
import { finalState, liveState, type NewState, taskOf, wishedState } from './state.ts'
import {
  type Call,
  liveAttempts,
  type Resolved,
  type RunPlan,
  type RunWorld,
  type Write,
} from './world.ts'

/** What one decision has come to so far. */
interface Progress {
  readonly rows: readonly AttemptRow[]
  readonly writes: readonly Write[]
  readonly calls: readonly Call[]
  readonly outcome: Outcome
  readonly lookFirst: boolean
  /** A sentence about the first task that is silent. */
  readonly unresponsive: string | undefined
}

/**
 * Everything that is decided about a run of several tasks. Each index lives its own life, with its own
 * attempts and retries; the run is over when all of them are, and failed when one of them did.
 */
export function decideArray(world: RunWorld, tasks: number, nowMs: number): RunPlan {
  const progress = advance(world, nowMs)
  const { rows, writes } = progress
  const live = liveAttempts(rows)
  const { deletionTimestamp } = world.run.metadata
  if (live.length === 0 && deletionTimestamp !== undefined) {
    return release(world, nowMs, { rows, writes })
  }
  const resolved = world.resolve(1)
  const indexes = readIndexes(world, rows, { tasks, nowMs, resolved })
  const array = summaryOf(indexes, rows)
  const over = live.length === 0 ? overall(world, { rows, indexes, resolved, nowMs }) : undefined
  if (over) {
    const { state, outcome: ended } = over
    return finish(world, { rows, writes, nowMs, state, ended, array })
  }
  const next = launchMore(world, progress, { indexes, resolved, nowMs })
  if (next.type === 'Finish') {
    return finish(world, { rows, writes, nowMs, state: next.state, ended: next.outcome, array })
  }
  return planOf(world, next, { tasks, nowMs, resolved })
}

/** Moves every living task on; of the calls that are needed, as many as may be made at a time. */
function advance(world: RunWorld, nowMs: number): Progress {
  const changed = new Map<string, AttemptRow>()
  const writes: Write[] = []
  const calls: Call[] = []
  let outcome: Outcome = awaitChange()
  let lookFirst = false
  let unresponsive: string | undefined
  for (const row of liveAttempts(world.attempts)) {
    const step = decideLiveStep(world, row, nowMs)
    if (step.type === 'Act' && calls.length >= MAX_ARRAY_CALLS) continue
    if (step.type === 'Act') calls.push(step.call)
    if (step.type !== 'Ended') {
      outcome = soonest(outcome, step.outcome)
      unresponsive ??= step.unresponsive && `Index ${row.index}: ${step.unresponsive}`
    }
    if (step.type === 'Watch') lookFirst ||= step.lookFirst ?? false
    const changes = changesOf(step)
    writes.push(...updateWrites(row, changes))
    changed.set(row.clientToken, { ...row, ...changes })
  }
  const rows = world.attempts.map((row) => changed.get(row.clientToken) ?? row)
  return { rows, writes, calls, outcome, lookFirst, unresponsive }
}

interface Over {
  readonly state: NewState
  readonly outcome: OutcomeClass | undefined
}

/** The end of the whole run, given that none of its tasks lives; undefined while something is left to do. */
function overall(
  world: RunWorld,
  at: {
    readonly rows: readonly AttemptRow[]
    readonly indexes: readonly IndexState[]
    readonly resolved: Resolved
    readonly nowMs: number
  },
): Over | undefined {
  const { rows, indexes, resolved, nowMs } = at
  const failed = indexes.filter((one) => one.type === 'Failed')
  const isDone = indexes.every(({ type }) => type === 'Done' || type === 'Failed')
  const wish = wishOf(world.run)
  if (wish && !(isDone && failed.length === 0)) {
    return { state: wishedState(wish), outcome: undefined }
  }
  if (isDone) return ended(indexes, failed)
  if (world.run.spec.cancel === true) return over('Cancelled', 'Cancelled by the user.')
  const replacedBy = world.admission.replacedBy()
  if (replacedBy !== undefined) return over('Cancelled', `Replaced by ${replacedBy}.`)
  if (resolved.type === 'Invalid') return over('ConfigurationError', resolved.problems.join(' '))
  if (resolved.type === 'Missing') return undefined
  const overdue = activeDeadline(world, rows, resolved.template, nowMs)
  return overdue?.type === 'Finish' ? overdue : undefined
}

function ended(
  indexes: readonly IndexState[],
  failed: readonly Extract<IndexState, { type: 'Failed' }>[],
): Over {
  const [first] = failed
  if (!first) return over('Success', `All ${indexes.length} tasks succeeded.`)
  const message = `${failed.length} of ${indexes.length} tasks failed. Index ${first.index}: ${first.reason}`
  return over(first.class, message)
}

function over(outcome: OutcomeClass, message: string): Over {
  return { state: finalState(outcome, message), outcome }
}

/** Progress, and why nothing more is launched where some tasks still wait. */
interface Next extends Progress {
  readonly type: 'Next'
  readonly waiting: Extract<IdleStep, { type: 'Wait' }> | undefined
  readonly warnings: readonly string[]
}

interface LaunchInput {
  readonly indexes: readonly IndexState[]
  readonly resolved: Resolved
  readonly nowMs: number
}

/** Launches what is ready, as far as the pool has room and calls may be made. */
function launchMore(
  world: RunWorld,
  progress: Progress,
  { indexes, resolved, nowMs }: LaunchInput,
): Next | Extract<IdleStep, { type: 'Finish' }> {
  const { rows, calls } = progress
  const ready = indexes.filter((one) => one.type === 'Ready')
  const backoffs = indexes.flatMap((one) => (one.type === 'Backoff' ? [one.untilMs] : []))
  const outcome = backoffs.reduce<Outcome>(
    (soon, ms) => soonest(soon, requeueAfter(Math.max(0, ms - nowMs))),
    progress.outcome,
  )
  const next: Next = { ...progress, outcome, type: 'Next', waiting: undefined, warnings: [] }
  if (ready.length === 0 || calls.length > 0 || isEnding(world)) return next
  const gate =
    resolved.type === 'Missing'
      ? missing(resolved.what)
      : (waitForSelf(world, nowMs) ?? waitForOthers(world, rows, nowMs))
  if (gate?.type === 'Finish') return liveAttempts(rows).length > 0 ? next : gate
  if (gate?.type === 'Wait')
    return { ...next, waiting: gate, outcome: soonest(outcome, gate.outcome) }
  const turn = world.admission.turn(nowMs)
  const room = turn.type === 'Go' ? turn.tasks : 0
  return launchSome(world, next, ready.slice(0, Math.min(room, MAX_ARRAY_CALLS)), nowMs)
}

function isEnding({ run, attempts }: RunWorld): boolean {
  const { metadata, spec } = run
  return (
    metadata.deletionTimestamp !== undefined ||
    spec.cancel === true ||
    wishOf(run) !== undefined ||
    attempts.some(({ stopCause, phase }) => phase === 'Launched' && stopCause === 'ActiveDeadline')
  )
}

function launchSome(
  world: RunWorld,
  before: Next,
  ready: readonly Extract<IndexState, { type: 'Ready' }>[],
  nowMs: number,
): Next | Extract<IdleStep, { type: 'Finish' }> {
  let next = before
  for (const { next: key, tries } of ready) {
    const resolved = world.resolve(key.number)
    if (resolved.type !== 'Valid') return next
    const { template, warnings } = resolved
    const step = launchStep(world, template, { next: key, tries, nowMs, warnings })
    if (step.type === 'Finish') return liveAttempts(next.rows).length > 0 ? next : step
    // An answer is needed first; launches that are prepared already go out before it is asked for.
    if (step.type === 'Ask') return next.calls.length > 0 ? next : { ...next, calls: [step.call] }
    if (step.type === 'Wait') return next
    next = {
      ...next,
      rows: inOrder([...next.rows, step.row]),
      writes: [...next.writes, { type: 'InsertAttempt', row: step.row }],
      calls: [...next.calls, { type: 'RunTask', attempt: step.row }],
      warnings: [...new Set([...next.warnings, ...step.warnings])],
    }
  }
  return next
}

/** As the store gives them. */
function inOrder(rows: readonly AttemptRow[]): readonly AttemptRow[] {
  return rows.toSorted((a, b) => a.index - b.index || a.number - b.number || a.try - b.try)
}

function planOf(
  world: RunWorld,
  next: Next,
  at: { readonly tasks: number; readonly nowMs: number; readonly resolved: Resolved },
): RunPlan {
  const { rows, writes, calls, waiting, warnings, outcome, lookFirst, unresponsive } = next
  const [call, ...more] = calls
  const input: PlanInput = {
    rows,
    writes,
    call,
    outcome,
    warnings,
    unresponsive,
    nowMs: at.nowMs,
    state: stateOf(world, next),
    array: summaryOf(readIndexes(world, rows, at), rows),
    ...(waiting && { whyPending: waiting.whyPending }),
    ...(waiting?.stalled && { stalled: waiting.stalled }),
  }
  const decided = plan(world, input)
  return { ...decided, ...(more.length > 0 && { more }), ...(lookFirst && { lookFirst }) }
}

/** The state of the living task that is furthest on; what the run waits for when none lives. */
function stateOf(world: RunWorld, { rows, waiting }: Next): NewState {
  const states = liveAttempts(rows).map((row) => liveState(row, taskOf(row)))
  const order = ['CANCELLING', 'RUNNING', 'PENDING']
  const [foremost] = states.toSorted((a, b) => order.indexOf(a.type) - order.indexOf(b.type))
  if (foremost) return foremost
  if (waiting) return waiting.state
  const isRetry = rows.some(({ outcomeClass }) => outcomeClass !== undefined)
  if (isRetry) return { type: 'SCHEDULED', name: 'AwaitingRetry' }
  return world.run.status?.state ?? { type: 'PENDING', name: 'Pending' }
}
