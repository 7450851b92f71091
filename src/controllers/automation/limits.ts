/** Events that one transaction deals with: a few milliseconds, so that nothing else waits for long. */
export const EVENTS_PER_BATCH = 200

/** Windows that one transaction judges. */
export const WINDOWS_PER_BATCH = 200

/** Windows that one trigger keeps open: more runs at a time than any installation has. The oldest go first. */
export const MAX_BUCKETS = 10_000

/** Actions of one automation that wait to be done, webhooks that are down included. */
export const MAX_QUEUED_ACTIONS = 1_000

/** A window that fired waits for its resolution for so long: nobody hopes for a run of last week. */
export const RESOLVE_WAIT_MS = 24 * 3_600_000

/** A proactive window is never shorter (Prefect has the same rule); the manifest rules say so too. */
export const MIN_PROACTIVE_MS = 10_000

/** Characters of an event, and of a run's parameters, that windows and actions keep; what is larger is cut. */
export const MAX_KEPT_EVENT = 16_384
/** Of a larger event: characters of a label, and related resources by name. */
export const MAX_KEPT_LABEL = 1_024
export const MAX_KEPT_RELATED = 20

/** Characters of a bucket's key that are kept as they are; a longer one is kept as its hash. */
export const MAX_KEY_LENGTH = 512

/**
 * Runs that were started, changed or started again by automations, each in answer to the one before. A
 * chain that is longer has no end.
 */
export const MAX_CHAIN = 10

/** A step that comes later than this after the one before begins a new chain: what is so slow does no harm. */
export const CHAIN_PAUSE_MS = 3_600_000

/** Firings of one automation in one RATE_WINDOW_MS: a fleet of a thousand runs that all fail is told in full. */
export const MAX_FIRINGS_PER_WINDOW = 2_000
export const RATE_WINDOW_MS = 600_000

/** Sends of one webhook before it is given up, with pauses that double from the first to the longest. */
export const MAX_SENDS = 8
export const FIRST_RESEND_MS = 5_000
export const LONGEST_RESEND_MS = 300_000

/** How often it is noted that triggers are judged while a window is open: what a crash may add to a window. */
export const SEEN_EVERY_MS = 60_000
