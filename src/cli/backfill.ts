import type { Schedule } from '../kinds/generated.ts'
import { readSchedule } from '../kinds/schedule.ts'
import { scheduledRun, scheduleName } from '../kinds/scheduled-run.ts'
import { isoTime } from '../lib/instant.ts'
import { CliError, UsageError } from './errors.ts'

/** Runs that one backfill makes: more are more than one wants to find out about afterwards. */
export const MAX_BACKFILL = 1_000

export interface BackfillRequest {
  readonly deployment: { readonly name: string; readonly namespace: string; readonly uid: string }
  readonly schedules: readonly Schedule[]
  /** Slug or place of the only schedule that counts; all active ones when absent. */
  readonly schedule: string | undefined
  /** Both ends count. */
  readonly fromMs: number
  readonly toMs: number
}

export type PlannedRun = ReturnType<typeof scheduledRun>

/**
 * The runs that the schedules of a deployment would have made in a span of time, oldest first. They have
 * the names that the schedules themselves give, so no time runs twice. Throws UsageError for more than
 * MAX_BACKFILL of them.
 */
export function planBackfill(request: BackfillRequest): readonly PlannedRun[] {
  const { deployment, fromMs, toMs } = request
  const runs = new Map<string, readonly [number, PlannedRun]>()
  for (const schedule of wanted(request)) {
    const times = timesOf(schedule.spec, request)
    for (const ms of times) {
      const run = scheduledRun(deployment, schedule, ms)
      if (!runs.has(run.metadata.name)) runs.set(run.metadata.name, [ms, run])
    }
  }
  if (runs.size > MAX_BACKFILL) {
    throw new UsageError(
      `more than ${MAX_BACKFILL} runs between ${isoTime(fromMs)} and ${isoTime(toMs)}: choose a shorter span, or one --schedule`,
    )
  }
  return [...runs.values()].toSorted(([a], [b]) => a - b).map(([, run]) => run)
}

function wanted({ deployment, schedules, schedule: only }: BackfillRequest): readonly {
  readonly name: string
  readonly spec: Schedule
}[] {
  const named = schedules.map((spec, index) => ({ name: scheduleName(spec, index), spec }))
  const chosen =
    only === undefined
      ? named.filter(({ spec }) => spec.active !== false)
      : named.filter(({ name }) => name === only)
  if (chosen.length > 0) return chosen
  if (only === undefined)
    throw new CliError(`deployment "${deployment.name}" has no active schedule`)
  const names = named.map(({ name }) => name).join(', ') || 'none'
  throw new UsageError(`deployment "${deployment.name}" has no schedule ${only}; it has: ${names}`)
}

function timesOf(
  schedule: Schedule,
  { deployment, fromMs, toMs }: BackfillRequest,
): readonly number[] {
  return readSchedule(schedule, deployment.uid).between(fromMs - 1, toMs, MAX_BACKFILL + 1)
}
