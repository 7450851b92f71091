import type { ObservedTask } from '../../aws/ports.ts'
import { type Condition, findCondition, setCondition } from '../../kinds/conditions.ts'
import type {
  AttemptStatus,
  OutcomeClass,
  Run,
  RunCondition,
  RunState,
  RunStatus,
} from '../../kinds/run.ts'
import { isFinalState } from '../../kinds/run.ts'
import { defined } from '../../lib/defined.ts'
import { isoTime } from '../../lib/instant.ts'
import type { AttemptRow } from '../../store/types.ts'
import { outputOf } from '../attempt-logs.ts'
import { heartbeatStatus, shownBeatMs } from '../heartbeat-status.ts'
import type { ArraySummary } from './plan.ts'
import { type NewState, taskOf } from './state.ts'
import { liveAttempts } from './world.ts'

/** What a decision wants people to see. Everything else of the status follows from the rows. */
export interface StatusInput {
  readonly run: Run
  readonly rows: readonly AttemptRow[]
  readonly state: NewState
  readonly nowMs: number
  /** Class of the end, for a final state. */
  readonly outcome?: OutcomeClass
  readonly whyPending?: string
  /** Reason and message of the Stalled condition: the run goes on only if someone changes something. */
  readonly stalled?: { readonly reason: string; readonly message: string }
  /** The call that comes next has failed again and again: why. */
  readonly trouble?: string | undefined
  /** A task is alive and silent: a sentence about it. */
  readonly unresponsive?: string | undefined
  readonly array?: ArraySummary
}

/** The whole status of a run; the same input gives the same JSON, so that nothing is written when nothing happened. */
export function buildStatus(input: StatusInput): RunStatus {
  const { run, rows, nowMs } = input
  const final = isFinalState(input.state.type)
  const latest = rows.findLast((row) => row.taskArn !== undefined)
  const firstLaunch = rows.find((row) => row.taskArn !== undefined)
  const state = stamped(run.status?.state, input.state, nowMs)
  return defined({
    observedGeneration: run.metadata.generation,
    state,
    attempts: input.array ? arrayAttempts(rows) : attemptStatuses(rows),
    array: input.array?.status,
    heartbeat: heartbeatOf(input, final),
    rerun: run.status?.rerun,
    identifier: latest?.taskArn && `${clusterOf(latest)}::${latest.taskArn}`,
    whyPending: (!final && !latestLives(rows) && input.trouble) || input.whyPending,
    startTime: optionalTime(firstLaunch?.createdAtMs),
    ...(final && ending(input, state)),
    conditions: conditions(input, state),
  })
}

/** Reason of Reconciling, and of the event, while AWS keeps failing a call that the run needs. */
export const CALL_FAILED = 'CallFailed'

/** What status says that the run keeps failing at. */
export function toldTrouble(status: RunStatus | undefined): string | undefined {
  const told = findCondition(status?.conditions, 'Reconciling')
  return told?.reason === CALL_FAILED ? told.message : undefined
}

function latestLives(rows: readonly AttemptRow[]): boolean {
  return liveAttempts(rows).some(({ taskArn }) => taskArn !== undefined)
}

/** Shows the attempt that is shown already as long as it lives, else the first living one, else the newest. */
function heartbeatOf({ run, rows, array }: StatusInput, isOver: boolean): RunStatus['heartbeat'] {
  const shown = run.status?.heartbeat
  const living = liveAttempts(rows).filter(({ heartbeat }) => heartbeat !== undefined)
  const row =
    living.find((one) => shownBeatMs(shown, one) !== undefined) ??
    living[0] ??
    rows.findLast(({ heartbeat }) => heartbeat !== undefined)
  return (
    row &&
    heartbeatStatus(row, {
      heardAtMs: shownBeatMs(shown, row),
      startedAtMs: taskOf(row)?.startedAtMs,
      isOver: isOver || living.length === 0,
      isArray: array !== undefined,
    })
  )
}

