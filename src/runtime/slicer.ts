import type { Clock } from '../lib/clock.ts'

/** API requests and timers wait at most this long for reconciles that never wait for anything. */
const SLICE_MS = 8

/** Cuts work that runs from promise to promise into slices, between which the event loop gets its turn. */
export interface Slicer {
  /**
   * To be awaited right before each piece of work: undefined when it may begin at once. Shared by all workers:
   * they begin one after another, so that of many that go on together (a sync of the disk was awaited by all of
   * them) each turn takes as many as fit into its slice.
   */
  pause(): Promise<void> | undefined
}

/**
 * - A slice begins with the first piece of work in a turn of the event loop and ends with the turn.
 * - While somebody is let go, and while somebody stands in line, whoever comes stands in line.
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

/** After the next piece of what was just let go: it goes on with the next microtask. */
async function afterNext(): Promise<void> {
  await Promise.resolve()
}
