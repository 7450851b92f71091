/** Words longer than this are not compared: the table grows with the square. */
const MAX_WORD_LENGTH = 128

/**
 * The candidate that `word` was most likely meant to be: the fewest insertions, deletions,
 * replacements and swaps of neighbours, at most a third of its length. Case does not count; the
 * earlier of two equally near ones wins. Undefined when nothing is near.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const limit = Math.max(1, Math.floor(word.length / 3))
  let best: { readonly candidate: string; readonly distance: number } | undefined
  if (word.length > MAX_WORD_LENGTH) return undefined
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) > limit) continue
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase())
    if (distance <= limit && (!best || distance < best.distance)) best = { candidate, distance }
  }
  return best?.candidate
}

/** Optimal string alignment distance, two rows back at most. */
function editDistance(a: string, b: string): number {
  let beforePrevious: readonly number[] = []
  let previous: readonly number[] = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const row = nextRow({ a, b, i, previous, beforePrevious })
    beforePrevious = previous
    previous = row
  }
  return at(previous, b.length)
}

interface Rows {
  readonly a: string
  readonly b: string
  readonly i: number
  readonly previous: readonly number[]
  readonly beforePrevious: readonly number[]
}

/** Distances of the first `i` characters of `a` to each beginning of `b`. */
function nextRow({ a, b, i, previous, beforePrevious }: Rows): readonly number[] {
  const row = [i]
  for (let j = 1; j <= b.length; j++) {
    const cost = a[i - 1] === b[j - 1] ? 0 : 1
    const edits = [at(previous, j) + 1, at(row, j - 1) + 1, at(previous, j - 1) + cost]
    const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
    if (isSwap) edits.push(at(beforePrevious, j - 2) + 1)
    row.push(Math.min(...edits))
  }
  return row
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? 0
}
