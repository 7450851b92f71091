import type { OutcomeClass } from '../../kinds/run.ts'
import { parseIsoTime } from '../../lib/instant.ts'
import { awaitChange, type Outcome, requeueAfter } from '../../runtime/outcome.ts'
import type { AttemptRow } from '../../store/types.ts'
import { launchStep } from './launch.ts'
import { ADMISSION_RETRY_MS, MISSING_REFERENCE_RETRY_MS } from './limits.ts'
import { deadlinesOf } from './policy.ts'
import { decideRetry, type EndedTry, type RetryDecision } from './retry.ts'
import { finalState, type NewState, taskOf } from './state.ts'
import type { Call, RunWorld } from './world.ts'

/** What a run without a living attempt does next. */
export type IdleStep =
  | { readonly type: 'Finish'; readonly state: NewState; readonly outcome: OutcomeClass }
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
  const tries = endedTries(rows).filter(
    (end) => end.number >= (world.run.status?.rerun?.fromAttempt ?? 1),
  )
  const last = tries.at(-1)
  if (last?.class === 'Success') return finish('Success', last.reason)
  if (world.run.spec.cancel === true) return finish('Cancelled', 'Cancelled by the user.')
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

/** The ends that count for retrying: a suspension is nobody's failure and leaves no trace here. */
export function endedTries(rows: readonly AttemptRow[]): readonly EndedTry[] {
  return rows
    .filter((row) => row.outcomeClass !== undefined && row.stopCause !== 'Suspend')
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
function nextTry(rows: readonly AttemptRow[]): { number: number; try: number; index: number } {
  const last = rows.at(-1)
  if (!last) return { number: 1, try: 1, index: 0 }
  if (last.phase === 'Refused') return { number: last.number, try: last.try + 1, index: 0 }
  return { number: last.number + 1, try: 1, index: 0 }
}

function finish(outcome: OutcomeClass, message: string): IdleStep {
  return { type: 'Finish', state: finalState(outcome, message), outcome }
}

function missing(what: string): IdleStep {
  return {
    type: 'Wait',
    state: { type: 'PENDING', name: 'Pending' },
    whyPending: `Waits for ${what}, which does not exist.`,
    outcome: requeueAfter(MISSING_REFERENCE_RETRY_MS),
    stalled: { reason: 'ReferenceMissing', message: `${what} does not exist.` },
  }
}

function activeDeadline(
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
  const { spec } = world.run
  if (spec.suspend === true) {
    return wait({ type: 'PAUSED', name: 'Suspended' }, 'The run is suspended.', awaitChange())
  }
  const scheduledMs = parseIsoTime(spec.scheduledTime) ?? 0
  if (nowMs < scheduledMs) {
    const why = `Starts at ${spec.scheduledTime}.`
    return wait({ type: 'SCHEDULED', name: 'Scheduled' }, why, requeueAfter(scheduledMs - nowMs))
  }
  if (nowMs < retry.notBeforeMs) {
    const delayMs = retry.notBeforeMs - nowMs
    const why = `Retries in ${Math.ceil(delayMs / 1000)} s: ${retry.why}.`
    return wait(awaitingRetry(rows), why, requeueAfter(delayMs))
  }
  if (world.workPool.suspended !== undefined) {
    return wait(pendingState(rows), world.workPool.suspended, awaitChange())
  }
  if (world.admission !== undefined) {
    return wait(pendingState(rows), world.admission, requeueAfter(ADMISSION_RETRY_MS))
  }
  return undefined
}

function wait(state: NewState, whyPending: string, outcome: Outcome): IdleStep {
  return { type: 'Wait', state, whyPending, outcome }
}

function awaitingRetry(rows: readonly AttemptRow[]): NewState {
  return { type: 'SCHEDULED', name: 'AwaitingRetry', message: rows.at(-1)?.outcomeMessage ?? '' }
}

function pendingState(rows: readonly AttemptRow[]): NewState {
  return rows.length > 0
    ? awaitingRetry(rows)
    : { type: 'SCHEDULED', name: 'AwaitingConcurrencySlot' }
}
