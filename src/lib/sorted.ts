/** Negative: `a` comes before `b`. */
export type Compare<T> = (a: T, b: T) => number

/** Where `item` stands in a list that is in the order of `compare`, or would be put: before its equals. */
export function placeIn<T>(sorted: readonly T[], item: T, compare: Compare<T>): number {
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
