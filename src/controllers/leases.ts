import type { AttemptRow } from '../store/types.ts'

/** What this process has heard of one task. Counted in monotonic time: setting a clock changes nothing. */
export interface Signs {
  /** Milliseconds without a sign of life in which one could have been heard. */
  readonly silentMs: number
  /** Whether the task has ever given one, also to an earlier process. */
  readonly hasBeaten: boolean
  /** Whether it has given one to this process. */
  readonly isHeard: boolean
  /** Milliseconds since this process last asked ECS about the task and was answered; undefined: never. */
  readonly lookedAgoMs: number | undefined
}

/** Who keeps the leases: knows when each task was last heard of. */
export interface LeaseBook {
  /** Undefined while silence says nothing: the task is not known to run, or nothing could be heard of it. */
  signs(attempt: AttemptRow): Omit<Signs, 'lookedAgoMs'> | undefined
  /** The task was seen to run: from now on its silence counts. Calling again changes nothing. */
  watch(attempt: AttemptRow): void
}
