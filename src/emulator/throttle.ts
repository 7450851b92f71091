import type { Clock } from '../lib/clock.ts'
import type { EmulatorConfig } from './config.ts'
import { AWS_BUCKETS, type Bucket, type BucketName, type Buckets } from './throttle-buckets.ts'

/** Absorbs what binary fractions lose: a token that is due counts as there. */
const ROUNDING = 1e-9

export interface Throttle {
  /** Takes `tokens` of a bucket; false when it holds too few (then none are taken). */
  take(bucket: BucketName, tokens?: number): boolean
}

/** Token buckets on the given clock. A bucket that the configuration does not name never runs dry. */
export function createThrottle(config: EmulatorConfig['throttle'], clock: Clock): Throttle {
  if (config === 'none') return { take: () => true }
  const buckets: Buckets = config === 'aws' ? AWS_BUCKETS : config
  const levels = new Map<BucketName, { tokens: number; atMs: number }>()
  return {
    take(name, tokens = 1) {
      const bucket = buckets[name]
      if (!bucket) return true
      const nowMs = clock.monotonicMs()
      const available = refilled(bucket, levels.get(name), nowMs)
      const enough = available + ROUNDING >= tokens
      levels.set(name, { tokens: enough ? available - tokens : available, atMs: nowMs })
      return enough
    },
  }
}

function refilled(
  bucket: Bucket,
  level: { tokens: number; atMs: number } | undefined,
  nowMs: number,
): number {
  if (!level) return bucket.burst
  return Math.min(bucket.burst, level.tokens + ((nowMs - level.atMs) / 1000) * bucket.perSecond)
}
