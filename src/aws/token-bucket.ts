/** How many calls may go at once, and how many a second in the long run. */
export interface BucketLimit {
  readonly burst: number
  readonly perSecond: number
}

/** A bucket at one instant. Times are of one monotonic clock, milliseconds. */
export interface BucketState {
  /** May be below zero: calls that went without asking are charged later. */
  readonly tokens: number
  readonly atMs: number
  /** Share of the rate that is used at the moment: lowered by throttling, 1 when all is well. */
  readonly factor: number
  readonly throttledAtMs: number
}

/** What the rate is multiplied with when AWS throttles: others share the account. */
const DECREASE = 0.7
/** The rate never falls below this share, so that Capstan finds out when AWS is well again. */
const MIN_FACTOR = 0.05
/** How much of the full rate comes back a second: all of it within a minute. */
const RECOVERY_PER_SECOND = 0.02
/** Throttles that come this soon after one another are one event: the calls were under way together. */
const SAME_EVENT_MS = 1_000
/** Tokens are fractions; sums of them come this close to whole numbers. */
const EPSILON = 1e-6

export function fullBucket(limit: BucketLimit, nowMs: number): BucketState {
  return {
    tokens: limit.burst,
    atMs: nowMs,
    factor: 1,
    throttledAtMs: Number.NEGATIVE_INFINITY,
  }
}

/** The bucket at `nowMs`, with what has flowed in since. */
export function refill(limit: BucketLimit, state: BucketState, nowMs: number): BucketState {
  const seconds = Math.max(0, nowMs - state.atMs) / 1_000
  const factor = Math.min(1, state.factor + RECOVERY_PER_SECOND * seconds)
  const meanFactor = (state.factor + factor) / 2
  const tokens = Math.min(limit.burst, state.tokens + limit.perSecond * meanFactor * seconds)
  return { ...state, tokens, atMs: Math.max(nowMs, state.atMs), factor }
}

/** Whether a call may go that leaves `reserve` tokens to more urgent ones. */
export function canTake(state: BucketState, reserve: number): boolean {
  return state.tokens + EPSILON >= 1 + reserve
}

/** Takes tokens, also ones that are not there: what went past the bucket is charged. */
export function take(state: BucketState, count: number): BucketState {
  return { ...state, tokens: state.tokens - count }
}

/** Milliseconds until a call may go that leaves `reserve` tokens, if nobody else takes any. */
export function waitMs(limit: BucketLimit, state: BucketState, reserve: number): number {
  const missing = 1 + reserve - state.tokens
  if (missing <= EPSILON) return 0
  return Math.ceil((missing / (limit.perSecond * state.factor)) * 1_000)
}

/** After a throttle: nothing at once, and less from now on. */
export function slowDown(state: BucketState, nowMs: number): BucketState {
  const tokens = Math.min(state.tokens, 0)
  if (nowMs - state.throttledAtMs < SAME_EVENT_MS) return { ...state, tokens }
  const factor = Math.max(MIN_FACTOR, state.factor * DECREASE)
  return { ...state, tokens, factor, throttledAtMs: nowMs }
}
