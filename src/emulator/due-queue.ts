interface Due<T> {
  readonly atMs: number
  readonly order: number
  readonly item: T
}

/**
 * A binary heap of things that fall due, earliest first, ties in the order they were added. Entries
 * are never removed early: the taker checks whether one still counts.
 */
export class DueQueue<T> {
  readonly #heap: Due<T>[] = []
  #lastOrder = 0

  get size(): number {
    return this.#heap.length
  }

  /** The earliest item, with its time. */
  get next(): { readonly atMs: number; readonly item: T } | undefined {
    return this.#heap[0]
  }

  add(atMs: number, item: T): void {
    const heap = this.#heap
    const due = { atMs, item, order: ++this.#lastOrder }
    let index = heap.push(due) - 1
    while (index > 0) {
      const parentIndex = (index - 1) >> 1
      const parent = heap[parentIndex]
      if (parent === undefined || isBefore(parent, due)) break
      heap[index] = parent
      index = parentIndex
    }
    heap[index] = due
  }

  /** Removes and returns the earliest item that is due at `nowMs`; undefined when none is. */
  take(nowMs: number): T | undefined {
    const first = this.#heap[0]
    if (first === undefined || first.atMs > nowMs) return undefined
    const last = this.#heap.pop()
    if (last !== undefined && last !== first) this.#sink(last)
    return first.item
  }

  /** Puts `due` at the root and moves it down to its place. */
  #sink(due: Due<T>): void {
    const heap = this.#heap
    let index = 0
    for (;;) {
      const left = heap[2 * index + 1]
      const right = heap[2 * index + 2]
      const rightFirst = right !== undefined && left !== undefined && isBefore(right, left)
      const child = rightFirst ? right : left
      if (child === undefined || isBefore(due, child)) break
      heap[index] = child
      index = 2 * index + (rightFirst ? 2 : 1)
    }
    heap[index] = due
  }
}

function isBefore<T>(a: Due<T>, b: Due<T>): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
}
