import type { ScheduleStatus } from '../../kinds/deployment.ts'
import type { Schedule } from '../../kinds/generated.ts'
import { isoTime, parseIsoTime } from '../../lib/instant.ts'
import type { Recurrence } from '../../lib/schedule/recurrence.ts'
import { CLOCK_STEP_MS, MAX_CATCH_UP, ON_TIME_MS } from './limits.ts'

/** What a schedule asks for now. Times are scheduled times: without jitter. */
export interface Due {
  /** To be started, oldest first. */
  readonly startMs: readonly number[]
  /** The newest time that is not started any more; undefined when none was missed. */
  readonly missedMs: number | undefined
  /** Everything up to here is dealt with once `startMs` is started. */
  readonly handledUntilMs: number
}

/**
 * Which times of a schedule are to be started. `nowMs` is the time by which they are due, jitter taken
 * off. No rule counts the missed times one by one, so a controller that was down over a million of them
 * decides as fast as over one.
 */
export function dueTimes(
  schedule: Schedule,
  recurrence: Recurrence,
  state: Pick<ScheduleStatus, 'handledUntil'>,
  nowMs: number,
): Due {
  const stateMs = parseIsoTime(state.handledUntil) ?? nowMs
  // The clock was set back: what was started at those times is known by its uid and not made again.
  const fromMs = stateMs > nowMs + CLOCK_STEP_MS ? nowMs : stateMs
  const oldest = recurrence.next(fromMs)
  if (oldest === undefined || oldest > nowMs) {
    return { startMs: [], missedMs: undefined, handledUntilMs: fromMs }
  }
  const wanted = recurrence.latest(wantedCount(schedule), fromMs, nowMs)
  const startMs = wanted.filter((ms) => nowMs - ms <= deadlineMs(schedule))
  const newest = wanted.at(-1) ?? nowMs
  const missed = startMs.length === 0 ? newest : newestBefore(recurrence, fromMs, startMs[0])
  return { startMs, missedMs: missed, handledUntilMs: newest }
}

function wantedCount({ catchUp = 'Latest', maxCatchUp = MAX_CATCH_UP }: Schedule): number {
  return catchUp === 'All' ? maxCatchUp : 1
}

function deadlineMs({ catchUp, startingDeadlineSeconds }: Schedule): number {
  if (startingDeadlineSeconds !== undefined) {
    return Math.max(ON_TIME_MS, startingDeadlineSeconds * 1000)
  }
  return catchUp === 'None' ? ON_TIME_MS : Number.POSITIVE_INFINITY
}

function newestBefore(
  recurrence: Recurrence,
  fromMs: number,
  firstMs: number | undefined,
): number | undefined {
  return firstMs === undefined ? undefined : recurrence.latest(1, fromMs, firstMs - 1)[0]
}

/** One sentence about times that no run was made for. */
export function missedSentence(name: string, due: Due, schedule: Schedule): string {
  const upTo = due.missedMs === undefined ? '' : isoTime(due.missedMs)
  const why =
    due.startMs.length === 0
      ? 'it is too late for them'
      : `catchUp ${schedule.catchUp ?? 'Latest'} makes up for ${due.startMs.length}`
  return `Schedule ${name}: no run was started for its times up to ${upTo}; ${why}.`
}
