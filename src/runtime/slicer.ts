import type { Clock } from '../lib/clock.ts'

/** API requests and timers wait at most this long for reconciles that never wait for anything. */
const SLICE_MS = 8

/** Cuts work that runs from promise to promise into slices, between which the event loop gets its turn. */
export interface Slicer {
  /**
   * Await this right before each piece of work; undefined means that it may begin at once. All workers share it:
   * when many resume together (a sync of the disk that all of them waited for), they begin one after another, as
   * many per turn as fit into its slice.
   */
  pause(): Promise<void> | undefined
}

/**
 * - A slice begins with the first piece of work in a turn of the event loop and ends with the turn.
 * - While a caller is being let go, or others wait, a new caller waits behind them.
 */
export function createSlicer(clock: Clock): Slicer {
  const line: (() => void)[] = []
  let startedMs: number | undefined
  let isServing = false

  function isOver(): boolean {
    startedMs ??= begin()
    return clock.monotonicMs() - startedMs >= SLICE_MS
  }

  function begin(): number {
    clock.after(0, () => {
      startedMs = undefined
      if (!isServing && line.length > 0) void serve()
    })
    return clock.monotonicMs()
  }

  async function serve(): Promise<void> {
    isServing = true
    await afterNext()
    while (line.length > 0 && !isOver()) {
      line.shift()?.()
      await afterNext()
    }
    isServing = false
  }

  function pause(): Promise<void> | undefined {
    if (isServing || line.length > 0 || isOver()) {
      return new Promise((resolve) => {
        line.push(resolve)
      })
    }
    void serve()
    return undefined
  }

  return { pause }
}

/** Lets the caller that was just let go run its piece of work: it resumes with the next microtask. */
async function afterNext(): Promise<void> {
  await Promise.resolve()
}
