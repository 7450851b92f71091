import { heldReason } from '../../kinds/held.ts'
import type { OutcomeClass } from '../../kinds/run.ts'
import { lifeOf, wishOf } from '../../kinds/run-wish.ts'
import { parseIsoTime } from '../../lib/instant.ts'
import { awaitChange, type Outcome, requeueAfter } from '../../runtime/outcome.ts'
import type { AttemptRow } from '../../store/types.ts'
import type { Turn } from '../line.ts'
import { deadlinesOf } from './deadlines.ts'
import { launchStep } from './launch.ts'
import {
  ADMISSION_RETRY_MS,
  BACK_OF_THE_LINE_RETRY_MS,
  MISSING_REFERENCE_RETRY_MS,
  NEAR_THE_FRONT,
} from './limits.ts'
import { decideRetry, type EndedTry, type RetryDecision } from './retry.ts'
import { finalState, type NewState, taskOf, wishedState } from './state.ts'
import type { Call, RunWorld } from './world.ts'

/** What a run without a living attempt does next. */
export type IdleStep =
  | {
      readonly type: 'Finish'
      readonly state: NewState
      readonly outcome: OutcomeClass | undefined
    }
  | {
      readonly type: 'Wait'
      readonly state: NewState
      readonly whyPending: string
      readonly outcome: Outcome
      readonly stalled?: { readonly reason: string; readonly message: string }
    }
  /** An answer of AWS is needed before the launch can be prepared. */
  | { readonly type: 'Ask'; readonly call: Call }
  | { readonly type: 'Launch'; readonly row: AttemptRow; readonly warnings: readonly string[] }

/** Every reason not to launch, in the order in which they count, then the launch. */
export function decideIdleStep(
  world: RunWorld,
  rows: readonly AttemptRow[],
  nowMs: number,
): IdleStep {
  const tries = endedTries(rows).filter(({ number }) => number >= lifeOf(world.run.status))
  const last = tries.at(-1)
  const end = decidedEnd(world, last)
  if (end) return end
  const next = nextTry(rows)
  const resolved = world.resolve(next.number)
  if (resolved.type === 'Invalid') return finish('ConfigurationError', resolved.problems.join(' '))
  if (resolved.type === 'Missing') return missing(resolved.what)
  const overdue = activeDeadline(world, rows, resolved.template, nowMs)
  if (overdue) return overdue
  const retry = decideRetry(resolved.template.retry, tries, world.run.metadata.uid)
  if (retry.type === 'Finish' && last)
    return finish(last.class, `${last.reason} ${retry.why}`.trim())
  if (retry.type === 'Finish') return finish('Unknown', retry.why)
  const waiting = waitFor(world, rows, retry, nowMs)
  if (waiting) return waiting
  return launchStep(world, resolved.template, { next, tries, nowMs, warnings: resolved.warnings })
}

/** An end that needs no template: it went well, or somebody said so. */
function decidedEnd(world: RunWorld, last: EndedTry | undefined): IdleStep | undefined {
  if (last?.class === 'Success') return finish('Success', last.reason)
  const wish = wishOf(world.run)
  if (wish) return { type: 'Finish', state: wishedState(wish), outcome: undefined }
  if (world.run.spec.cancel === true) return finish('Cancelled', 'Cancelled by the user.')
  const replacedBy = world.admission.replacedBy()
  return replacedBy === undefined ? undefined : finish('Cancelled', `Replaced by ${replacedBy}.`)
}

/** Stopped only to go on later, which is nobody's failure. What had succeeded before its stop arrived is done for good. */
function isPause({ stopCause, outcomeClass }: AttemptRow): boolean {
  return (stopCause === 'Suspend' || stopCause === 'Drain') && outcomeClass !== 'Success'
}

/** The ends that count for retrying: a suspension leaves no trace here. */
export function endedTries(rows: readonly AttemptRow[]): readonly EndedTry[] {
  return rows
    .filter((row) => row.outcomeClass !== undefined && !isPause(row))
    .map((row) => {
      const stopCode = taskOf(row)?.stopCode
      return {
        number: row.number,
        try: row.try,
        class: row.outcomeClass ?? 'Unknown',
        ...(row.exitCode !== undefined && { exitCode: row.exitCode }),
        ...(stopCode !== undefined && { stopCode }),
        reason: row.outcomeMessage ?? '',
        endedAtMs: row.endedAtMs ?? row.createdAtMs,
        lost: row.phase === 'Lost',
      }
    })
}

/**
 * The key of the next try. A try that ECS refused made no task, so its attempt number is used again; any
 * other attempt, a suspended one included, used its number up. No key, and so no token, comes twice.
 */
export function nextTry(
  rows: readonly AttemptRow[],
  index = 0,
): { readonly number: number; readonly try: number; readonly index: number } {
  const last = rows.at(-1)
  if (!last) return { number: 1, try: 1, index }
  if (last.phase === 'Refused') return { number: last.number, try: last.try + 1, index }
  return { number: last.number + 1, try: 1, index }
}

function finish(outcome: OutcomeClass, message: string): IdleStep {
  return { type: 'Finish', state: finalState(outcome, message), outcome }
}

