import fc from 'fast-check'
import { expect, test } from 'vitest'
import { toFamily } from './family.ts'

test.each([
  ['My_Family-1', 'My_Family-1'],
  ['foo bar', 'foo-bar'],
  ['foo*bar&!', 'foo-bar'],
  ['a.b/c', 'a-b-c'],
  ['x'.repeat(300), 'x'.repeat(255)],
  ['capstan-default-etl.daily', 'capstan-default-etl-daily'],
  ['', undefined],
  ['***', undefined],
])('%j → %j', (text, family) => {
  expect(toFamily(text)).toBe(family)
})

test('what comes out is a family, or nothing', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 400 }), (text) => {
      expect(toFamily(text) ?? 'x').toMatch(/^[A-Za-z0-9_-]{1,255}$/)
    }),
  )
})
