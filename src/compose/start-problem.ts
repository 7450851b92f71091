import { errorMessage } from '../lib/errors.ts'
import { StoreUnusable } from '../store/errors.ts'

/** The controller cannot start, and a person can mend it. The message is one sentence with the way out. */
export class StartProblem extends Error {
  override readonly name = 'StartProblem'
}

/** What stderr says about a start that failed: a sentence where one is known, a stack trace where Capstan is at fault. */
export function explainStart(error: unknown): string {
  const known = findKnown(error)
  if (known) return `error: ${known.message}\n`
  const trace = error instanceof Error ? (error.stack ?? error.message) : errorMessage(error)
  return `error: Capstan failed: ${trace}\n`
}

/** System errors of a start are a person's to mend as well: a port in use, a directory that cannot be made. */
const SYSTEM_CODES: readonly string[] = ['EADDRINUSE', 'EADDRNOTAVAIL', 'EACCES', 'EPERM', 'EROFS']

function findKnown(error: unknown): Error | undefined {
  if (!(error instanceof Error)) return undefined
  if (error instanceof StartProblem || error instanceof StoreUnusable) return error
  if ('code' in error && SYSTEM_CODES.includes(String(error.code))) return error
  return findKnown(error.cause)
}
