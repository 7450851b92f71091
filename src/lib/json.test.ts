import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalJson, ownMember, parseJson } from './json.ts'

test.each([
  ['{"a":[1]}', { a: [1] }],
  ['null', null],
  ['', undefined],
  ['{"a":', undefined],
])('the value of %j is %j', (text, value) => {
  expect(parseJson(text)).toEqual(value)
})

test.each([
  ['known', 1],
  ['unknown', undefined],
  ['constructor', undefined],
  ['__proto__', undefined],
])('of a table, %s is %j', (key, value) => {
  expect(ownMember({ known: 1 }, key)).toBe(value)
})

describe('canonical JSON', () => {
  test.each([
    [{ b: 1, a: { d: undefined, c: [true, null] } }, '{"a":{"c":[true,null]},"b":1}'],
    [{ a: undefined }, '{}'],
    [{ '10': 1, '9': 2 }, '{"10":1,"9":2}'],
    [[undefined, 'a', Number.NaN], '[null,"a",null]'],
    [undefined, 'null'],
    ['quote " backslash \\ tab \t', '"quote \\" backslash \\\\ tab \\t"'],
    ['ü \u2028 \ud800', '"ü \u2028 \\ud800"'],
    ['', '""'],
  ])('of %j is %s', (value, text) => {
    expect(canonicalJson(value)).toBe(text)
  })

  test('means what JSON means', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })

  test('does not depend on the order in which an object was made', () => {
    const members = fc.array(fc.tuple(fc.string(), fc.jsonValue()))
    fc.assert(
      fc.property(members, (entries) => {
        const unique = [...new Map(entries)].filter(([key]) => key !== '__proto__')
        expect(canonicalJson(Object.fromEntries(unique))).toBe(
          canonicalJson(Object.fromEntries(unique.toReversed())),
        )
      }),
    )
  })
})
