import fc from 'fast-check'
import { expect, test } from 'vitest'
import { aNewObject, CREATED_MS, keyOfRun, openTestStore } from '../../test/world/test-store.ts'
import type { JsonObject } from '../lib/json.ts'
import { ObjectCache } from './object-cache.ts'
import type { ObjectRow } from './object-row.ts'
import type { SqliteStore } from './open.ts'

const NAMES = ['a', 'b', 'c'] as const
type Name = (typeof NAMES)[number]

interface Step {
  readonly write: 'create' | 'respec' | 'status' | 'delete' | 'release'
  readonly name: Name
  readonly value: number
  /** Nested in a call that throws, inside of the transaction. */
  readonly undone: boolean
}

const step: fc.Arbitrary<Step> = fc.record({
  write: fc.constantFrom('create', 'respec', 'status', 'delete', 'release'),
  name: fc.constantFrom(...NAMES),
  value: fc.nat(3),
  undone: fc.boolean(),
})

function write({ objects }: SqliteStore, { write: kind, name, value }: Step): void {
  const key = keyOfRun(name)
  const found = objects.get(key)
  if (kind === 'create' && !found) {
    const meta = { finalizers: ['capstan.dev/task'], uid: `uid-${name}` }
    objects.create(aNewObject(name, { spec: { value }, meta }))
  }
  if (!found) return
  if (kind === 'respec') objects.update({ ...found, spec: { value } })
  if (kind === 'status') objects.setStatus(key, found.metadata.uid, { value })
  if (kind === 'delete') objects.markDeleted(key, CREATED_MS)
  if (kind === 'release') objects.removeFinalizer(key, found.metadata.uid, 'capstan.dev/task')
}

function attempt(work: () => void): void {
  try {
    work()
  } catch (error) {
    if (!(error instanceof Undo)) throw error
  }
}

class Undo extends Error {}

function plain(object: object | undefined): JsonObject | undefined {
  return object && (JSON.parse(JSON.stringify(object)) as JsonObject)
}

/** Lists read the table. */
function inTable(store: SqliteStore, name: Name): JsonObject | undefined {
  return plain(store.objects.list({ kind: 'Run' }).find(({ metadata }) => metadata.name === name))
}

test('what is remembered is what is in the table, whatever is written and undone', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ steps: fc.array(step, { maxLength: 4 }), undone: fc.boolean() })),
      (transactions) => {
        const store = openTestStore()
        for (const { steps, undone } of transactions) {
          attempt(() =>
            store.transaction(() => {
              for (const one of steps) {
                attempt(() =>
                  store.transaction(() => {
                    write(store, one)
                    if (one.undone) throw new Undo()
                  }),
                )
                for (const name of NAMES) {
                  expect(plain(store.objects.get(keyOfRun(name)))).toEqual(inTable(store, name))
                }
              }
              if (undone) throw new Undo()
            }),
          )
          for (const name of NAMES) {
            expect(plain(store.objects.get(keyOfRun(name)))).toEqual(inTable(store, name))
            expect(store.objects.uidOf(keyOfRun(name))).toBe(
              store.objects.get(keyOfRun(name))?.metadata.uid,
            )
          }
        }
        store.close()
      },
    ),
  )
})

function aRow(name: string, length: number): ObjectRow {
  return {
    ...keyOfRun(name),
    uid: name,
    rv: 1,
    generation: 1,
    created_at: '2026-01-15T12:00:00Z',
    deleted_at: null,
    meta: '{}',
    spec: JSON.stringify({ text: 'x'.repeat(length) }),
    status: null,
  }
}

test('what was not asked for while others were goes; what was asked for stays', () => {
  const cache = new ObjectCache()
  cache.put(aRow('idle', 10))
  cache.put(aRow('busy', 10))
  for (let count = 0; count < 50; count += 1) {
    cache.put(aRow(`large-${count}`, 500_000))
    expect(cache.row(keyOfRun('busy'))?.uid).toBe('busy')
  }
  expect(cache.row(keyOfRun('idle'))).toBeUndefined()
  expect(cache.row(keyOfRun('large-0'))).toBeUndefined()
  expect(cache.row(keyOfRun('large-49'))?.uid).toBe('large-49')
})

test('an object is made once for a row', () => {
  const cache = new ObjectCache()
  const first = aRow('a', 1)
  cache.put(first)
  const before = cache.object(first)
  expect(cache.object(first)).toBe(before)
  const second = { ...first, rv: 2 }
  cache.put(second)
  expect(cache.object(second)).not.toBe(before)
  expect(cache.object(second).metadata.resourceVersion).toBe('2')
})

test('of a row with another status the spec is the same value; with another spec it is not', () => {
  const cache = new ObjectCache()
  const first = aRow('a', 1)
  cache.put(first)
  const before = cache.object(first)
  const second = { ...first, rv: 2, status: '{"state":{}}' }
  cache.put(second)
  expect(cache.object(second).spec).toBe(before.spec)
  expect(cache.object(second).status).toEqual({ state: {} })
  const third = { ...aRow('a', 2), rv: 3 }
  cache.put(third)
  expect(cache.object(third).spec).toEqual({ text: 'xx' })
})
