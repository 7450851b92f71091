import { plainText } from './json-text.ts'

const collator = new Intl.Collator('en', { numeric: true })

/** Order of `--sort-by`: nothing first, numbers by size, texts with the numbers in them by size. */
export function compareValues(a: unknown, b: unknown): number {
  if (a === undefined || a === null) return b === undefined || b === null ? 0 : -1
  if (b === undefined || b === null) return 1
  if (typeof a === 'number' && typeof b === 'number') return a - b
  return collator.compare(plainText(a), plainText(b))
}
