/** How long to wait between tries. */
export interface BackoffPolicy {
  readonly initialMs: number
  readonly factor: number
  readonly maxMs: number
  /** Share of the delay that chance may take away, 0 to 1. */
  readonly jitter: number
}

/**
 * For reconciles: what fails shortly is back within a second; what fails for long costs twelve tries an
 * hour. client-go starts at 5 ms, but a reconcile here is mostly a call that was already retried.
 */
export const RECONCILE_BACKOFF: BackoffPolicy = {
  initialMs: 200,
  factor: 2,
  maxMs: 300_000,
  jitter: 0.2,
}

/** Delay after the `failures`-th failure in a row (1 is the first), in ms. `fraction` is chance, in [0, 1). */
export function backoffMs(policy: BackoffPolicy, failures: number, fraction: number): number {
  const exponential = policy.initialMs * policy.factor ** Math.max(0, failures - 1)
  return Math.min(exponential, policy.maxMs) * (1 - policy.jitter * fraction)
}
