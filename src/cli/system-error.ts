import { errorMessage } from '../lib/errors.ts'

/** `no such file or directory`: what the system said, without the code and the path that Node puts around it. */
export function systemReason(error: unknown): string {
  return errorMessage(error).replace(/^[A-Z]+: ([^,]*),.*$/s, '$1')
}
