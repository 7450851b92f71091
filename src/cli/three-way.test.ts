import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isJsonObject, type Json, type JsonObject } from '../lib/json.ts'
import { threeWayPatch, twoWayPatch } from './three-way.ts'

test.each<[string, JsonObject, JsonObject, JsonObject, JsonObject]>([
  ['nothing changed', { a: 1 }, { a: 1 }, { a: 1 }, {}],
  ['a new value', { a: 1 }, { a: 2 }, { a: 1 }, { a: 2 }],
  ['drift is taken back', { a: 1 }, { a: 1 }, { a: 9 }, { a: 1 }],
  ['what the manifest dropped goes', { a: 1, b: 2 }, { a: 1 }, { a: 1, b: 2 }, { b: null }],
  ['what was dropped and is gone stays gone', { b: 2 }, {}, {}, {}],
  ['what others set stays', { a: 1 }, { a: 1 }, { a: 1, other: 5 }, {}],
  [
    'nested',
    { s: { a: 1, b: 1 } },
    { s: { a: 2 } },
    { s: { a: 1, b: 1, c: 1 } },
    { s: { a: 2, b: null } },
  ],
  ['lists are replaced whole', { l: [1] }, { l: [1, 2] }, { l: [1] }, { l: [1, 2] }],
  ['equal lists are left alone', {}, { l: [{ x: 1 }] }, { l: [{ x: 1 }] }, {}],
  [
    'null removes what is there',
    {},
    { env: { X: null } },
    { env: { X: 'y' } },
    { env: { X: null } },
  ],
  ['null that is there already is left alone', {}, { env: { X: null } }, { env: { X: null } }, {}],
  ['null beside nothing says nothing', {}, { env: { X: null } }, { env: {} }, {}],
  ['a map instead of a scalar', { a: 1 }, { a: { b: 1 } }, { a: 1 }, { a: { b: 1 } }],
])('%s', (...[, lastApplied, manifest, live, expected]) => {
  expect(threeWayPatch(lastApplied, manifest, live)).toEqual(expected)
})

/** RFC 7386, written down once more as its text has it. */
function applyPatch(target: Json | undefined, patch: Json): Json {
  if (!isJsonObject(patch)) return patch
  const result: Record<string, Json | undefined> = isJsonObject(target) ? { ...target } : {}
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name]
    else if (value !== undefined) result[name] = applyPatch(result[name], value)
  }
  return result as JsonObject
}

const tree = fc.letrec<{ value: Json; object: JsonObject }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.integer({ min: 0, max: 3 }),
    fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 2 }),
    tie('object'),
  ),
  object: fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('value'), { noNullPrototype: true }),
}))

test('a two-way patch makes the second of the first', () => {
  fc.assert(
    fc.property(tree.object, tree.object, (before, after) => {
      expect(applyPatch(before, twoWayPatch(before, after))).toEqual(after)
    }),
  )
})

test('after an apply there is nothing left to apply', () => {
  fc.assert(
    fc.property(tree.object, tree.object, tree.object, (lastApplied, manifest, live) => {
      const applied = applyPatch(live, threeWayPatch(lastApplied, manifest, live)) as JsonObject
      expect(threeWayPatch(manifest, manifest, applied)).toEqual({})
    }),
  )
})
