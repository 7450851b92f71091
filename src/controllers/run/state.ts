import type { ObservedTask } from '../../aws/ports.ts'
import { renderStopReason, type StoppedByUs } from '../../aws/stop-text.ts'
import type { OutcomeClass, RunState, StateType } from '../../kinds/run.ts'
import type { RunWish } from '../../kinds/run-wish.ts'
import type { AttemptRow, StopCause } from '../../store/types.ts'

/** A state before it is compared with the previous one and stamped. */
export type NewState = Omit<RunState, 'timestamp'>

/** Final state of a run by the class of its last attempt. Every class stands here once. */
const FINAL_STATE: Readonly<Record<OutcomeClass, { type: StateType; name: string }>> = {
  Success: { type: 'COMPLETED', name: 'Completed' },
  ExitNonZero: { type: 'FAILED', name: 'Failed' },
  DeadlineExceeded: { type: 'FAILED', name: 'TimedOut' },
  ConfigurationError: { type: 'FAILED', name: 'Failed' },
  Cancelled: { type: 'CANCELLED', name: 'Cancelled' },
  UserStopped: { type: 'CANCELLED', name: 'Cancelled' },
  OutOfMemory: { type: 'CRASHED', name: 'Crashed' },
  SpotInterruption: { type: 'CRASHED', name: 'Crashed' },
  HostFailure: { type: 'CRASHED', name: 'Crashed' },
  ImagePull: { type: 'CRASHED', name: 'Crashed' },
  ImagePullTransient: { type: 'CRASHED', name: 'Crashed' },
  SecretsOrInit: { type: 'CRASHED', name: 'Crashed' },
  Network: { type: 'CRASHED', name: 'Crashed' },
  Capacity: { type: 'CRASHED', name: 'Crashed' },
  StartTimeout: { type: 'CRASHED', name: 'Crashed' },
  HeartbeatLost: { type: 'CRASHED', name: 'Crashed' },
  ExitZeroUnreported: { type: 'CRASHED', name: 'Crashed' },
  Unknown: { type: 'CRASHED', name: 'Crashed' },
}

export function finalState(outcome: OutcomeClass, message: string): NewState {
  return { ...FINAL_STATE[outcome], message }
}

/** The state that an automation asked for. */
export function wishedState({ type, name, message }: RunWish): NewState {
  return { type, name, message }
}

/** Why a stop is under way, for people. */
const STOP_REASONS: Readonly<Record<StopCause, string>> = {
  Cancel: 'Cancelled by the user.',
  Delete: 'The Run was deleted.',
  Replace: 'The Run was replaced by a newer one.',
  StartTimeout: 'The task did not reach RUNNING within taskStartTimeoutSeconds.',
  AttemptDeadline: 'The attempt ran longer than attemptDeadlineSeconds.',
  ActiveDeadline: 'The run took longer than activeDeadlineSeconds.',
  HeartbeatLost: 'No heartbeat arrived in time.',
  Suspend: 'The Run was suspended.',
  Drain: 'The WorkPool is drained: its stopPolicy is HoldAndDrain.',
  Orphan: 'No Run wants this task.',
  Automation: 'An automation ends the run.',
}

/** The word by which the AWS layer names each cause, in StopTask's reason and when it classifies the end. */
const STOPPED_BY: Readonly<Record<StopCause, StoppedByUs>> = {
  Cancel: 'Cancel',
  Delete: 'Cancel',
  Replace: 'Replaced',
  StartTimeout: 'StartTimeout',
  AttemptDeadline: 'Deadline',
  ActiveDeadline: 'Deadline',
  HeartbeatLost: 'Heartbeat',
  Suspend: 'Cancel',
  Drain: 'Cancel',
  Orphan: 'Unwanted',
  Automation: 'Cancel',
}

export function stoppedBy(cause: StopCause): StoppedByUs {
  return STOPPED_BY[cause]
}

/** The reason that StopTask carries: a person reads it in the console, Capstan after a lost database. */
export function stopTaskReason(cause: StopCause): string {
  return renderStopReason(STOPPED_BY[cause], STOP_REASONS[cause])
}

/** The sentence that status shows. */
export function stopReason(cause: StopCause): string {
  return STOP_REASONS[cause]
}

/** Causes that make the run CANCELLING while its task stops; the others are the attempt's own trouble. */
const CANCELLING_CAUSES: readonly StopCause[] = ['Cancel', 'Delete', 'Replace']

/** ECS's lastStatus values in which the containers run, or ran until a moment ago. */
const RUNNING_STATUSES: readonly string[] = [
  'RUNNING',
  'DEACTIVATING',
  'STOPPING',
  'DEPROVISIONING',
  'STOPPED',
]

/** The state of a run whose attempt is alive. */
export function liveState(attempt: AttemptRow, task: ObservedTask | undefined): NewState {
  if (attempt.stopCause !== undefined && CANCELLING_CAUSES.includes(attempt.stopCause)) {
    return { type: 'CANCELLING', name: 'Cancelling', message: stopReason(attempt.stopCause) }
  }
  if (attempt.phase === 'Intent') return { type: 'PENDING', name: 'Submitting' }
  const started =
    task?.startedAtMs !== undefined || RUNNING_STATUSES.includes(task?.lastStatus ?? '')
  const name = attempt.number > 1 ? 'Retrying' : 'Running'
  const stopping = attempt.stopCause === undefined ? {} : { message: stopReason(attempt.stopCause) }
  if (started) return { type: 'RUNNING', name, ...stopping }
  return { type: 'PENDING', name: 'InfrastructurePending', ...stopping }
}

/** The observation as a value; undefined before the first one. Written by `recordObservation`, so the shape holds. */
export function taskOf(attempt: AttemptRow): ObservedTask | undefined {
  return attempt.observation as unknown as ObservedTask | undefined
}
