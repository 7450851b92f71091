import { findCondition } from '../../kinds/conditions.ts'
import { WIRE } from '../../kinds/meta.ts'
import {
  type ArrayStatus,
  isFinalState,
  type OutcomeClass,
  type RunStatus,
} from '../../kinds/run.ts'
import { parseIsoTime } from '../../lib/instant.ts'
import { awaitChange, type Outcome, requeueAfter } from '../../runtime/outcome.ts'
import type { AttemptRow, HistoryRow } from '../../store/types.ts'
import { transitionEvents } from './events.ts'
import type { LiveStep } from './live.ts'
import { finalState, type NewState, stopReason } from './state.ts'
import { buildStatus, toldTrouble, withLastLines } from './status.ts'
import { type Call, liveAttempts, type RunPlan, type RunWorld, type Write } from './world.ts'

export interface Context {
  readonly writes: readonly Write[]
  readonly nowMs: number
}

export interface FinishInput extends Context {
  readonly rows: readonly AttemptRow[]
  readonly state: NewState
  /** Undefined: somebody said how the run ends, whatever its attempts came to. */
  readonly ended: OutcomeClass | undefined
  readonly array?: ArraySummary
}

/** What only an array run has. */
export interface ArraySummary {
  readonly status: ArrayStatus
  /** Of the first index that failed, else of the last one. */
  readonly exitCode: number | undefined
}

export function finish(world: RunWorld, input: FinishInput): RunPlan {
  const { rows, state, nowMs, ended, array } = input
  const writes: readonly Write[] = [
    ...input.writes,
    { type: 'PutHistory', row: { ...historyRow(world, rows, state, nowMs), ...exitOf(array) } },
  ]
  const outcome = ttlOutcome(world, nowMs, nowMs)
  return {
    ...plan(world, {
      rows,
      state,
      nowMs,
      writes,
      outcome,
      ...(ended !== undefined && { ended }),
      ...(array && { array }),
    }),
    settled: outcome.type === 'AwaitChange',
  }
}

function exitOf(array: ArraySummary | undefined): { readonly exitCode?: number } {
  return array?.exitCode === undefined ? {} : { exitCode: array.exitCode }
}

/** A finished run only waits for its TTL. */
export function decideFinished(world: RunWorld, nowMs: number): RunPlan {
  const completedMs = parseIsoTime(world.run.status?.completionTime) ?? nowMs
  const outcome = ttlOutcome(world, completedMs, nowMs)
  const expired = outcome.type === 'RequeueAfter' && outcome.delayMs === 0
  return {
    writes: expired ? [{ type: 'DeleteObject' }] : [],
    status: withLastLines(world.run.status ?? {}, world.attempts),
    events: [],
    call: undefined,
    settled: outcome.type === 'AwaitChange',
    outcome: expired ? awaitChange() : outcome,
  }
}

function ttlOutcome(world: RunWorld, completedMs: number, nowMs: number): Outcome {
  const resolved = world.resolve(1)
  const ttlSeconds =
    resolved.type === 'Valid' ? resolved.template.ttlSecondsAfterFinished : undefined
  if (ttlSeconds === undefined) return awaitChange()
  return requeueAfter(Math.max(0, completedMs + ttlSeconds * 1000 - nowMs))
}

/**
 * Nothing of the run lives any more: the object may go. What was launched, or may have been, stays in
 * history, so that the same content never runs again.
 */
export function release(
  world: RunWorld,
  nowMs: number,
  after: { readonly rows: readonly AttemptRow[]; readonly writes: readonly Write[] } = {
    rows: world.attempts,
    writes: [],
  },
): RunPlan {
  const launched = after.rows.some((row) => row.taskArn !== undefined || row.phase === 'Lost')
  const recorded = isFinalState(world.run.status?.state?.type)
  const state = finalState('Cancelled', 'The Run was deleted.')
  const history: readonly Write[] =
    launched && !recorded
      ? [{ type: 'PutHistory', row: historyRow(world, after.rows, state, nowMs) }]
      : []
  return {
    writes: [...after.writes, ...history, { type: 'ReleaseObject' }],
    status: world.run.status ?? {},
    events: [],
    call: undefined,
    outcome: awaitChange(),
  }
}

