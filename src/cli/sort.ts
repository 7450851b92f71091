import { plainText } from './json-text.ts'

/** Order of `--sort-by`: nothing first, numbers by size, texts with the numbers in them by size. */
export function createComparison(): (a: unknown, b: unknown) => number {
  const collator = new Intl.Collator('en', { numeric: true })
  return (a, b) => {
    const [isAbsentA, isAbsentB] = [a ?? undefined, b ?? undefined].map((x) => x === undefined)
    if (isAbsentA || isAbsentB) return Number(isAbsentB) - Number(isAbsentA)
    if (typeof a === 'number' && typeof b === 'number') return a - b
    return collator.compare(plainText(a), plainText(b))
  }
}
