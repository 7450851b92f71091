import { DESCRIBE_TASKS_LIMIT } from '../../aws/ports.ts'
import { KeyedHeap } from '../../runtime/heap.ts'

/** Tasks that become due within this time are looked at together. */
export const COALESCE_MS = 50

/**
 * Which tasks are to be looked at when. Times are of one clock, in milliseconds; a place is an account with a
 * cluster, whose tasks share calls. A batch costs what is due in it, however many tasks are watched.
 */
export class LookQueue {
  readonly #places = new Map<string, KeyedHeap>()

  /** Adds the task, or moves it. */
  set(place: string, task: string, dueMs: number): void {
    const known = this.#places.get(place)
    const heap = known ?? new KeyedHeap()
    if (!known) this.#places.set(place, heap)
    if (heap.rankOf(task) !== dueMs) heap.set(task, dueMs)
  }

  delete(place: string, task: string): void {
    const heap = this.#places.get(place)
    if (heap?.delete(task) && heap.size === 0) this.#places.delete(place)
  }

  /** When the next task is due; infinite when there is none. */
  get firstMs(): number {
    let firstMs = Number.POSITIVE_INFINITY
    for (const heap of this.#places.values()) {
      firstMs = Math.min(firstMs, heap.firstRank ?? firstMs)
    }
    return firstMs
  }

  /**
   * Takes what is due out, in groups of at most 100 tasks of one place, each with at least one that is due;
   * free places go to those that are due next. Whoever takes them sets them anew.
   */
  takeDue(nowMs: number): readonly (readonly string[])[] {
    const batches: string[][] = []
    for (const [place, heap] of this.#places) {
      while ((heap.firstRank ?? Number.POSITIVE_INFINITY) <= nowMs + COALESCE_MS) {
        batches.push(takeBatch(heap))
      }
      if (heap.size === 0) this.#places.delete(place)
    }
    return batches
  }
}

function takeBatch(heap: KeyedHeap): string[] {
  const batch: string[] = []
  while (batch.length < DESCRIBE_TASKS_LIMIT) {
    const task = heap.pop()
    if (task === undefined) break
    batch.push(task)
  }
  return batch
}
