/** Negative: `a` comes before `b`. */
export type Compare<T> = (a: T, b: T) => number

/** The index of `item` in a list sorted by `compare`, or where it would be inserted: before its equals. */
export function placeIn<T>(sorted: readonly T[], item: T, compare: Compare<T>): number {
  // Most of what comes is the newest.
  const last = sorted.at(-1)
  if (last !== undefined && compare(last, item) < 0) return sorted.length
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const other = sorted[middle]
    if (other !== undefined && compare(other, item) < 0) low = middle + 1
    else high = middle
  }
  return low
}

/** Items that are sorted, or merged, between two pauses: about a millisecond. */
const SLICE = 1_024

/** As `toSorted`, with pauses in between: `pause` gives undefined where none is needed. */
export async function sortInSlices<T>(
  items: readonly T[],
  compare: Compare<T>,
  pause: () => Promise<void> | undefined,
): Promise<readonly T[]> {
  let runs: (readonly T[])[] = []
  for (let start = 0; start < items.length; start += SLICE) {
    runs.push(items.slice(start, start + SLICE).sort(compare))
    await pause()
  }
  while (runs.length > 1) {
    const longer: (readonly T[])[] = []
    for (let index = 0; index < runs.length; index += 2) {
      const pair = { left: runs[index] ?? [], right: runs[index + 1] ?? [] }
      longer.push(await mergeInSlices(pair, compare, pause))
    }
    runs = longer
  }
  return runs[0] ?? []
}

/** Two sorted lists as one; of equals the left one's come first. */
async function mergeInSlices<T>(
  { left, right }: { readonly left: readonly T[]; readonly right: readonly T[] },
  compare: Compare<T>,
  pause: () => Promise<void> | undefined,
): Promise<readonly T[]> {
  const merged: T[] = []
  let taken = 0
  for (const [index, item] of left.entries()) {
    if (index % SLICE === 0) await pause()
    for (let next = right[taken]; next !== undefined && compare(next, item) < 0; ) {
      merged.push(next)
      taken += 1
      next = right[taken]
    }
    merged.push(item)
  }
  for (let next = right[taken]; next !== undefined; next = right[taken]) {
    merged.push(next)
    taken += 1
  }
  return merged
}
