import { type Condition, setCondition } from '../../kinds/conditions.ts'
import type {
  AttemptStatus,
  OutcomeClass,
  RunCondition,
  RunState,
  RunStatus,
} from '../../kinds/run.ts'
import { isFinalState } from '../../kinds/run.ts'
import { isoTime } from '../../lib/instant.ts'
import { present } from '../../lib/present.ts'
import type { AttemptRow } from '../../store/types.ts'
import { type NewState, taskOf } from './state.ts'
import type { RunObject } from './world.ts'

/** What a decision wants people to see. Everything else of the status follows from the rows. */
export interface StatusInput {
  readonly run: RunObject
  readonly rows: readonly AttemptRow[]
  readonly state: NewState
  readonly nowMs: number
  /** Class of the end, for a final state. */
  readonly outcome?: OutcomeClass
  readonly whyPending?: string
  /** Reason and message of the Stalled condition: the run goes on only if someone changes something. */
  readonly stalled?: { readonly reason: string; readonly message: string }
}

/** The whole status of a run; the same input gives the same JSON, so that nothing is written when nothing happened. */
export function buildStatus(input: StatusInput): RunStatus {
  const { run, rows, nowMs } = input
  const final = isFinalState(input.state.type)
  const latest = rows.findLast((row) => row.taskArn !== undefined)
  const firstLaunch = rows.find((row) => row.taskArn !== undefined)
  const state = stamped(run.status?.state, input.state, nowMs)
  return present<RunStatus>({
    observedGeneration: run.metadata.generation,
    state,
    attempts: attemptStatuses(rows),
    rerun: run.status?.rerun,
    identifier: latest?.taskArn && `${clusterOf(latest)}::${latest.taskArn}`,
    whyPending: input.whyPending,
    startTime: optionalTime(firstLaunch?.createdAtMs),
    ...(final && ending(run.status, rows, state)),
    conditions: conditions(input, state),
  })
}

/** What only a finished run has. The status code is -1 when there was a task and it gave no exit code. */
function ending(
  before: RunStatus | undefined,
  rows: readonly AttemptRow[],
  state: RunState,
): Pick<RunStatus, 'exitCode' | 'statusCode' | 'completionTime'> {
  const exitCode = rows.findLast((row) => row.endedAtMs !== undefined)?.exitCode
  const launched = rows.some((row) => row.taskArn !== undefined)
  return {
    ...(exitCode !== undefined && { exitCode }),
    ...(launched && { statusCode: exitCode ?? -1 }),
    completionTime: before?.completionTime ?? state.timestamp,
  }
}

/** One entry an attempt: of the tries that ECS refused, only the latest of an attempt is shown. */
export function attemptStatuses(rows: readonly AttemptRow[]): readonly AttemptStatus[] {
  return rows
    .filter((row, index) => {
      const next = rows[index + 1]
      return next === undefined || next.number !== row.number || next.index !== row.index
    })
    .map(attemptStatus)
}

function attemptStatus(row: AttemptRow): AttemptStatus {
  const task = taskOf(row)
  return present<AttemptStatus>({
    number: row.number,
    clientToken: row.clientToken,
    startedBy: row.startedBy,
    taskDefinitionArn: row.taskDefinitionArn,
    taskArn: row.taskArn,
    launchedAt: row.taskArn && isoTime(row.createdAtMs),
    clusterArn: row.clusterArn,
    launchType: task?.launchType,
    startedAt: optionalTime(task?.startedAtMs),
    stoppedAt: optionalTime(task?.stoppedAtMs),
    stopCode: task?.stopCode,
    stoppedReason: task?.stoppedReason ?? row.outcomeMessage,
    exitCode: row.exitCode,
    class: row.outcomeClass,
  })
}

function optionalTime(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : isoTime(ms)
}

function clusterOf(row: AttemptRow): string {
  return row.cluster === 'default' ? (row.clusterArn ?? row.cluster) : row.cluster
}

/** The previous timestamp stays while type and name do. */
function stamped(previous: RunState | undefined, next: NewState, nowMs: number): RunState {
  const same = previous?.type === next.type && previous.name === next.name
  return { ...next, timestamp: same ? previous.timestamp : isoTime(nowMs) }
}

interface Verdict {
  readonly type: RunCondition
  readonly status: boolean
  readonly reason: string
  readonly message: string
}

function conditions(input: StatusInput, state: RunState): readonly Condition[] {
  const now = isoTime(input.nowMs)
  const generation = input.run.metadata.generation
  const wanted = verdicts(input, state)
  const before = input.run.status?.conditions ?? []
  // A condition that was never true is not shown as False: a new run has few of them.
  const shown = wanted.filter(
    ({ type, status }) => status || before.some((condition) => condition.type === type),
  )
  return shown.reduce(
    (list, { type, status, reason, message }) =>
      setCondition(
        list,
        {
          type,
          status: status ? 'True' : 'False',
          reason,
          message,
          observedGeneration: generation,
        },
        now,
      ),
    before,
  )
}

function verdicts(input: StatusInput, state: RunState): readonly Verdict[] {
  const { rows, stalled } = input
  const message = state.message ?? ''
  const launched = rows.some((row) => row.taskArn !== undefined)
  const started = rows.some((row) => taskOf(row)?.startedAtMs !== undefined)
  const final = isFinalState(state.type)
  const complete = state.type === 'COMPLETED'
  return [
    { type: 'Launched', status: launched, reason: 'TaskLaunched', message: '' },
    { type: 'Started', status: started, reason: 'TaskRunning', message: '' },
    { type: 'Complete', status: complete, reason: 'Completed', message },
    { type: 'Failed', status: final && !complete, reason: input.outcome ?? state.name, message },
    { type: 'Suspended', status: state.type === 'PAUSED', reason: state.name, message },
    {
      type: 'Stalled',
      status: stalled !== undefined,
      reason: stalled?.reason ?? 'Progressing',
      message: stalled?.message ?? '',
    },
    { type: 'Reconciling', status: !final && !stalled, reason: state.name, message: '' },
  ]
}
