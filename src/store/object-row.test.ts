import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalJson, type JsonObject } from '../lib/json.ts'
import { type ObjectRow, renderMeta, toJsonText, toObject } from './object-row.ts'

const ROW: ObjectRow = {
  kind: 'Run',
  namespace: 'default',
  name: 'hello',
  uid: '7d1b8f0a-0000-4000-8000-000000000000',
  rv: 7,
  generation: 2,
  created_at: '2026-01-01T00:00:00Z',
  deleted_at: null,
  meta: '{}',
  spec: '{"template":{"image":"busybox"}}',
  status: null,
}

test.each<readonly [string, Partial<ObjectRow>]>([
  ['without a status', {}],
  ['with a status', { status: '{"state":{"name":"Completed"}}' }],
  ['that is being deleted', { deleted_at: '2026-01-02T00:00:00Z' }],
  ['with labels and owners', { meta: renderMeta({ labels: { a: 'é"\\' }, finalizers: ['x'] }) }],
])('the text of an object %s is what rendering it gives', (_, parts) => {
  const row = { ...ROW, ...parts }
  expect(toJsonText(row)).toBe(JSON.stringify(toObject(row)))
})

test('the text of any object says the same as the object', () => {
  const object = fc.dictionary(fc.string(), fc.jsonValue()) as fc.Arbitrary<JsonObject>
  const words = fc.dictionary(fc.string(), fc.string())
  fc.assert(
    fc.property(object, fc.option(object), words, (spec, status, labels) => {
      const row = {
        ...ROW,
        spec: canonicalJson(spec),
        status: status && canonicalJson(status),
        meta: renderMeta({ labels }),
      }
      expect(JSON.parse(toJsonText(row))).toEqual(JSON.parse(JSON.stringify(toObject(row))))
    }),
  )
})
