interface Numbered {
  readonly sequence: number
}

/** Dead places are swept out when they outnumber the living, but not in tiny lists. */
const SWEEP_MIN = 32

/** Items in order of their growing sequence numbers, with cheap removal and paging. */
export class SequenceList<T extends Numbered> {
  #items: T[] = []
  readonly #living = new Set<T>()

  get size(): number {
    return this.#living.size
  }

  /** `item.sequence` must be greater than that of every item before it. */
  add(item: T): void {
    this.#items.push(item)
    this.#living.add(item)
  }

  remove(item: T): void {
    this.#living.delete(item)
    if (this.#items.length > Math.max(SWEEP_MIN, 2 * this.#living.size)) {
      this.#items = this.#items.filter((kept) => this.#living.has(kept))
    }
  }

  /** The items whose sequence number is greater than `sequence`, in order. */
  *after(sequence: number): Generator<T> {
    for (let index = this.#indexAfter(sequence); index < this.#items.length; index++) {
      const item = this.#items[index]
      if (item !== undefined && this.#living.has(item)) yield item
    }
  }

  #indexAfter(sequence: number): number {
    let low = 0
    let high = this.#items.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#items[middle]?.sequence ?? 0) <= sequence) low = middle + 1
      else high = middle
    }
    return low
  }
}
