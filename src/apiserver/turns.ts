import type { Clock } from '../lib/clock.ts'

/**
 * Answers that are begun in one turn of the event loop: sixteen pages of the largest size. Between turns
 * clients take what they asked for, and those that do not are cut off.
 */
export const ANSWERS_PER_TURN = 16

/** Spreads requests that come together over turns of the event loop; one that comes alone waits for nothing. */
export interface Turns {
  /** Resolves when an answer may be begun. */
  take(): Promise<void>
}

export function createTurns(clock: Clock): Turns {
  let taken = 0
  let nextTurn: Promise<void> | undefined
  const begin = (): Promise<void> =>
    new Promise((resolve) => {
      clock.after(0, () => {
        taken = 0
        nextTurn = undefined
        resolve()
      })
    })
  return {
    async take() {
      // All who wait wake up together, and the first of them take the places.
      while (taken >= ANSWERS_PER_TURN) await nextTurn
      taken += 1
      nextTurn ??= begin()
    },
  }
}
