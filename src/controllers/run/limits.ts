/**
 * The bounds of a run's life. AWS facts: a token dies one hour after its task stopped (RunTask
 * idempotency), stopped tasks stay visible for one hour, and a new task may be MISSING for minutes.
 */

/** A task can stop within seconds of its launch, so a token is safe for one hour less a margin for slow clocks and slow calls. */
export const TOKEN_SAFE_MS = 55 * 60_000

/** DescribeTasks may not know a new task for up to five minutes (API_RunTask, eventual consistency). */
export const MISSING_GRACE_MS = 5 * 60_000

/** A StopTask whose effect was not seen is repeated after this long; ECS itself needs stopTimeout (30 s by default). */
export const STOP_RESEND_MS = 30_000

/** How soon a look at a task that a deadline waits for is asked for again, should it fail. */
export const LOOK_RETRY_MS = 10_000

/** How often a run looks for an object that it names and that does not exist yet, beside being woken by its creation. */
export const MISSING_REFERENCE_RETRY_MS = 30_000

/** How often a run that waits for a slot asks again, beside being woken when one is freed. */
export const ADMISSION_RETRY_MS = 30_000

/** The first so many runs of a line ask for their turn often; the others, perhaps thousands, ask rarely. */
export const NEAR_THE_FRONT = 100
export const BACK_OF_THE_LINE_RETRY_MS = 300_000

/** Calls of one array at a time; a step waits for the slowest of them, and other runs want their share of the rate. */
export const MAX_ARRAY_CALLS = 10

/** Remote steps that one reconcile takes before it goes back to the queue: describe, network, register, launch and some slack. */
export const MAX_STEPS = 8
