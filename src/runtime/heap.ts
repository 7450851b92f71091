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

  /** The first keys, in the order in which they would leave. */
  first(count: number): readonly string[] {
    const keys: string[] = []
    // The next key is always a child of one that was taken.
    const front = this.#entries.length > 0 ? [0] : []
    while (keys.length < count && front.length > 0) {
      const [next, place] = this.#foremost(front)
      front.splice(place, 1)
      keys.push(this.#entries[next]?.key ?? '')
      for (const child of [2 * next + 1, 2 * next + 2]) {
        if (child < this.#entries.length) front.push(child)
      }
    }
    return keys
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

  /** The position among these whose entry leaves first, and its index in the list. */
  #foremost(positions: readonly number[]): readonly [number, number] {
    let found: readonly [number, number] = [positions[0] ?? 0, 0]
    for (const [place, position] of positions.entries()) {
      const [entry, best] = [this.#entries[position], this.#entries[found[0]]]
      if (entry && best && isBefore(entry, best)) found = [position, place]
    }
    return found
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
