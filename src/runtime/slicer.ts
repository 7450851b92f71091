import type { Clock } from '../lib/clock.ts'

/** API requests and timers wait at most this long for reconciles that never wait for anything. */
const SLICE_MS = 8

/** Cuts work that runs from promise to promise into slices, between which the event loop gets its turn. */
export interface Slicer {
  /**
   * To be awaited between two pieces of work: undefined while the slice lasts. Shared by all workers, so that
   * none goes on in another's pause; of many that wait, each turn takes as many as fit into its slice.
   */
  pause(): Promise<void> | undefined
}

/** A slice begins with the first piece of work in a turn of the event loop and ends with the turn. */
interface Slice {
  readonly startedMs: number
  readonly nextTurn: Promise<void>
}

export function createSlicer(clock: Clock): Slicer {
  let slice: Slice | undefined

  function begin(): Slice {
    const nextTurn = new Promise<void>((resolve) => {
      clock.after(0, () => {
        slice = undefined
        resolve()
      })
    })
    return { startedMs: clock.monotonicMs(), nextTurn }
  }

  function pause(): Promise<void> | undefined {
    slice ??= begin()
    const isOver = clock.monotonicMs() - slice.startedMs >= SLICE_MS
    return isOver ? slice.nextTurn.then(pause) : undefined
  }

  return { pause }
}
