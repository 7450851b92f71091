/** Runs that one decision creates; what is left over is created right afterwards. */
export const MAX_CREATES = 1_000

/** Default of a schedule's maxCatchUp. */
export const MAX_CATCH_UP = 10

/** Default of successfulRunsHistoryLimit and failedRunsHistoryLimit. */
export const HISTORY_LIMIT = 3

/** Starts that status shows ahead. */
export const NEXT_TIMES = 5

/** Names of active runs that status shows; a long queue would make every status write a large one. */
export const MAX_ACTIVE_NAMES = 100

/**
 * A start that is no later than this is on time: a restart takes so long, and no shorter deadline can be
 * told from the controller's own delay (Kubernetes: a deadline below 10 s may never fire).
 */
export const ON_TIME_MS = 10_000

/** When the wall clock is set back by less, starts are only late; by more, the schedule follows the clock. */
export const CLOCK_STEP_MS = 60_000

/** Runs that are deleted at a time, so that a lowered limit is no huge transaction. */
export const MAX_REMOVALS = 500
