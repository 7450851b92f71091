import type { Options } from 'rrule'
import { isoTime } from '../instant.ts'

export type RuleOptions = Partial<Options> & { readonly freq: number; readonly interval: number }

/** As the library numbers frequencies and weekdays. */
const [YEARLY, MONTHLY, WEEKLY, DAILY, HOURLY, MINUTELY, SECONDLY] = [0, 1, 2, 3, 4, 5, 6] as const
const WEEKDAYS: readonly string[] = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU']

const DAY_MS = 86_400_000

/** Length of a frequency's step, where it has one. */
export const STEP_MS: Readonly<Record<number, number>> = {
  [WEEKLY]: 7 * DAY_MS,
  [DAILY]: DAY_MS,
  [HOURLY]: 3_600_000,
  [MINUTELY]: 60_000,
  [SECONDLY]: 1_000,
}

/** A rule with COUNT is walked from its start each time; this many steps take a few milliseconds. */
const MAX_COUNT = 10_000
/** Longest distance of two times: the 29th of February on a given weekday comes within 40 years. */
const HORIZON_DAYS = 41 * 366

type Part = Options['bymonth']

function listOf(part: Part | undefined): readonly number[] {
  if (part === undefined || part === null) return []
  return Array.isArray(part) ? part : [part]
}

/**
 * Refuses rules that the library would search until the year 9999, seconds or minutes long. Throws with
 * a sentence.
 */
export function checkReachable(options: RuleOptions, startWallMs: number): void {
  const { freq, interval, count } = options
  if (!Number.isInteger(interval) || interval < 1) throw new Error('INTERVAL must be at least 1')
  if ((count ?? 0) > MAX_COUNT) throw new Error(`COUNT must be at most ${MAX_COUNT}; use UNTIL`)
  if (freq !== YEARLY && listOf(options.byweekno).length > 0) {
    throw new Error('BYWEEKNO goes with FREQ=YEARLY only')
  }
  if (freq !== YEARLY && freq !== MONTHLY && listOf(options.bysetpos).length > 0) {
    throw new Error('BYSETPOS goes with FREQ=YEARLY and FREQ=MONTHLY only')
  }
  if (!someDayFits(options, startWallMs) || !someTimeFits(options, startWallMs)) {
    throw new Error('this time never comes')
  }
}

/** Whether a day that the rule steps on passes its filters. Weekdays with a number count without it. */
function someDayFits(options: RuleOptions, startWallMs: number): boolean {
  const stepMs = (STEP_MS[options.freq] ?? 0) * options.interval
  const isWholeDays = options.freq !== WEEKLY && stepMs > 0 && stepMs % DAY_MS === 0
  const stepDays = isWholeDays ? stepMs / DAY_MS : 1
  const months = listOf(options.bymonth)
  const monthDays = listOf(options.bymonthday)
  const weekdays = weekdaysOf(options)
  for (let day = 0; day <= HORIZON_DAYS * Math.max(1, stepDays / 366); day += stepDays) {
    const date = dateOf(startWallMs + day * DAY_MS)
    const fits =
      contains(months, date.month) &&
      (contains(monthDays, date.day) || monthDays.includes(date.day - date.monthLength - 1)) &&
      contains(weekdays, date.weekday)
    if (fits) return true
  }
  return false
}

function contains(list: readonly number[], value: number): boolean {
  return list.length === 0 || list.includes(value)
}

/** 0 for Monday. A day may carry a number before its name, as in -1FR. */
function weekdaysOf({ byweekday }: RuleOptions): readonly number[] {
  if (byweekday === undefined || byweekday === null) return []
  const list = Array.isArray(byweekday) ? byweekday : [byweekday]
  return list.map((day) =>
    typeof day === 'number' ? day : WEEKDAYS.indexOf(day.toString().slice(-2)),
  )
}

function dateOf(wallMs: number): {
  readonly month: number
  readonly day: number
  readonly monthLength: number
  readonly weekday: number
} {
  const text = isoTime(wallMs)
  const day = Number(text.slice(8, 10))
  const inNextMonth = wallMs + (32 - day) * DAY_MS
  return {
    month: Number(text.slice(5, 7)),
    day,
    monthLength: 32 - Number(isoTime(inNextMonth).slice(8, 10)),
    // 1970-01-01 was a Thursday.
    weekday: (((Math.floor(wallMs / DAY_MS) + 3) % 7) + 7) % 7,
  }
}

/** Units of a day that each frequency below a day steps through. */
const UNITS_OF_DAY: Readonly<Record<number, number>> = {
  [HOURLY]: 24,
  [MINUTELY]: 1_440,
  [SECONDLY]: 86_400,
}

/** Whether the rule, stepping through the day, ever stands on a time that passes its filters. */
function someTimeFits(options: RuleOptions, startWallMs: number): boolean {
  const units = UNITS_OF_DAY[options.freq]
  if (units === undefined) return true
  const hours = listOf(options.byhour)
  const minutes = listOf(options.byminute)
  const seconds = listOf(options.bysecond)
  const unitMs = DAY_MS / units
  const start = Math.floor((startWallMs % DAY_MS) / unitMs)
  for (let step = 0; step < units; step += 1) {
    const second = (((start + step * options.interval) % units) * unitMs) / 1000
    const fits =
      contains(hours, Math.floor(second / 3600)) &&
      (options.freq === HOURLY || contains(minutes, Math.floor(second / 60) % 60)) &&
      (options.freq !== SECONDLY || contains(seconds, second % 60))
    if (fits) return true
  }
  return false
}
