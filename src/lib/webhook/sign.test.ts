import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { signature } from './sign.ts'

test('a receiver can check it with nothing but the header, the body and the secret', () => {
  const header = signature('hush', '{"a":1}', 1_700_000_000_999)
  const [, seconds, digest] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(header) ?? []
  expect(seconds).toBe('1700000000')
  const expected = createHmac('sha256', 'hush').update(`${seconds}.{"a":1}`).digest('hex')
  expect(digest).toBe(expected)
})
