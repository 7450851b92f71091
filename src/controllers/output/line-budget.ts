import type { Clock } from '../../lib/clock.ts'

/** Lets so many lines through; a whole second's worth may come at once. */
export interface LineBudget {
  /** False when the line is one too many. */
  take(): boolean
}

export function createLineBudget(clock: Clock, linesPerSecond: number): LineBudget {
  let left = linesPerSecond
  let filledAtMs = clock.monotonicMs()
  return {
    take() {
      const nowMs = clock.monotonicMs()
      left = Math.min(linesPerSecond, left + ((nowMs - filledAtMs) * linesPerSecond) / 1000)
      filledAtMs = nowMs
      if (left < 1) return false
      left -= 1
      return true
    },
  }
}