export function missing(what: string): IdleStep {
  return {
    type: 'Wait',
    state: { type: 'PENDING', name: 'Pending' },
    whyPending: `Waits for ${what}, which does not exist.`,
    outcome: requeueAfter(MISSING_REFERENCE_RETRY_MS),
    stalled: { reason: 'ReferenceMissing', message: `${what} does not exist.` },
  }
}

export function activeDeadline(
  world: RunWorld,
  rows: readonly AttemptRow[],
  template: Parameters<typeof deadlinesOf>[0],
  nowMs: number,
): IdleStep | undefined {
  const first = rows[0]
  if (!first || nowMs < first.createdAtMs + deadlinesOf(template).activeMs) return undefined
  const seconds = template?.activeDeadlineSeconds
  return finish(
    'DeadlineExceeded',
    `Run ${world.run.metadata.name} took longer than activeDeadlineSeconds (${seconds}).`,
  )
}

/** Suspension, start time, backoff and admission: nothing is wrong, it is not this run's turn. */
function waitFor(
  world: RunWorld,
  rows: readonly AttemptRow[],
  retry: Extract<RetryDecision, { type: 'Retry' }>,
  nowMs: number,
): IdleStep | undefined {
  const held = waitForSelf(world, nowMs)
  if (held) return held
  if (nowMs < retry.notBeforeMs) {
    const delayMs = retry.notBeforeMs - nowMs
    const why = `Retries in ${Math.ceil(delayMs / 1000)} s: ${retry.why}.`
    return wait(awaitingRetry(rows), why, requeueAfter(delayMs))
  }
  return waitForOthers(world, rows, nowMs)
}

/** Recovery, suspension and start time. */
export function waitForSelf(world: RunWorld, nowMs: number): IdleStep | undefined {
  const { spec, metadata } = world.run
  const held = heldReason(metadata)
  if (held !== undefined) {
    const why = `Whether it has run before cannot be proven: ${held}. To run it: capstan approve run/${metadata.name}.`
    return wait({ type: 'PAUSED', name: 'Held' }, why, awaitChange())
  }
  if (spec.suspend === true) {
    return wait({ type: 'PAUSED', name: 'Suspended' }, 'The run is suspended.', awaitChange())
  }
  const scheduledMs = parseIsoTime(spec.scheduledTime) ?? 0
  if (nowMs >= scheduledMs) return undefined
  const why = `Starts at ${spec.scheduledTime}.`
  return wait({ type: 'SCHEDULED', name: 'Scheduled' }, why, requeueAfter(scheduledMs - nowMs))
}

/** Other runs, the pool's switches and windows, and at last its line. */
export function waitForOthers(
  world: RunWorld,
  rows: readonly AttemptRow[],
  nowMs: number,
): IdleStep | undefined {
  const { workPool, admission } = world
  const dependencies = rows.length > 0 ? MET : admission.dependencies()
  if (dependencies.type === 'Broken') return finish('Cancelled', dependencies.why)
  if (dependencies.type === 'Waits') {
    const { why, stalled } = dependencies
    const state: NewState = { type: 'SCHEDULED', name: 'Scheduled' }
    const outcome = requeueAfter(ADMISSION_RETRY_MS)
    return { type: 'Wait', state, whyPending: why, outcome, ...(stalled && { stalled }) }
  }
  if (workPool.suspended !== undefined) {
    return wait(slotState(rows), workPool.suspended, awaitChange())
  }
  const closed = admission.closed(nowMs)
  if (closed) return wait(slotState(rows), closed.why, untilOpen(closed.untilMs, nowMs))
  return waitForTurn(rows, admission.turn(nowMs))
}

const MET = { type: 'Met' } as const

function untilOpen(untilMs: number | undefined, nowMs: number): Outcome {
  return untilMs === undefined ? awaitChange() : requeueAfter(Math.max(0, untilMs - nowMs))
}

function waitForTurn(rows: readonly AttemptRow[], turn: Turn): IdleStep | undefined {
  if (turn.type === 'Go') return undefined
  if (turn.type === 'Cancel') return finish('Cancelled', turn.why)
  const retryMs = turn.ahead < NEAR_THE_FRONT ? ADMISSION_RETRY_MS : BACK_OF_THE_LINE_RETRY_MS
  const stalled = { reason: 'NeverFits', message: turn.why }
  return {
    type: 'Wait',
    state: slotState(rows),
    whyPending: turn.why,
    outcome: requeueAfter(retryMs),
    ...(turn.stalled && { stalled }),
  }
}

function wait(state: NewState, whyPending: string, outcome: Outcome): IdleStep {
  return { type: 'Wait', state, whyPending, outcome }
}

function awaitingRetry(rows: readonly AttemptRow[]): NewState {
  return { type: 'SCHEDULED', name: 'AwaitingRetry', message: rows.at(-1)?.outcomeMessage ?? '' }
}

/** A retry waits in line as well, under the same name, which the pool's line goes by (run-place.ts). */
function slotState(rows: readonly AttemptRow[]): NewState {
  const message = rows.at(-1)?.outcomeMessage
  return {
    type: 'SCHEDULED',
    name: 'AwaitingConcurrencySlot',
    ...(message !== undefined && { message }),
  }
}
