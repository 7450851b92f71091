import { WIRE } from '../../kinds/meta.ts'
import { isFinalState, type OutcomeClass, type RunStatus } from '../../kinds/run.ts'
import { parseIsoTime } from '../../lib/instant.ts'
import { awaitChange, type Outcome, requeueAfter } from '../../runtime/outcome.ts'
import type { AttemptRow, HistoryRow } from '../../store/types.ts'
import { transitionEvents } from './events.ts'
import { decideIdleStep, type IdleStep } from './idle.ts'
import { decideLiveStep, type LiveStep } from './live.ts'
import { finalState, liveState, type NewState, taskOf } from './state.ts'
import { buildStatus } from './status.ts'
import { type Call, liveAttempt, type RunPlan, type RunWorld, type Write } from './world.ts'

/**
 * Everything that is decided about a run, from values alone. A run is in exactly one of three
 * situations: it is over, it has a living attempt, or it has none. Deciding twice on the same world
 * gives the same plan; deciding again after the plan was applied gives a smaller one.
 */
export function decideRun(world: RunWorld, nowMs: number): RunPlan {
  const live = liveAttempt(world.attempts)
  if (live) return decideLive(world, live, nowMs)
  if (world.run.metadata.deletionTimestamp !== undefined) return release(world, nowMs)
  const current = withRerun(world)
  if (isFinalState(current.run.status?.state?.type)) return decideFinished(current, nowMs)
  return decideIdle(current, current.attempts, { writes: [], nowMs })
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
  return plan(world, { rows, state, nowMs, writes, call, outcome: step.outcome })
}

interface Context {
  readonly writes: readonly Write[]
  readonly nowMs: number
}

function decideIdle(world: RunWorld, rows: readonly AttemptRow[], context: Context): RunPlan {
  const { writes, nowMs } = context
  const step: IdleStep = decideIdleStep(world, rows, nowMs)
  switch (step.type) {
    case 'Finish':
      return finish(world, { rows, writes, nowMs, state: step.state, ended: step.outcome })
    case 'Wait':
      return plan(world, { ...step, rows, nowMs, writes })
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

interface FinishInput extends Context {
  readonly rows: readonly AttemptRow[]
  readonly state: NewState
  readonly ended: OutcomeClass
}

function finish(world: RunWorld, input: FinishInput): RunPlan {
  const { rows, state, nowMs, ended } = input
  const writes: readonly Write[] = [
    ...input.writes,
    { type: 'PutHistory', row: historyRow(world, rows, state, nowMs) },
  ]
  const outcome = ttlOutcome(world, nowMs, nowMs)
  return plan(world, { rows, state, nowMs, writes, outcome, ended })
}

/** A finished run only waits for its TTL. */
function decideFinished(world: RunWorld, nowMs: number): RunPlan {
  const completedMs = parseIsoTime(world.run.status?.completionTime) ?? nowMs
  const outcome = ttlOutcome(world, completedMs, nowMs)
  const expired = outcome.type === 'RequeueAfter' && outcome.delayMs === 0
  return {
    writes: expired ? [{ type: 'DeleteObject' }] : [],
    status: world.run.status ?? {},
    events: [],
    call: undefined,
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

/** Nothing of the run lives any more: the object may go. What was launched stays in history, so that the same content never runs again. */
function release(
  world: RunWorld,
  nowMs: number,
  after: { readonly rows: readonly AttemptRow[]; readonly writes: readonly Write[] } = {
    rows: world.attempts,
    writes: [],
  },
): RunPlan {
  const launched = after.rows.some((row) => row.taskArn !== undefined)
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

interface PlanInput extends Context {
  readonly rows: readonly AttemptRow[]
  readonly state: NewState
  readonly call?: Call | undefined
  readonly outcome: Outcome
  readonly ended?: OutcomeClass
  readonly whyPending?: string
  readonly stalled?: { readonly reason: string; readonly message: string }
  readonly warnings?: readonly string[]
}

function plan(world: RunWorld, input: PlanInput): RunPlan {
  const { rows, state, nowMs, ended, whyPending, stalled } = input
  const status: RunStatus = buildStatus({
    run: world.run,
    rows,
    state,
    nowMs,
    ...(ended !== undefined && { outcome: ended }),
    ...(whyPending !== undefined && { whyPending }),
    ...(stalled !== undefined && { stalled }),
  })
  const events = transitionEvents(world, { status, rows, ended, warnings: input.warnings ?? [] })
  return { writes: input.writes, status, events, call: input.call, outcome: input.outcome }
}

function changesOf(step: LiveStep): Partial<AttemptRow> {
  return step.type === 'Watch' ? {} : step.changes
}

function updateWrites(attempt: AttemptRow, changes: Partial<AttemptRow>): readonly Write[] {
  if (Object.keys(changes).length === 0) return []
  return [{ type: 'UpdateAttempt', clientToken: attempt.clientToken, changes }]
}

function changedRows(
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