/** What only a finished run has. The status code is -1 when there was a task and it gave no exit code. */
function ending(
  { run, rows, array }: StatusInput,
  state: RunState,
): Pick<RunStatus, 'exitCode' | 'statusCode' | 'completionTime'> {
  const last = rows.findLast((row) => row.endedAtMs !== undefined)
  const exitCode = array ? array.exitCode : last?.exitCode
  const launched = rows.some((row) => row.taskArn !== undefined)
  return {
    ...(exitCode !== undefined && { exitCode }),
    ...(launched && { statusCode: exitCode ?? -1 }),
    completionTime: run.status?.completionTime ?? state.timestamp,
  }
}

/** An array may have ten thousand tasks; status shows so many of their attempts. */
const MAX_ARRAY_ATTEMPTS = 50

/** Of an array: what went wrong before what is under way before what went well, by index. */
function arrayAttempts(rows: readonly AttemptRow[]): readonly AttemptStatus[] {
  const rank = ({ outcomeClass }: AttemptRow): number => {
    if (outcomeClass === undefined) return 1
    return outcomeClass === 'Success' ? 2 : 0
  }
  return latestTries(rows)
    .toSorted((a, b) => rank(a) - rank(b) || a.index - b.index || a.number - b.number)
    .slice(0, MAX_ARRAY_ATTEMPTS)
    .map((row) => ({ ...attemptStatus(row), index: row.index }))
}

/** One entry an attempt: of the tries that ECS refused, only the latest of an attempt is shown. */
export function attemptStatuses(rows: readonly AttemptRow[]): readonly AttemptStatus[] {
  return latestTries(rows).map(attemptStatus)
}

function latestTries(rows: readonly AttemptRow[]): readonly AttemptRow[] {
  return rows.filter((row, index) => {
    const next = rows[index + 1]
    return next === undefined || next.number !== row.number || next.index !== row.index
  })
}

function attemptStatus(row: AttemptRow): AttemptStatus {
  const task = taskOf(row)
  return defined({
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
    logStream: outputOf(row, row.containerName)?.stream,
    containers: containersOf(task, row.containerName),
    lastLines: row.lastLines?.length ? row.lastLines : undefined,
  })
}

function containersOf(task: ObservedTask | undefined, main: string): readonly string[] | undefined {
  const names = task?.containers.map(({ name }) => name) ?? []
  return names.length > 1 ? [main, ...names.filter((name) => name !== main)] : undefined
}

/** The status of a finished run, whose attempts change in nothing but the lines that are read after their end. */
export function withLastLines(status: RunStatus, rows: readonly AttemptRow[]): RunStatus {
  const lines = new Map(rows.map((row) => [row.clientToken, row.lastLines ?? []]))
  const isKnown = ({ clientToken, lastLines }: AttemptStatus): boolean =>
    lastLines !== undefined || !lines.get(clientToken)?.length
  if (!status.attempts || status.attempts.every(isKnown)) return status
  const attempts = status.attempts.map((attempt) =>
    isKnown(attempt) ? attempt : { ...attempt, lastLines: lines.get(attempt.clientToken) ?? [] },
  )
  return { ...status, attempts }
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
        input.nowMs,
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
    { type: 'Suspended', status: state.name === 'Suspended', reason: state.name, message },
    {
      type: 'Held',
      status: state.name === 'Held',
      reason: state.name === 'Held' ? 'Unproven' : 'Approved',
      message: state.name === 'Held' ? (input.whyPending ?? '') : '',
    },
    unresponsiveVerdict(input, final),
    {
      type: 'Stalled',
      status: stalled !== undefined,
      reason: stalled?.reason ?? 'Progressing',
      message: stalled?.message ?? '',
    },
    reconcilingVerdict(input, state),
  ]
}

function reconcilingVerdict({ stalled, trouble }: StatusInput, state: RunState): Verdict {
  return {
    type: 'Reconciling',
    status: !isFinalState(state.type) && !stalled,
    reason: trouble === undefined ? state.name : CALL_FAILED,
    message: trouble ?? '',
  }
}

function unresponsiveVerdict({ unresponsive, rows }: StatusInput, isFinal: boolean): Verdict {
  const type = 'Unresponsive'
  if (unresponsive !== undefined) {
    return { type, status: true, reason: 'HeartbeatLost', message: unresponsive }
  }
  const isAlive = !isFinal && liveAttempts(rows).length > 0
  return { type, status: false, reason: isAlive ? 'HeartbeatReceived' : 'TaskEnded', message: '' }
}
