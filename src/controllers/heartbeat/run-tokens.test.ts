import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createRunTokens } from './run-tokens.ts'

const UID = '0b6f5b1c-1111-5111-8111-111111111111'
const tokens = createRunTokens(new Uint8Array(32).fill(1))

test('a token is known by its run, and is the same each time', () => {
  expect(tokens.verify(tokens.tokenOf(UID))).toBe(UID)
  expect(tokens.tokenOf(UID)).toBe(createRunTokens(new Uint8Array(32).fill(1)).tokenOf(UID))
})

test('it is good for headers and shells', () => {
  expect(tokens.tokenOf(UID)).toMatch(/^[0-9a-f-]{36}\.[A-Za-z0-9_-]{43}$/)
})

test('another key makes other tokens', () => {
  const others = createRunTokens(new Uint8Array(32).fill(2))
  expect(tokens.verify(others.tokenOf(UID))).toBeUndefined()
})

const right = tokens.tokenOf(UID)
test.each([
  '',
  '.',
  UID,
  `${UID}.`,
  `${right}x`,
  right.slice(0, -1),
  right.slice(1),
  right.replace(UID, UID.replace('0b', '0c')),
  `${'a'.repeat(300)}.${right.slice(37)}`,
])('%j is none', (text) => {
  expect(tokens.verify(text)).toBeUndefined()
})

test('nothing else is one', () => {
  fc.assert(fc.property(fc.string(), (text) => tokens.verify(`${UID}.${text}`) === undefined))
})
