/**
 * Time as an input. Everything that needs "now", a delay or a timer takes a Clock, so that tests and
 * the simulator move time themselves. Wall time (`nowMs`) is for deadlines that people see; monotonic
 * time is for measuring intervals, because wall clocks step.
 */
export interface Clock {
  /** Wall time, milliseconds since the Unix epoch. May jump in either direction. */
  nowMs(): number
  /** Milliseconds since an arbitrary start; never goes back. */
  monotonicMs(): number
  /** Calls `fire` once, `delayMs` from now (0 means: as soon as possible, never synchronously). Returns a cancel function. */
  after(delayMs: number, fire: () => void): () => void
}

/** Longest delay that Node's timers take; longer ones are re-armed. */
const MAX_TIMER_MS = 2 ** 31 - 1

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, fire) {
    if (delayMs > MAX_TIMER_MS) {
      let cancel = systemClock.after(MAX_TIMER_MS, () => {
        cancel = systemClock.after(delayMs - MAX_TIMER_MS, fire)
      })
      return () => cancel()
    }
    const timer = setTimeout(fire, Math.max(0, delayMs))
    return () => clearTimeout(timer)
  },
}

/** Resolves after `delayMs`; rejects with the signal's reason when aborted first. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason as Error)
      return
    }
    const onAbort = (): void => {
      cancel()
      reject(signal?.reason as Error)
    }
    const cancel = clock.after(delayMs, () => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    })
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}
