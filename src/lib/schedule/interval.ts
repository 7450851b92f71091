import type { Times } from './recurrence.ts'
import type { Zone } from './zone.ts'

const DAY_MS = 86_400_000

/**
 * Every `intervalMs` from an anchor, in both directions. Less than a day is elapsed time; a day or
 * more keeps the local time where clocks change (Prefect's rule).
 */
export function intervalTimes(intervalMs: number, anchorMs: number, zone: Zone): Times {
  const isElapsed = intervalMs < DAY_MS
  const startMs = isElapsed ? anchorMs : zone.wallOf(anchorMs)
  const at = (index: number): number => {
    const ms = startMs + index * intervalMs
    return isElapsed ? ms : zone.instantOf(ms)
  }
  /** The index of the first time after `afterMs`; the wall may be off by one interval. */
  const indexAfter = (afterMs: number): number => {
    const reference = isElapsed ? afterMs : zone.wallOf(afterMs)
    let index = Math.floor((reference - startMs) / intervalMs) - 1
    while (at(index) <= afterMs) index += 1
    return index
  }
  return {
    next: (afterMs) => at(indexAfter(afterMs)),
    latest(count, afterMs, untilMs) {
      const end = indexAfter(untilMs)
      return Array.from({ length: count }, (_, back) => at(end - count + back)).filter(
        (ms) => ms > afterMs,
      )
    },
  }
}
