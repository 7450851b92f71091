/**
 * What an error asks the control loop to do. The kind is chosen where the error is understood; an
 * error of any other class counts as Retryable.
 */

/** Try again with backoff. */
export class RetryableError extends Error {
  override readonly name = 'RetryableError'
}

/** Come back after a known time: nothing is wrong, something is not ready. */
export class WaitingError extends Error {
  override readonly name = 'WaitingError'
  readonly afterMs: number
  constructor(message: string, afterMs: number, options?: ErrorOptions) {
    super(message, options)
    this.afterMs = afterMs
  }
}

/** Nothing but a change by the user helps. `reason` is a PascalCase condition reason. */
export class TerminalError extends Error {
  override readonly name = 'TerminalError'
  readonly reason: string
  constructor(reason: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}

/** `ENOENT` and its like: the code of an error of Node or of the system; undefined for everything else. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/** The text of anything that was thrown. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** What an error goes back to: its innermost cause, or itself. */
export function rootCause(error: unknown): unknown {
  return error instanceof Error && error.cause !== undefined ? rootCause(error.cause) : error
}
