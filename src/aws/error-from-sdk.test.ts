import { ConflictException, ServerException } from '@aws-sdk/client-ecs'
import { describe, expect, test } from 'vitest'
import { attemptsOf, toAwsError } from './error-from-sdk.ts'
import { AwsError } from './errors.ts'

function withMembers(error: Error, members: object): Error {
  return Object.assign(error, members)
}

const CONFLICT = new ConflictException({
  $metadata: { httpStatusCode: 400, attempts: 1 },
  message: 'used',
  resourceIds: ['arn:1', 'arn:2'],
})

test.each<readonly [string, unknown, object]>([
  [
    'a conflict',
    CONFLICT,
    { code: 'ConflictException', httpStatus: 400, resourceIds: ['arn:1', 'arn:2'], sent: true },
  ],
  [
    'no connection',
    withMembers(new Error('connect ECONNREFUSED'), {
      code: 'ECONNREFUSED',
      $metadata: { attempts: 1 },
    }),
    { code: 'ECONNREFUSED', sent: false },
  ],
  [
    'no connection, at the third attempt',
    withMembers(new Error(''), { code: 'ECONNREFUSED', $metadata: { attempts: 3 } }),
    { code: 'ECONNREFUSED', sent: true, message: 'ECONNREFUSED' },
  ],
  [
    'both addresses refused',
    new AggregateError([withMembers(new Error('x'), { code: 'ECONNREFUSED' })], ''),
    { code: 'ECONNREFUSED', sent: false },
  ],
  [
    'a reset',
    withMembers(new Error('socket hang up'), { code: 'ECONNRESET' }),
    { code: 'ECONNRESET', sent: true },
  ],
  [
    'a timeout',
    withMembers(new Error('late'), { name: 'TimeoutError' }),
    { code: 'TimeoutError', sent: true },
  ],
  [
    'no credentials',
    withMembers(new Error('none'), { name: 'CredentialsProviderError' }),
    { code: 'CredentialsProviderError', sent: false },
  ],
  [
    'a message in upper case',
    withMembers(new Error(''), { name: 'X', $fault: 'client', Message: 'said so' }),
    { code: 'X', message: 'said so' },
  ],
  ['a plain error', new Error('what'), { code: 'UnknownError', message: 'what', sent: true }],
  ['no error at all', 'text', { code: 'UnknownError', message: 'text' }],
  ['nothing', undefined, { code: 'UnknownError', message: 'undefined' }],
  [
    'bad metadata',
    withMembers(new Error('x'), { $metadata: 7, resourceIds: 'no list' }),
    { httpStatus: undefined, resourceIds: [] },
  ],
])('%s', (_, thrown, expected) => {
  const error = toAwsError('RunTask', thrown)
  expect(error).toBeInstanceOf(AwsError)
  expect(error).toMatchObject({ operation: 'RunTask', ...expected })
})

test('an AwsError stays the one it is', () => {
  const error = new AwsError({ operation: 'StopTask', code: 'x', message: '' })
  expect(toAwsError('RunTask', error)).toBe(error)
})

test('the cause is kept', () => {
  expect(toAwsError('RunTask', CONFLICT).cause).toBe(CONFLICT)
})

describe('attemptsOf', () => {
  test.each([
    [{ $metadata: { attempts: 2 } }, 2],
    [new ServerException({ $metadata: { attempts: 3 }, message: '' }), 3],
    [{ $metadata: {} }, 1],
    [undefined, 1],
    ['text', 1],
  ])('%j', (answer, attempts) => {
    expect(attemptsOf(answer)).toBe(attempts)
  })
})
