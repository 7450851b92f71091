import {
  AwsError,
  invalidParameter,
  type Service,
  serverException,
  throttlingException,
} from './errors.ts'
import { type Effects, faultOf } from './faults.ts'

/** EC2 throttles the questions that RunTask asks on the caller's behalf; ECS passes that on as text. */
const DISGUISED_THROTTLES = {
  subnet:
    'Error retrieving subnet information for [subnet-0a1b2c3d4e5f60001]: Rate exceeded (ErrorCode: Throttling)',
  securityGroup:
    'Error retrieving security group information for [sg-0a1b2c3d4e5f60001]: Request limit exceeded. (ErrorCode: RequestLimitExceeded)',
} as const

/** The error with which a call ends before it has any effect; undefined when none is planned. */
export function faultBefore(effects: Effects, service: Service): AwsError | undefined {
  const throttle = faultOf(effects, 'throttle')
  if (throttle) {
    return throttle.disguise
      ? invalidParameter(DISGUISED_THROTTLES[throttle.disguise])
      : throttlingException(service)
  }
  const failure = faultOf(effects, 'error')
  if (failure) return new AwsError(failure.code, failure.message, failure.status)
  return faultOf(effects, 'serverError')?.effect === 'before' ? serverException() : undefined
}
