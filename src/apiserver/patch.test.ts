import { expect, test } from 'vitest'
import type { Json } from '../lib/json.ts'
import { restoreNulls } from './last-applied.ts'
import { mergePatch } from './patch.ts'

// RFC 7386, appendix A.
const CASES: readonly (readonly [Json, Json, Json])[] = [
  [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
  [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
  [{ a: 'b' }, { a: null }, {}],
  [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
  [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
  [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
  [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
  [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
  [
    ['a', 'b'],
    ['c', 'd'],
    ['c', 'd'],
  ],
  [{ a: 'b' }, ['c'], ['c']],
  [{ a: 'foo' }, null, null],
  [{ a: 'foo' }, 'bar', 'bar'],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: 'b', c: null }, { a: 'b' }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
]
test.each(CASES)('%j patched by %j', (target, patch, expected) => {
  expect(mergePatch(target, patch)).toEqual(expected)
})

const applied = (spec: Json): Json => ({
  annotations: { 'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify({ spec }) },
})

test.each([
  [
    'a null that the patch dropped',
    { env: { A: '1' } },
    { env: { A: '1', B: null } },
    { env: { A: '1', B: null } },
  ],
  ['a map of nulls alone', {}, { env: { B: null } }, { env: { B: null } }],
  ['a top-level null', { image: 'x' }, { launchType: null }, { image: 'x', launchType: null }],
  [
    'nothing that somebody has set since',
    { env: { B: '2' } },
    { env: { B: null } },
    { env: { B: '2' } },
  ],
  ['nothing without nulls', { a: 1 }, { b: 2 }, { a: 1 }],
])('client-side apply restores %s', (_, spec, manifest, expected) => {
  const object = { metadata: applied(manifest), spec }
  expect(restoreNulls(object, 'kubectl-client-side-apply')['spec']).toEqual(expected)
  expect(restoreNulls(object, 'kubectl-patch')).toBe(object)
})

test('an annotation that is no JSON is left alone', () => {
  const metadata = { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{' } }
  const object = { metadata, spec: {} }
  expect(restoreNulls(object, 'kubectl-client-side-apply')).toEqual(object)
})
