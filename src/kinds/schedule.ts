import { createRecurrence, type Recurrence } from '../lib/schedule/recurrence.ts'
import type { Schedule } from './generated.ts'
import { parseIntervalMs } from './interval.ts'

/** The times of a schedule of a deployment. Throws with a sentence for one that cannot be read. */
export function readSchedule(schedule: Schedule, deploymentUid: string): Recurrence {
  const { cron, interval, rrule, timezone, anchorDate } = schedule
  const intervalMs = interval === undefined ? undefined : parseIntervalMs(interval)
  return createRecurrence({ cron, intervalMs, rrule, timezone, anchorDate, seed: deploymentUid })
}
