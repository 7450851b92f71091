import { parseDurationMs } from '../lib/duration.ts'

/** `HH:MM:SS`, with any number of hours. */
const CLOCK_STYLE = /^(\d{1,5}):([0-5]\d):([0-5]\d)$/

/**
 * Milliseconds of a schedule's interval: a number of seconds, `HH:MM:SS`, an ISO 8601 duration (`PT15M`)
 * or `15m`. Undefined for anything else.
 */
export function parseIntervalMs(interval: number | string): number | undefined {
  if (typeof interval === 'number') return interval * 1_000
  const clock = CLOCK_STYLE.exec(interval)
  if (!clock) return parseDurationMs(interval)
  const [hours = 0, minutes = 0, seconds = 0] = clock.slice(1).map(Number)
  return ((hours * 60 + minutes) * 60 + seconds) * 1_000
}
