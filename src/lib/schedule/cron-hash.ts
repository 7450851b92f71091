import { sha256 } from '../names.ts'

/** Values of the five fields. Days of the month go to 28, which every month has. */
const RANGES: readonly (readonly [number, number])[] = [
  [0, 59],
  [0, 23],
  [1, 28],
  [1, 12],
  [0, 6],
]

/** `H`, `H(0-7)`, `H/15`, `H(0-29)/10`. */
const HASHED = /^H(?:\((\d{1,2})-(\d{1,2})\))?(?:\/(\d{1,2}))?$/

/**
 * Replaces `H` in cron fields by a value that depends on `seed` and the field alone, so that many
 * deployments with the same cron text spread over the hour and each keeps its own minute. `H/n` is every
 * n-th from a hashed start. Throws with a sentence for an `H` that cannot be read.
 */
export function expandHashedFields(cron: string, seed: string): string {
  if (!cron.includes('H')) return cron
  return cron
    .trim()
    .split(/\s+/)
    .map((field, index) => expandField(field, index, seed))
    .join(' ')
}

function expandField(field: string, index: number, seed: string): string {
  return field
    .split(',')
    .map((part) => (part.startsWith('H') ? expandPart(part, index, seed) : part))
    .join(',')
}

function expandPart(part: string, index: number, seed: string): string {
  const { first, last, step } = readPart(part, RANGES[index] ?? [0, 0])
  const count = last - first + 1
  if (step === undefined) return String(first + hashBelow(count, seed, index))
  const start = first + hashBelow(Math.min(step, count), seed, index)
  return `${start}-${last}/${step}`
}

interface HashedPart {
  readonly first: number
  readonly last: number
  readonly step: number | undefined
}

function readPart(part: string, [least, most]: readonly [number, number]): HashedPart {
  const found = HASHED.exec(part)
  const [, from = least, to = most, step] = found ?? []
  const [first, last] = [Number(from), Number(to)]
  const isInRange = first >= least && last <= most && first <= last
  if (found && isInRange && step !== '0') {
    return { first, last, step: step === undefined ? undefined : Number(step) }
  }
  throw new Error(
    `'${part}' is no hashed field: write H, H/n, H(a-b) or H(a-b)/n with values from ${least} to ${most}`,
  )
}

/** A whole number from 0 to `bound` - 1. */
function hashBelow(bound: number, seed: string, index: number): number {
  return Number.parseInt(sha256(`cron/${seed}/${index}`).slice(0, 12), 16) % bound
}
