/**
 * Every refusal of the API: Kubernetes' machine-readable reasons and their HTTP codes
 * (apimachinery pkg/apis/meta/v1 StatusReason).
 */
export const STATUS_CODES = {
  BadRequest: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  AlreadyExists: 409,
  Conflict: 409,
  Gone: 410,
  Expired: 410,
  RequestEntityTooLarge: 413,
  UnsupportedMediaType: 415,
  Invalid: 422,
  TooManyRequests: 429,
  InternalError: 500,
  ServiceUnavailable: 503,
  Timeout: 504,
} as const satisfies Record<string, number>
export type StatusReason = keyof typeof STATUS_CODES

/** One problem with one field. `reason` is a metav1.CauseType. */
export interface StatusCause {
  readonly reason: string
  readonly message: string
  readonly field?: string
}

/** `kind` holds the plural resource name here, as Kubernetes does everywhere but in Invalid. */
export interface StatusDetails {
  readonly name?: string
  readonly group?: string
  readonly kind?: string
  readonly uid?: string
  readonly causes?: readonly StatusCause[]
  readonly retryAfterSeconds?: number
}

/** A refusal that the client is told as a Status object. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly reason: StatusReason
  readonly details: StatusDetails | undefined
  constructor(reason: StatusReason, message: string, details?: StatusDetails) {
    super(message)
    this.reason = reason
    this.details = details
  }
}

/** What names a resource in messages: `runs.capstan.dev`, or `pods` in the core group. */
export interface ResourceName {
  readonly group: string
  readonly plural: string
  readonly kind: string
}

export function renderResource(resource: Pick<ResourceName, 'group' | 'plural'>): string {
  return resource.group === '' ? resource.plural : `${resource.plural}.${resource.group}`
}

export function badRequest(message: string): ApiError {
  return new ApiError('BadRequest', message)
}

export function notFound(resource: ResourceName, name: string): ApiError {
  return new ApiError('NotFound', `${renderResource(resource)} "${name}" not found`, {
    name,
    group: resource.group,
    kind: resource.plural,
  })
}

/** For paths that no resource stands behind; kubectl prints this text as it is. */
export function noSuchPath(): ApiError {
  return new ApiError('NotFound', 'the server could not find the requested resource')
}

export function alreadyExists(resource: ResourceName, name: string): ApiError {
  return new ApiError('AlreadyExists', `${renderResource(resource)} "${name}" already exists`, {
    name,
    group: resource.group,
    kind: resource.plural,
  })
}

export function conflict(resource: ResourceName, name: string, why: string): ApiError {
  return new ApiError(
    'Conflict',
    `Operation cannot be fulfilled on ${renderResource(resource)} "${name}": ${why}`,
    { name, group: resource.group, kind: resource.plural },
  )
}

/** Kubernetes' wording for a write that is based on an older version. */
export const STALE_VERSION =
  'the object has been modified; please apply your changes to the latest version and try again'

export function forbidden(message: string, resource?: ResourceName, name?: string): ApiError {
  if (!resource) return new ApiError('Forbidden', message)
  const named = name === undefined ? '' : ` "${name}"`
  return new ApiError('Forbidden', `${renderResource(resource)}${named} is forbidden: ${message}`, {
    ...(name === undefined ? {} : { name }),
    group: resource.group,
    kind: resource.plural,
  })
}

export function methodNotAllowed(): ApiError {
  return new ApiError(
    'MethodNotAllowed',
    'the server does not allow this method on the requested resource',
  )
}

/** Refuses an object for its content; kubectl prints each cause with its field. */
export function invalid(
  resource: ResourceName,
  name: string,
  causes: readonly StatusCause[],
): ApiError {
  const texts = causes.map((cause) =>
    cause.field === undefined ? cause.message : `${cause.field}: ${cause.message}`,
  )
  const list = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`
  const qualified = resource.group === '' ? resource.kind : `${resource.kind}.${resource.group}`
  return new ApiError('Invalid', `${qualified} "${name}" is invalid: ${list}`, {
    name,
    group: resource.group,
    kind: resource.kind,
    causes,
  })
}

/** The client's resourceVersion or continue token is older than what is kept. */
export function expired(message = 'too old resource version'): ApiError {
  return new ApiError('Expired', message)
}
