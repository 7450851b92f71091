import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Json } from './json.ts'
import { applyJsonPatch } from './json-patch.ts'

const DOCUMENT = { a: { b: [1, 2, 3] }, 'x/y': 1, 'm~n': 2, n: null }

test.each([
  [
    'add a member',
    [{ op: 'add', path: '/a/c', value: 9 }],
    { ...DOCUMENT, a: { b: [1, 2, 3], c: 9 } },
  ],
  ['add replaces a member', [{ op: 'add', path: '/n', value: 1 }], { ...DOCUMENT, n: 1 }],
  [
    'add into a list',
    [{ op: 'add', path: '/a/b/1', value: 9 }],
    { ...DOCUMENT, a: { b: [1, 9, 2, 3] } },
  ],
  [
    'add at the end of a list',
    [{ op: 'add', path: '/a/b/-', value: 9 }],
    { ...DOCUMENT, a: { b: [1, 2, 3, 9] } },
  ],
  [
    'add at the length of a list',
    [{ op: 'add', path: '/a/b/3', value: 9 }],
    { ...DOCUMENT, a: { b: [1, 2, 3, 9] } },
  ],
  ['remove from a list', [{ op: 'remove', path: '/a/b/0' }], { ...DOCUMENT, a: { b: [2, 3] } }],
  ['remove a member', [{ op: 'remove', path: '/a' }], { 'x/y': 1, 'm~n': 2, n: null }],
  [
    'replace',
    [{ op: 'replace', path: '/a/b/2', value: { z: 0 } }],
    { ...DOCUMENT, a: { b: [1, 2, { z: 0 }] } },
  ],
  ['replace the whole', [{ op: 'replace', path: '', value: 7 }], 7],
  [
    'escapes',
    [
      { op: 'replace', path: '/x~1y', value: 2 },
      { op: 'replace', path: '/m~0n', value: 3 },
    ],
    { ...DOCUMENT, 'x/y': 2, 'm~n': 3 },
  ],
  ['move', [{ op: 'move', from: '/a/b', path: '/c' }], { ...DOCUMENT, a: {}, c: [1, 2, 3] }],
  ['copy', [{ op: 'copy', from: '/a/b', path: '/c' }], { ...DOCUMENT, c: [1, 2, 3] }],
  ['test that holds', [{ op: 'test', path: '/a', value: { b: [1, 2, 3] } }], DOCUMENT],
  ['test null', [{ op: 'test', path: '/n', value: null }], DOCUMENT],
  [
    'false and zero are values',
    [
      { op: 'add', path: '/f', value: false },
      { op: 'add', path: '/z', value: 0 },
    ],
    { ...DOCUMENT, f: false, z: 0 },
  ],
  ['nothing', [], DOCUMENT],
])('%s', (_, patch, value) => {
  expect(applyJsonPatch(DOCUMENT, patch)).toEqual({ value })
  expect(applyJsonPatch(DOCUMENT, JSON.stringify(patch))).toEqual({ value })
})

test.each([
  [
    'a missing member',
    [{ op: 'remove', path: '/nope' }],
    0,
    'operation 0 (remove /nope): there is no "nope"',
  ],
  ['a missing parent', [{ op: 'add', path: '/nope/x', value: 1 }], 0, 'there is no "nope"'],
  ['beyond a list', [{ op: 'add', path: '/a/b/4', value: 1 }], 0, 'the list has no position 4'],
  ['no position', [{ op: 'replace', path: '/a/b/01', value: 1 }], 0, '"01" is no list position'],
  [
    'a parent that holds nothing',
    [{ op: 'add', path: '/x~1y/z', value: 1 }],
    0,
    'neither an object nor a list',
  ],
  [
    'a test that fails',
    [
      { op: 'add', path: '/q', value: 1 },
      { op: 'test', path: '/q', value: 2 },
    ],
    1,
    'another one',
  ],
  ['a path without slash', [{ op: 'add', path: 'a', value: 1 }], 0, 'does not begin with /'],
  ['a move into itself', [{ op: 'move', from: '/a', path: '/a/b/0' }], 0, 'into itself'],
  ['a prototype', [{ op: 'add', path: '/__proto__/polluted', value: 1 }], 0, '__proto__'],
  [
    'an unknown operation',
    [
      { op: 'test', path: '', value: DOCUMENT },
      { op: 'merge', path: '/a', value: 1 },
    ],
    1,
    'operation 1 is none',
  ],
  ['add without a value', [{ op: 'add', path: '/a' }], 0, 'operation 0 is none'],
  ['move without from', [{ op: 'move', path: '/a' }], 0, 'operation 0 is none'],
])('%s is refused', (_, patch, index, text) => {
  const before = structuredClone(DOCUMENT)
  const result = applyJsonPatch(DOCUMENT, patch)
  expect(result).toMatchObject({ index })
  expect('problem' in result && result.problem).toContain(text)
  expect(DOCUMENT).toEqual(before)
})

test.each(['{', '{"op":"add"}', 7, null])('%j is no patch', (patch) => {
  expect(applyJsonPatch({}, patch)).toEqual({
    problem: 'a JSON patch is a list of operations, or its JSON text',
  })
})

describe('properties', () => {
  const json = fc.jsonValue() as fc.Arbitrary<Json>

  test('the document itself never changes', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), json), fc.string(), json, (document, key, value) => {
        fc.pre(key !== '__proto__')
        const before = structuredClone(document)
        const path = `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
        const result = applyJsonPatch(document, [{ op: 'add', path, value }])
        expect(document).toEqual(before)
        expect('value' in result && (result.value as Record<string, Json>)[key]).toEqual(value)
      }),
    )
  })
})

test('copies are bounded: each could double the document', () => {
  const document = { a: 'x'.repeat(1_000), b: {} }
  const operations = Array.from({ length: 40 }, (_, index) => ({
    op: 'copy',
    from: '',
    path: `/b/c${index}`,
  }))
  const result = applyJsonPatch(document, operations)
  expect(result).toMatchObject({ problem: expect.stringContaining('copies more than 3145728') })
})
