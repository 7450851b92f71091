import { parseIsoTime } from '../instant.ts'

/** A time zone of the IANA database. Wall times are milliseconds, written as if the zone were UTC. */
export interface Zone {
  readonly name: string
  /** What clocks on the wall show at an instant. */
  wallOf(instantMs: number): number
  /**
   * The instant of a wall time. One that comes twice is the first of the two; one that is skipped is the
   * instant at which the clocks are set forward.
   */
  instantOf(wallMs: number): number
}

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS

/** Throws RangeError when there is no such zone. */
export function createZone(name: string): Zone {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' })
  const offsetMs = (instantMs: number): number => parseOffset(format.format(instantMs))
  return {
    name,
    wallOf: (instantMs) => instantMs + offsetMs(instantMs),
    instantOf(wallMs) {
      // A day to either side is on either side of a change; no zone changes twice in two days.
      const before = wallMs - offsetMs(wallMs - DAY_MS)
      const after = wallMs - offsetMs(wallMs + DAY_MS)
      const fitting = [before, after].filter((ms) => ms + offsetMs(ms) === wallMs)
      if (fitting.length > 0) return Math.min(...fitting)
      return changeBetween(offsetMs, Math.min(before, after), Math.max(before, after))
    },
  }
}

/** `GMT+05:30` at the end of a formatted date; `GMT` alone is none. */
function parseOffset(text: string): number {
  const [, sign, hours, minutes, seconds = '0'] =
    /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(text) ?? []
  if (sign === undefined) return 0
  const total = (Number(hours) * 60 + Number(minutes)) * MINUTE_MS + Number(seconds) * 1000
  return sign === '-' ? -total : total
}

/** The first instant with the offset that `toMs` has, given that the offset changes once after `fromMs`. */
function changeBetween(offsetMs: (ms: number) => number, fromMs: number, toMs: number): number {
  const wanted = offsetMs(toMs)
  let [low, high] = [fromMs - 1, toMs]
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (offsetMs(middle) === wanted) high = middle
    else low = middle
  }
  return high
}

/** `20260131T083000` (a `Z` at its end does not count) as a wall time; undefined when it is none. */
export function parseCompactTime(text: string): number | undefined {
  const [, year, month, day, hour = '00', minute = '00', second = '00'] =
    /^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)Z?)?$/.exec(text) ?? []
  if (year === undefined) return undefined
  return parseIsoTime(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
}
