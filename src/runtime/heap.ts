interface Entry {
  readonly key: string
  readonly rank: number
  /** Order of arrival: equal ranks leave in the order in which they came. */
  readonly sequence: number
}

/** A binary min-heap of keys, each in it at most once, that can also be moved and taken out. */
export class KeyedHeap {
  readonly #entries: Entry[] = []
  /** Where in `#entries` each key stands. */
  readonly #positions = new Map<string, number>()
  #sequence = 0

  get size(): number {
    return this.#entries.length
  }

  /** The first key's rank; undefined when empty. */
  get firstRank(): number | undefined {
    return this.#entries[0]?.rank
  }

  rankOf(key: string): number | undefined {
    const position = this.#positions.get(key)
    return position === undefined ? undefined : this.#entries[position]?.rank
  }

  /** Adds the key, or moves it to `rank`, behind those that have the same rank already. */
  set(key: string, rank: number): void {
    const entry = { key, rank, sequence: this.#sequence++ }
    const position = this.#positions.get(key) ?? this.#entries.length
    this.#place(entry, position)
    this.#restore(position)
  }

  /** Takes the first key out. */
  pop(): string | undefined {
    const first = this.#entries[0]
    if (first) this.delete(first.key)
    return first?.key
  }

  /** Returns whether the key was there. */
  delete(key: string): boolean {
    const position = this.#positions.get(key)
    if (position === undefined) return false
    this.#positions.delete(key)
    const last = this.#entries.pop()
    if (last && last.key !== key) {
      this.#place(last, position)
      this.#restore(position)
    }
    return true
  }

  clear(): void {
    this.#entries.length = 0
    this.#positions.clear()
  }

  #place(entry: Entry, position: number): void {
    this.#entries[position] = entry
    this.#positions.set(entry.key, position)
  }

  /** Moves the entry at `position` up or down until every parent comes before its children. */
  #restore(position: number): void {
    if (!this.#rise(position)) this.#sink(position)
  }

  #rise(start: number): boolean {
    let position = start
    while (position > 0) {
      const parent = (position - 1) >> 1
      if (!this.#swapIfBefore(position, parent)) break
      position = parent
    }
    return position !== start
  }

  #sink(start: number): void {
    let position = start
    for (;;) {
      const child = this.#firstChild(position)
      if (child === undefined || !this.#swapIfBefore(child, position)) return
      position = child
    }
  }

  #firstChild(position: number): number | undefined {
    const left = 2 * position + 1
    const leftEntry = this.#entries[left]
    const rightEntry = this.#entries[left + 1]
    if (!leftEntry) return undefined
    return rightEntry && isBefore(rightEntry, leftEntry) ? left + 1 : left
  }

  #swapIfBefore(position: number, other: number): boolean {
    const entry = this.#entries[position]
    const otherEntry = this.#entries[other]
    if (!entry || !otherEntry || !isBefore(entry, otherEntry)) return false
    this.#place(entry, other)
    this.#place(otherEntry, position)
    return true
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.rank < b.rank || (a.rank === b.rank && a.sequence < b.sequence)
}
