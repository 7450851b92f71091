/** How many beats may come at once, and how many a second in the long run. */
export interface BeatRate {
  readonly burst: number
  readonly perSecond: number
}

interface Bucket {
  tokens: number
  atMs: number
}

/**
 * One token bucket per key. At most `maxKeys` are remembered; the one least recently used is forgotten first, which
 * only gives its owner a full bucket again.
 */
export class BeatLimiter {
  readonly #rate: BeatRate
  readonly #maxKeys: number
  readonly #buckets = new Map<string, Bucket>()

  constructor(rate: BeatRate, maxKeys: number) {
    this.#rate = rate
    this.#maxKeys = maxKeys
  }

  /** Whether one more may come now. `nowMs` is monotonic. */
  take(key: string, nowMs: number): boolean {
    const { burst, perSecond } = this.#rate
    const known = this.#buckets.get(key) ?? { tokens: burst, atMs: nowMs }
    this.#buckets.delete(key)
    const tokens = Math.min(burst, known.tokens + ((nowMs - known.atMs) / 1000) * perSecond)
    const isAllowed = tokens >= 1
    this.#buckets.set(key, { tokens: isAllowed ? tokens - 1 : tokens, atMs: nowMs })
    if (this.#buckets.size > this.#maxKeys) this.#forgetOldest()
    return isAllowed
  }

  get size(): number {
    return this.#buckets.size
  }

  #forgetOldest(): void {
    const [oldest] = this.#buckets.keys()
    if (oldest !== undefined) this.#buckets.delete(oldest)
  }
}
