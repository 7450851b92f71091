import { expect, test } from 'vitest'
import { compileFilterPattern } from './filter-pattern.ts'

test.each([
  ['', 'anything', true],
  ['ERROR', 'an ERROR here', true],
  ['ERROR', 'an error here', false],
  ['ERROR disk', 'disk ERROR', true],
  ['ERROR disk', 'net ERROR', false],
  ['"disk full"', 'the disk full', true],
  ['"disk full"', 'disk is full', false],
  ['ERROR -disk', 'disk ERROR', false],
  ['?disk ?net', 'net', true],
  ['?disk ?net', 'cpu', false],
])('%j on %j: %j', (pattern, message, matches) => {
  expect(compileFilterPattern(pattern)(message)).toBe(matches)
})

test.each(['{ $.level = "error" }', '[ip, user]'])('%s is refused', (pattern) => {
  expect(() => compileFilterPattern(pattern)).toThrow('Invalid filter pattern')
})
