import { AwsError, type ErrorClassification } from '../../src/aws/errors.ts'

export type Expected = readonly [ErrorClassification['verdict'], ErrorClassification['class']]

/** An error of AWS and what it is taken for. */
export interface Case {
  readonly name: string
  readonly operation?: string
  readonly code: string
  readonly message?: string
  readonly status?: number
  readonly sent?: boolean
  readonly expect: Expected
}

export function toError({
  operation = 'RunTask',
  code,
  message = '',
  status,
  sent = true,
}: Case): AwsError {
  return new AwsError({ operation, code, message, httpStatus: status, sent })
}

/** What is not an answer to the call, or none that settles whether it was done. */
export const IN_DOUBT: readonly Case[] = [
  {
    name: 'server error while launching',
    code: 'ServerException',
    status: 500,
    expect: ['Ambiguous', 'HostFailure'],
  },
  {
    name: 'server error while registering',
    operation: 'RegisterTaskDefinition',
    code: 'ServerException',
    status: 500,
    expect: ['Ambiguous', 'HostFailure'],
  },
  {
    name: 'server error while looking',
    operation: 'DescribeTasks',
    code: 'ServerException',
    status: 500,
    expect: ['Retry', 'HostFailure'],
  },
  {
    name: 'internal failure while launching',
    code: 'InternalFailure',
    status: 500,
    expect: ['Ambiguous', 'HostFailure'],
  },
  {
    name: 'a request that is not valid',
    code: 'ValidationError',
    status: 400,
    expect: ['Terminal', 'ConfigurationError'],
  },
  {
    name: 'unknown 5xx while launching',
    code: 'UnknownError',
    status: 502,
    expect: ['Ambiguous', 'HostFailure'],
  },
  {
    name: 'unknown 5xx while stopping',
    operation: 'StopTask',
    code: 'UnknownError',
    status: 502,
    expect: ['Retry', 'HostFailure'],
  },
  { name: 'reset while launching', code: 'ECONNRESET', expect: ['Ambiguous', 'Network'] },
  { name: 'timeout while launching', code: 'TimeoutError', expect: ['Ambiguous', 'Network'] },
  {
    name: 'request timeout while launching',
    code: 'RequestTimeout',
    status: 408,
    expect: ['Ambiguous', 'Network'],
  },
  { name: 'given up while launching', code: 'AbortError', expect: ['Ambiguous', 'Network'] },
  {
    name: 'given up before it was sent',
    code: 'AbortError',
    sent: false,
    expect: ['Retry', 'Network'],
  },
  {
    name: 'refused before anything was sent',
    code: 'ECONNREFUSED',
    sent: false,
    expect: ['Retry', 'Network'],
  },
  {
    name: 'refused after an earlier attempt',
    code: 'ECONNREFUSED',
    sent: true,
    expect: ['Ambiguous', 'Network'],
  },
  {
    name: 'reset while stopping',
    operation: 'StopTask',
    code: 'ECONNRESET',
    expect: ['Retry', 'Network'],
  },
  {
    name: 'an unknown 4xx',
    code: 'NewException',
    status: 400,
    expect: ['Terminal', 'ConfigurationError'],
  },
  {
    name: 'something unknown while launching',
    code: 'SyntaxError',
    expect: ['Ambiguous', 'Unknown'],
  },
  {
    name: 'something unknown while looking',
    operation: 'DescribeTasks',
    code: 'SyntaxError',
    expect: ['Retry', 'Unknown'],
  },
]
