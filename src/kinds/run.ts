import type { RunSpec } from './generated.ts'
import type { CapstanObject, CommonStatus } from './meta.ts'

export type Run = CapstanObject<RunSpec, RunStatus>

/** State types, in Prefect's words (its StateType). */
export const STATE_TYPES = [
  'SCHEDULED',
  'PENDING',
  'RUNNING',
  'PAUSED',
  'CANCELLING',
  'CANCELLED',
  'COMPLETED',
  'FAILED',
  'CRASHED',
] as const
export type StateType = (typeof STATE_TYPES)[number]

const FINAL_STATES: readonly StateType[] = ['CANCELLED', 'COMPLETED', 'FAILED', 'CRASHED']

/** True for states that only a rerun leaves. */
export function isFinalState(type: StateType | undefined): boolean {
  return type !== undefined && FINAL_STATES.includes(type)
}

/** Every end of an attempt has exactly one of these classes. */
export const OUTCOME_CLASSES = [
  'Success',
  'ExitNonZero',
  'OutOfMemory',
  'SpotInterruption',
  'HostFailure',
  'ImagePull',
  'ImagePullTransient',
  'SecretsOrInit',
  'Network',
  'Capacity',
  'StartTimeout',
  'DeadlineExceeded',
  'HeartbeatLost',
  'UserStopped',
  'Cancelled',
  'ExitZeroUnreported',
  'ConfigurationError',
  'Unknown',
] as const
export type OutcomeClass = (typeof OUTCOME_CLASSES)[number]

/** `name` refines `type` as in Prefect: AwaitingRetry is SCHEDULED, TimedOut is FAILED. */
export interface RunState {
  readonly type: StateType
  readonly name: string
  readonly message?: string
  /** RFC 3339, UTC. */
  readonly timestamp: string
}

/** One task of a run, as status shows it. Times are RFC 3339, UTC. */
export interface AttemptStatus {
  /** Of an array; absent for a plain run. */
  readonly index?: number
  readonly number: number
  readonly clientToken: string
  readonly startedBy: string
  readonly taskArn?: string
  readonly clusterArn?: string
  readonly taskDefinitionArn?: string
  readonly launchType?: string
  readonly launchedAt?: string
  readonly startedAt?: string
  readonly stoppedAt?: string
  readonly stopCode?: string
  readonly stoppedReason?: string
  readonly exitCode?: number
  readonly class?: OutcomeClass
  readonly logStream?: string
  /** Names of all containers of the task, the run's own first; absent where it is the only one. */
  readonly containers?: readonly string[]
  readonly lastLines?: readonly string[]
}

/** How many tasks of an array are where. Indexes are given in ranges: `1,3-5`. */
export interface ArrayStatus {
  readonly tasks: number
  readonly active: number
  readonly succeeded: number
  readonly failed: number
  /** To be launched as soon as there is room: neither active, nor over, nor in a backoff. */
  readonly waiting: number
  readonly completedIndexes?: string
  readonly failedIndexes?: string
}

/** The signs of life of the latest attempt; of an array, of the living task that was silent for longest. Times are RFC 3339, UTC. */
export interface HeartbeatStatus {
  /** Of an array; absent for a plain run. */
  readonly index?: number
  readonly attempt: number
  readonly frequencySeconds: number
  /** Silence for longer than this is too long. */
  readonly windowSeconds: number
  readonly source: 'Http' | 'ContainerHealth' | 'Logs'
  readonly onMissed: 'Crash' | 'Notify'
  /** Some seconds old at times: beats are written in batches. */
  readonly lastBeatAt?: string
  /** When the task counts as silent if nothing more is heard. Not before; later where Capstan itself was away. */
  readonly deadlineAt?: string
}

/** Written by controllers/run; `heartbeat.lastBeatAt` by controllers/heartbeat. */
export interface RunStatus extends CommonStatus {
  readonly state?: RunState
  readonly attempts?: readonly AttemptStatus[]
  /** `<cluster as configured or its ARN>::<taskArn>` of the latest attempt. */
  readonly identifier?: string
  readonly exitCode?: number
  /** The exit code; -1 when the container gave none. Only after the end. */
  readonly statusCode?: number
  /** One sentence with numbers: what a run that has no task yet is waiting for. */
  readonly whyPending?: string
  /** Of an array: where its tasks are. */
  readonly array?: ArrayStatus
  /** Where the run owes signs of life. */
  readonly heartbeat?: HeartbeatStatus
  /** The value of the rerun annotation that was acted on, and the first attempt that counts since. */
  readonly rerun?: { readonly text: string; readonly fromAttempt: number }
  /** ISO times of the first launch and of the end. */
  readonly startTime?: string
  readonly completionTime?: string
}

export const RUN_CONDITIONS = [
  'Launched',
  'Started',
  'Complete',
  'Failed',
  'Suspended',
  'Unresponsive',
  'Stalled',
  'Reconciling',
  'Held',
] as const
export type RunCondition = (typeof RUN_CONDITIONS)[number]