export interface PlanInput extends Context {
  readonly rows: readonly AttemptRow[]
  readonly state: NewState
  readonly call?: Call | undefined
  readonly outcome: Outcome
  readonly ended?: OutcomeClass
  readonly whyPending?: string
  readonly stalled?: { readonly reason: string; readonly message: string }
  readonly warnings?: readonly string[]
  /** A task is alive and silent: a sentence about it. */
  readonly unresponsive?: string | undefined
  readonly array?: ArraySummary
}

export function plan(world: RunWorld, input: PlanInput): RunPlan {
  const { rows, state, nowMs, ended, whyPending, stalled } = input
  const status: RunStatus = buildStatus({
    run: world.run,
    rows,
    state,
    nowMs,
    ...(ended !== undefined && { outcome: ended }),
    ...(whyPending !== undefined && { whyPending }),
    ...(stalled !== undefined && { stalled }),
    trouble: input.call && troubleOf(world, input.writes),
    unresponsive: input.unresponsive ?? silenced(world, rows),
    ...(input.array && { array: input.array }),
  })
  const events = transitionEvents(world, { status, rows, ended, warnings: input.warnings ?? [] })
  return { writes: input.writes, status, events, call: input.call, outcome: input.outcome }
}

/**
 * What an earlier process failed at holds until a call succeeds: this process may not have tried yet. A run that
 * gets as far as a launch has left it behind.
 */
function troubleOf({ run, trouble }: RunWorld, writes: readonly Write[]): string | undefined {
  const isLaunch = writes.some(({ type }) => type === 'InsertAttempt')
  return isLaunch ? undefined : (trouble ?? toldTrouble(run.status))
}

/** While a task is being stopped for its silence, the sentence about that stays. */
function silenced({ run }: RunWorld, rows: readonly AttemptRow[]): string | undefined {
  const isSilenced = liveAttempts(rows).some(({ stopCause }) => stopCause === 'HeartbeatLost')
  if (!isSilenced) return undefined
  const before = findCondition(run.status?.conditions, 'Unresponsive')
  return before?.status === 'True' ? before.message : stopReason('HeartbeatLost')
}

export function changesOf(step: LiveStep): Partial<AttemptRow> {
  return step.type === 'Watch' ? {} : step.changes
}

export function updateWrites(attempt: AttemptRow, changes: Partial<AttemptRow>): readonly Write[] {
  if (Object.keys(changes).length === 0) return []
  return [{ type: 'UpdateAttempt', clientToken: attempt.clientToken, changes }]
}

export function changedRows(
  rows: readonly AttemptRow[],
  changed: AttemptRow,
  changes: Partial<AttemptRow>,
): readonly AttemptRow[] {
  return rows.map((row) => (row.clientToken === changed.clientToken ? { ...row, ...changes } : row))
}

function historyRow(
  world: RunWorld,
  rows: readonly AttemptRow[],
  state: NewState,
  nowMs: number,
): HistoryRow {
  const { metadata } = world.run
  const contentHash = metadata.annotations?.[WIRE.annotationContentHash]
  const first = rows.find((row) => row.taskArn !== undefined)
  const exitCode = rows.findLast((row) => row.endedAtMs !== undefined)?.exitCode
  return {
    uid: metadata.uid,
    namespace: metadata.namespace,
    name: metadata.name,
    ...(contentHash !== undefined && { contentHash }),
    ...(world.deployment !== undefined && { deployment: world.deployment }),
    workPool: world.workPool.name,
    stateType: state.type,
    stateName: state.name,
    ...(state.message !== undefined && { message: state.message }),
    ...(exitCode !== undefined && { exitCode }),
    attempts: rows.reduce((max, row) => Math.max(max, row.number), 0),
    createdAtMs: parseIsoTime(metadata.creationTimestamp) ?? nowMs,
    ...(first !== undefined && { startedAtMs: first.createdAtMs }),
    finishedAtMs: nowMs,
  }
}
