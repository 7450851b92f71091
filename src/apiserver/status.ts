import { ApiError, STATUS_CODES, type StatusDetails } from './errors.ts'
import { type ApiResponse, jsonResponse } from './request.ts'

/** metav1.Status, the body of every error and of every completed delete. */
export interface StatusBody {
  readonly kind: 'Status'
  readonly apiVersion: 'v1'
  readonly metadata: Readonly<Record<string, never>>
  readonly status: 'Success' | 'Failure'
  readonly message?: string
  readonly reason?: string
  readonly details?: StatusDetails
  readonly code: number
}

export function failureStatus(error: ApiError): StatusBody {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: error.message,
    reason: error.reason,
    ...(error.details ? { details: error.details } : {}),
    code: STATUS_CODES[error.reason],
  }
}

/** What a DELETE answers when the object is gone. */
export function successStatus(details: StatusDetails): StatusBody {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details,
    code: 200,
  }
}

/** An error that is not an ApiError is ours: its text stays in the log, the client gets a plain 500. */
export function errorResponse(error: unknown): ApiResponse {
  const apiError =
    error instanceof ApiError
      ? error
      : new ApiError('InternalError', 'Internal error occurred: see the log of the controller')
  const retryAfter = apiError.details?.retryAfterSeconds
  return jsonResponse(
    STATUS_CODES[apiError.reason],
    failureStatus(apiError),
    retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) },
  )
}
