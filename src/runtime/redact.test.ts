import fc from 'fast-check'
import { expect, test } from 'vitest'
import { REDACTED, redact } from './redact.ts'

test.each([
  'env',
  'ENV',
  'environment',
  'secrets',
  'token',
  'heartbeatToken',
  'sessionToken',
  'authorization',
  'Authorization',
  'clientSecret',
  'dbPassword',
  'body',
  'secretAccessKey',
])('the value of %s is not written', (name) => {
  expect(redact({ [name]: 'hunter2', other: 1 })).toEqual({ [name]: REDACTED, other: 1 })
})

test.each(['clientToken', 'nextToken', 'tokens', 'key', 'message', 'environmentName'])(
  'the value of %s is',
  (name) => {
    expect(redact({ [name]: 'x' })).toEqual({ [name]: 'x' })
  },
)

test('a secret under such a name is found at any depth', () => {
  const secret = fc.constantFrom('env', 'token', 'secrets', 'authorization', 'password')
  const around = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 8 },
      secret.map((name): unknown => ({ [name]: { deep: ['CANARY'] } })),
      fc.record({ a: fc.integer(), holder: tie('value') }),
      fc.array(tie('value'), { maxLength: 3 }),
    ),
  })).value
  fc.assert(
    fc.property(around, (value) => {
      expect(JSON.stringify(redact(value))).not.toContain('CANARY')
    }),
  )
})

test('an error is its name, message, code, stack and cause, nothing else', () => {
  const cause = Object.assign(new Error('refused'), { code: 'ECONNREFUSED', request: 'CANARY' })
  const redacted = redact({ error: new TypeError('failed', { cause }) })
  expect(redacted).toEqual({
    error: {
      type: 'TypeError',
      message: 'failed',
      stack: expect.stringContaining('TypeError: failed'),
      cause: {
        type: 'Error',
        message: 'refused',
        code: 'ECONNREFUSED',
        stack: expect.any(String),
      },
    },
  })
})

test('what goes round in circles or on for ever is cut', () => {
  const circle: Record<string, unknown> = {}
  circle['self'] = circle
  expect(JSON.stringify(redact(circle))).toContain('[cut]')
  expect(redact(Array.from({ length: 1_000 }, () => 1))).toHaveLength(50)
})

test.each([
  ['a bigint', 10n, '10'],
  ['a date', new Date(0), '1970-01-01T00:00:00.000Z'],
  ['null', null, null],
  ['undefined', undefined, undefined],
])('%s is written as JSON can carry it', (_, value, expected) => {
  expect(redact(value)).toEqual(expected)
})
