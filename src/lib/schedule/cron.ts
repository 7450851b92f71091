import { Cron } from 'croner'
import { toDate } from '../instant.ts'
import { expandHashedFields } from './cron-hash.ts'
import type { Times } from './recurrence.ts'

/**
 * The times of five cron fields in a zone. Where clocks change, Vixie cron's rule holds: a job at fixed
 * minutes and hours that is skipped runs at the change, and one that comes twice runs the first time; a
 * job with a wildcard or a step in its minutes or hours follows the time that really passes.
 * Throws for fields that cannot be read.
 */
export function cronTimes(cron: string, zone: string, seed: string): Times {
  const pattern = new Cron(expandHashedFields(cron, seed), { timezone: zone, paused: true })
  return {
    next: (afterMs) => pattern.nextRun(toDate(afterMs))?.getTime(),
    latest: (count, afterMs, untilMs) =>
      pattern
        // Exclusive of the reference, which has whole seconds.
        .previousRuns(count, toDate(Math.floor(untilMs / 1000) * 1000 + 1000))
        .map((date) => date.getTime())
        .filter((ms) => ms > afterMs && ms <= untilMs)
        .toSorted((a, b) => a - b),
  }
}
