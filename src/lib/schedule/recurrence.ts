import { parseIsoTime } from '../instant.ts'
import { sha256 } from '../names.ts'
import { cronTimes } from './cron.ts'
import { intervalTimes } from './interval.ts'
import { rruleTimes } from './rrule.ts'
import { createZone } from './zone.ts'

/** One schedule: exactly one of cron, intervalMs and rrule. */
export interface RecurrenceSpec {
  readonly cron?: string | undefined
  readonly intervalMs?: number | undefined
  readonly rrule?: string | undefined
  /** IANA name; UTC when absent. */
  readonly timezone?: string | undefined
  /** RFC 3339; where an interval starts to count. */
  readonly anchorDate?: string | undefined
  /** What makes hashed cron fields differ; a deployment's uid. */
  readonly seed: string
}

/** The times of a schedule, in epoch milliseconds. Pure: the same question has the same answer. */
export interface Times {
  /** The first time after `afterMs`; undefined when none comes. */
  next(afterMs: number): number | undefined
  /** The newest `count` times after `afterMs` and not after `untilMs`, oldest first. */
  latest(count: number, afterMs: number, untilMs: number): readonly number[]
}

export interface Recurrence extends Times {
  /** The first `limit` times after `fromMs` and not after `toMs`, oldest first. */
  between(fromMs: number, toMs: number, limit: number): readonly number[]
}

/** Where intervals and rules without a start of their own begin: midnight in the zone, so that an hour is a full hour. */
const DEFAULT_START = '2020-01-01T00:00:00Z'

/** Reads a schedule. Throws with a sentence for one that cannot be read. */
export function createRecurrence(spec: RecurrenceSpec): Recurrence {
  const times = remembering(timesOf(spec))
  return {
    ...times,
    between(fromMs, toMs, limit) {
      const found: number[] = []
      let next = times.next(fromMs)
      while (next !== undefined && next <= toMs && found.length < limit) {
        found.push(next)
        next = times.next(next)
      }
      return found
    },
  }
}

function timesOf(spec: RecurrenceSpec): Times {
  const zone = createZone(spec.timezone ?? 'UTC')
  const startWallMs = parseIsoTime(DEFAULT_START) ?? 0
  if (spec.cron !== undefined) return cronTimes(spec.cron, zone.name, spec.seed)
  if (spec.intervalMs !== undefined) {
    const anchorMs = parseIsoTime(spec.anchorDate) ?? zone.instantOf(startWallMs)
    return intervalTimes(spec.intervalMs, anchorMs, zone)
  }
  if (spec.rrule !== undefined) return rruleTimes(spec.rrule, zone, startWallMs)
  throw new Error('a schedule needs one of cron, interval and rrule')
}

/** Answers that are kept: callers ask for a schedule's next times again and again. */
const KEPT_ANSWERS = 32

/** Remembers answers. That a schedule has ended is kept for good: it is the answer that costs most to find. */
function remembering(times: Times): Times {
  const known = new Map<number, number>()
  let endedMs = Number.POSITIVE_INFINITY
  return {
    ...times,
    next(afterMs) {
      if (afterMs >= endedMs) return undefined
      const before = known.get(afterMs)
      if (before !== undefined) return before
      const next = times.next(afterMs)
      if (next === undefined) endedMs = afterMs
      else {
        if (known.size >= KEPT_ANSWERS) known.clear()
        known.set(afterMs, next)
      }
      return next
    },
  }
}

/** A deployment's share of `jitterSeconds`, in whole seconds: always the same, so that its runs keep their distance. */
export function jitterMs(jitterSeconds: number, seed: string): number {
  if (jitterSeconds <= 0) return 0
  const hash = Number.parseInt(sha256(`jitter/${seed}`).slice(0, 12), 16)
  return (hash % (jitterSeconds + 1)) * 1000
}
