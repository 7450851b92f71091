import fc from 'fast-check'
import { expect, test } from 'vitest'
import { duplicateFields } from './duplicate-fields.ts'

test.each([
  ['{}', []],
  ['{"a":1,"b":{"a":2}}', []],
  ['{"a":1,"a":2}', ['a']],
  ['{"a":{"b":1,"c":[{"d":1},{"d":1,"d":2}]}}', ['a.c[1].d']],
  ['{"a":"\\"a\\":1,{","a":2}', ['a']],
  ['{"a":1,"\\u0061":2}', ['a']],
  ['{"a":["a","a"],"b":"a"}', []],
  ['{"a":1,"a":2,"a":3}', ['a', 'a']],
  ['[1,{"x":true,"x":false}]', ['[1].x']],
  [' {\n "a" : -1.5e3 ,\t"b" : null , "b" : [ ] } ', ['b']],
])('%s', (text, expected) => {
  expect(duplicateFields(text)).toEqual(expected)
})

test('JSON that a program wrote has none', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(duplicateFields(JSON.stringify(value))).toEqual([])
    }),
  )
})

test('reports a bounded number', () => {
  expect(duplicateFields(`{${'"a":1,'.repeat(1_000)}"a":1}`)).toHaveLength(20)
})
