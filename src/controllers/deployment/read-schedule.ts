import type { Schedule } from '../../kinds/generated.ts'
import { readSchedule } from '../../kinds/schedule.ts'
import { errorMessage } from '../../lib/errors.ts'
import { canonicalJson } from '../../lib/json.ts'
import type { ReadSchedule } from './world.ts'

/** Schedules that are remembered: more than any installation has, so none is parsed twice. */
const CACHE_LIMIT = 20_000

/** Reads schedules and remembers them: most reconciles of a deployment ask for the same ones again. */
export function createScheduleReader(): (schedule: Schedule, seed: string) => ReadSchedule {
  const known = new Map<string, ReadSchedule>()
  return (schedule, seed) => {
    const { cron, interval, rrule, timezone, anchorDate } = schedule
    const key = canonicalJson({ cron, interval, rrule, timezone, anchorDate, seed })
    const before = known.get(key)
    if (before) return before
    if (known.size >= CACHE_LIMIT) known.clear()
    const read = tryToRead(schedule, seed)
    known.set(key, read)
    return read
  }
}

function tryToRead(schedule: Schedule, seed: string): ReadSchedule {
  try {
    return { type: 'Valid', recurrence: readSchedule(schedule, seed) }
  } catch (error) {
    return { type: 'Invalid', problem: errorMessage(error) }
  }
}
