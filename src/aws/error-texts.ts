/** Codes of errors that Capstan raises itself, in front of the SDK. */
export const LOCAL_CODES = {
  /** The queue in front of a rate bucket is full. */
  queueFull: 'CapstanQueueFull',
  /** No region is configured for the target. */
  noRegion: 'CapstanNoRegion',
  /** This process may not write: its database or its lock is not its own any more, or cannot be written. */
  fenced: 'CapstanFenced',
  /** It is not known yet whether the controller has run there before. */
  tooEarly: 'CapstanTooEarly',
  /** So long after the launch was prepared, a repeat could run it twice. */
  tooLate: 'CapstanTooLate',
} as const

/** A throttle hidden in another exception. LimitExceededException is none: it is a hard quota. */
export const THROTTLE_TEXT =
  /rate exceeded|request limit exceeded|ErrorCode: (Throttling|RequestLimitExceeded)/i
/** Registrations of one family must not overlap; slowing down does not help, taking turns does. */
export const REGISTRATION_RACE_TEXT =
  /too many concurrent attempts to create a new revision of the specified family/i
/** AWS writes the apostrophe of "You've" in two ways, so the match begins after it. */
export const VCPU_QUOTA_TEXT = /reached the limit on the number of (vCPUs|tasks)/i
export const SIZE_QUOTA_TEXT = /(CPU|memory) configuration is above your limit/i
export const NO_CAPACITY_TEXT =
  /capacity is unavailable|no capacity|insufficient.{0,20}capacity|NO ACTIVE INSTANCES|EMPTY CAPACITY PROVIDER/i
export const NO_INSTANCES_TEXT = /no container instances/i
export const DEFINITION_GONE_TEXT =
  /task ?definition (is|was) inactive|unable to describe task definition|task ?definition.{0,200}(not found|does not exist)/i

export const THROTTLE_CODES: readonly string[] = [
  'ThrottlingException',
  'Throttling',
  'ThrottledException',
  'RequestThrottled',
  'RequestThrottledException',
  'RequestLimitExceeded',
  'TooManyRequestsException',
  'EC2ThrottledException',
  'SlowDown',
]
/** AWS failed inside. */
export const SERVER_CODES: readonly string[] = [
  'ServerException',
  'ServiceUnavailable',
  'ServiceUnavailableException',
  'InternalFailure',
  'InternalError',
  'InternalServerError',
]
/** The request or its answer was lost on the way. */
export const TRANSPORT_CODES: readonly string[] = [
  'AbortError',
  'TimeoutError',
  'RequestTimeout',
  'RequestTimeoutException',
  'ECONNRESET',
  'ECONNREFUSED',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPROTO',
  'NetworkingError',
]
