import { errorMessage, rootCause } from '../lib/errors.ts'
import { StoreUnusable } from '../store/errors.ts'

/** The controller cannot start, and a person can change that. The message is one sentence with the way out. */
export class StartProblem extends Error {
  override readonly name = 'StartProblem'
}

/**
 * What stderr says about a start that failed: a sentence where one is known; where
 * Capstan is at fault, the stack of where it happened rather than of those who passed it on.
 */
export function explainStart(error: unknown): string {
  const known = findKnown(error)
  if (known) return `error: ${known.message}\n`
  return `error: Capstan failed: ${errorMessage(error)}\n${framesOf(rootCause(error))}`
}

/** Whether a person can mend it, so that its message is all that is of use. */
export function isExplained(error: unknown): boolean {
  return findKnown(error) !== undefined
}

/** System errors of a start are a person's to mend as well: a port in use, a directory that cannot be made. */
const SYSTEM_CODES: readonly string[] = ['EADDRINUSE', 'EADDRNOTAVAIL', 'EACCES', 'EPERM', 'EROFS']

function findKnown(error: unknown): Error | undefined {
  if (!(error instanceof Error)) return undefined
  if (error instanceof StartProblem || error instanceof StoreUnusable) return error
  if ('code' in error && SYSTEM_CODES.includes(String(error.code))) return error
  return findKnown(error.cause)
}

/** Where it happened. */
function framesOf(error: unknown): string {
  if (!(error instanceof Error)) return ''
  const frames = (error.stack ?? '').split('\n').filter((line) => line.startsWith('    at '))
  return frames.map((frame) => `${frame}\n`).join('')
}
