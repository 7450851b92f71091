import { StoreConflict, StoreUnusable } from '../store/errors.ts'
import { ApiError, STALE_VERSION } from './errors.ts'

/** What a client is told of an error of the layers below; errors that it knows nothing about stay as they are. */
export function toRefusal(error: unknown): unknown {
  if (error instanceof StoreConflict) {
    if (error.reason === 'Conflict')
      return new ApiError('Conflict', `${error.message}: ${STALE_VERSION}`)
    return new ApiError(error.reason, error.message)
  }
  // The sentence is written for the operator and names the way out.
  if (error instanceof StoreUnusable) return new ApiError('ServiceUnavailable', error.message)
  return error
}
