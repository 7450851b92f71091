import type { JsonObject } from '../lib/json.ts'

export type Service = 'ecs' | 'logs' | 'ec2'

/**
 * An error that the emulated service answers with. Handlers throw it; the dispatcher turns it into a
 * reply. `code` is the exception's name on the wire, `details` are further members of its body.
 */
export class AwsError extends Error {
  override readonly name = 'AwsError'
  readonly code: string
  readonly status: number
  readonly details: JsonObject
  constructor(code: string, message: string, status = 400, details: JsonObject = {}) {
    super(message)
    this.code = code
    this.status = status
    this.details = details
  }
}

export function clientException(message: string): AwsError {
  return new AwsError('ClientException', message)
}

export function invalidParameter(message: string): AwsError {
  return new AwsError('InvalidParameterException', message)
}

/** Each service has its own word for "too many calls". */
export function throttlingException(service: Service): AwsError {
  return service === 'ec2'
    ? new AwsError('RequestLimitExceeded', 'Request limit exceeded.', 503)
    : new AwsError('ThrottlingException', 'Rate exceeded')
}

export function serverException(): AwsError {
  return new AwsError('ServerException', 'Service Unavailable. Please try again later.', 500)
}

export function unknownOperation(service: Service): AwsError {
  return service === 'ec2'
    ? new AwsError('InvalidAction', 'The action is not valid for this web service.')
    : new AwsError('UnknownOperationException', 'The requested operation is not recognized.', 404)
}
