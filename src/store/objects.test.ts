import { describe, expect, test } from 'vitest'
import {
  aNewObject,
  CREATED_MS,
  create,
  keyOfRun,
  openTestStore,
} from '../../test/world/test-store.ts'
import { canonicalJson } from '../lib/json.ts'
import type { NewObject } from './types.ts'

describe('create', () => {
  test('gives the object back as it was handed in, with generation 1 and a new resourceVersion', () => {
    const store = openTestStore()
    const before = store.resourceVersion()
    const object = aNewObject('a', {
      spec: { template: { env: { A: null, B: '1' }, command: ['x', 'y'] } },
      status: { state: { type: 'PENDING' } },
      meta: {
        generateName: 'a-',
        labels: { app: 'x' },
        annotations: { note: 'y' },
        finalizers: ['capstan.dev/task'],
        ownerReferences: [{ apiVersion: 'v1', kind: 'Deployment', name: 'd', uid: 'uid-d' }],
        managedFields: [{ manager: 'kubectl' }],
      },
    })
    const created = store.transaction(() => store.objects.create(object))
    expect(created).toEqual({
      ...object,
      metadata: { ...object.metadata, generation: 1, resourceVersion: String(before + 1) },
    })
    expect(store.objects.get(keyOfRun('a'))).toEqual(created)
    expect(store.objects.getByUid('uid-a')).toEqual(created)
  })

  test('an object without status has no status member', () => {
    const store = openTestStore()
    create(store, aNewObject('a'))
    expect(Object.keys(store.objects.get(keyOfRun('a')) ?? {})).not.toContain('status')
  })

  test.each([
    ['the same name', aNewObject('a', { meta: { uid: 'other' } }), 'AlreadyExists'],
    ['the same uid', aNewObject('b', { meta: { uid: 'uid-a' } }), 'AlreadyExists'],
    ['an unknown namespace', aNewObject('b', { meta: { namespace: 'nowhere' } }), 'NotFound'],
  ])('%s is refused', (_, object, reason) => {
    const store = openTestStore()
    create(store, aNewObject('a'))
    expect(() => create(store, object)).toThrow(expect.objectContaining({ reason }))
  })

  test('the same name in another kind or namespace is another object', () => {
    const store = openTestStore()
    store.transaction(() => store.objects.ensureNamespace('team', 'uid-team', CREATED_MS))
    create(
      store,
      aNewObject('a'),
      aNewObject('a', { kind: 'Deployment', meta: { uid: 'deployment' } }),
      aNewObject('a', { meta: { uid: 'team', namespace: 'team' } }),
    )
    expect(store.objects.get({ kind: 'Run', namespace: 'team', name: 'a' })?.metadata.uid).toBe(
      'team',
    )
  })
})

describe('update', () => {
  function stored(meta: NewObject['metadata'] | object = {}) {
    const store = openTestStore()
    const object = store.transaction(() =>
      store.objects.create(aNewObject('a', { spec: { a: 1 }, meta, status: { phase: 'x' } })),
    )
    return { store, object }
  }

  test('a changed spec raises generation and resourceVersion', () => {
    const { store, object } = stored()
    const next = store.transaction(() => store.objects.update({ ...object, spec: { a: 2 } }))
    expect(next.metadata.generation).toBe(2)
    expect(Number(next.metadata.resourceVersion)).toBeGreaterThan(
      Number(object.metadata.resourceVersion),
    )
    expect(next.spec).toEqual({ a: 2 })
  })

  test('changed labels raise resourceVersion alone', () => {
    const { store, object } = stored()
    const metadata = { ...object.metadata, labels: { app: 'x' } }
    const next = store.transaction(() => store.objects.update({ ...object, metadata }))
    expect(next.metadata).toMatchObject({ generation: 1, labels: { app: 'x' } })
    expect(next.metadata.resourceVersion).not.toBe(object.metadata.resourceVersion)
  })

  test("what is not the user's stays: status, creation time, generateName", () => {
    const { store, object } = stored({ generateName: 'a-' })
    const metadata = {
      ...object.metadata,
      generateName: 'b-',
      creationTimestamp: '2030-01-01T00:00:00Z',
      generation: 99,
    }
    const next = store.transaction(() =>
      store.objects.update({ ...object, metadata, spec: { a: 2 }, status: { phase: 'forged' } }),
    )
    expect(next).toMatchObject({
      status: { phase: 'x' },
      metadata: { generateName: 'a-', creationTimestamp: '2026-01-01T00:00:00Z', generation: 2 },
    })
  })

  test('an equal object changes nothing, whatever the order of its members and its empty maps', () => {
    const store = openTestStore()
    const object = store.transaction(() =>
      store.objects.create(aNewObject('a', { spec: { a: 1, b: 2 } })),
    )
    const heard: unknown[] = []
    store.subscribe((changes) => heard.push(changes))
    const metadata = { ...object.metadata, labels: {}, finalizers: [] }
    const next = store.transaction(() =>
      store.objects.update({ ...object, metadata, spec: { b: 2, a: 1 } }),
    )
    expect(next.metadata).toEqual(object.metadata)
    expect(store.resourceVersion()).toBe(Number(object.metadata.resourceVersion))
    expect(heard).toEqual([])
  })

  test('the expected resourceVersion has to be the present one', () => {
    const { store, object } = stored()
    const update = (expected: string) => () =>
      store.transaction(() => store.objects.update({ ...object, spec: { a: 2 } }, expected))
    expect(update('1')).toThrow(expect.objectContaining({ reason: 'Conflict' }))
    expect(update(object.metadata.resourceVersion)).not.toThrow()
    expect(update(object.metadata.resourceVersion)).toThrow(
      expect.objectContaining({ reason: 'Conflict' }),
    )
  })

  test('a namesake and an absent object are refused', () => {
    const { store, object } = stored()
    const other = { ...object, metadata: { ...object.metadata, uid: 'namesake' } }
    const absent = { ...object, metadata: { ...object.metadata, name: 'absent' } }
    expect(() => store.transaction(() => store.objects.update(other))).toThrow(
      expect.objectContaining({ reason: 'Conflict' }),
    )
    expect(() => store.transaction(() => store.objects.update(absent))).toThrow(
      expect.objectContaining({ reason: 'NotFound' }),
    )
  })
})

describe('setStatus', () => {
  test('writes status alone and answers the new state', () => {
    const store = openTestStore()
    create(store, aNewObject('a', { spec: { a: 1 } }))
    const next = store.transaction(() => store.objects.setStatus(keyOfRun('a'), 'uid-a', { b: 2 }))
    expect(next).toMatchObject({ spec: { a: 1 }, status: { b: 2 }, metadata: { generation: 1 } })
    expect(store.objects.get(keyOfRun('a'))).toEqual(next)
  })

  test('an equal status changes nothing', () => {
    const store = openTestStore()
    create(store, aNewObject('a', { status: { a: 1, b: [{ c: 1, d: 2 }] } }))
    const before = store.resourceVersion()
    const status = { b: [{ d: 2, c: 1 }], a: 1 }
    store.transaction(() => store.objects.setStatus(keyOfRun('a'), 'uid-a', status))
    expect(store.resourceVersion()).toBe(before)
  })

  test('a namesake and an absent object are left alone', () => {
    const store = openTestStore()
    create(store, aNewObject('a'))
    store.transaction(() => {
      expect(store.objects.setStatus(keyOfRun('a'), 'uid-of-the-old-one', { a: 1 })).toBeUndefined()
      expect(store.objects.setStatus(keyOfRun('b'), 'uid-b', { a: 1 })).toBeUndefined()
    })
    expect(store.objects.get(keyOfRun('a'))?.status).toBeUndefined()
  })
})

describe('deletion', () => {
  const finalizers = ['capstan.dev/task', 'other']

  test('an object without finalizers goes at once; the change carries its last state', () => {
    const store = openTestStore()
    create(store, aNewObject('a', { spec: { a: 1 } }))
    const last = store.transaction(() =>
      store.objects.markDeleted(keyOfRun('a'), CREATED_MS + 5_000),
    )
    expect(last?.metadata.deletionTimestamp).toBe('2026-01-01T00:00:05Z')
    expect(store.objects.get(keyOfRun('a'))).toBeUndefined()
    const change = store.changesSince(store.resourceVersion() - 1, 1)?.[0]
    expect(change).toMatchObject({ type: 'DELETED', name: 'a', uid: 'uid-a' })
    expect(canonicalJson(change?.object)).toBe(canonicalJson(last))
    expect(change?.object?.metadata.resourceVersion).toBe(String(store.resourceVersion()))
  })

  test('an object with finalizers stays until the last is taken off', () => {
    const store = openTestStore()
    create(store, aNewObject('a', { meta: { finalizers } }))
    const remove = (finalizer: string) =>
      store.transaction(() => store.objects.removeFinalizer(keyOfRun('a'), 'uid-a', finalizer))
    store.transaction(() => store.objects.markDeleted(keyOfRun('a'), CREATED_MS))
    expect(store.objects.get(keyOfRun('a'))?.metadata.deletionTimestamp).toBe(
      '2026-01-01T00:00:00Z',
    )
    remove('other')
    expect(store.objects.get(keyOfRun('a'))?.metadata.finalizers).toEqual(['capstan.dev/task'])
    remove('capstan.dev/task')
    expect(store.objects.get(keyOfRun('a'))).toBeUndefined()
  })

  test('an update that takes the last finalizer off lets a deleted object go', () => {
    const store = openTestStore()
    create(store, aNewObject('a', { meta: { finalizers } }))
    const object = store.transaction(() => store.objects.markDeleted(keyOfRun('a'), CREATED_MS))
    if (!object) throw new Error('the object is held')
    const metadata = { ...object.metadata, finalizers: [] }
    store.transaction(() => store.objects.update({ ...object, metadata }))
    expect(store.objects.get(keyOfRun('a'))).toBeUndefined()
  })

  test('a living object survives the loss of its finalizers', () => {
    const store = openTestStore()
    create(store, aNewObject('a', { meta: { finalizers: ['x'] } }))
    store.transaction(() => store.objects.removeFinalizer(keyOfRun('a'), 'uid-a', 'x'))
    expect(store.objects.get(keyOfRun('a'))?.metadata.finalizers).toBeUndefined()
  })

  test('deleting twice changes nothing, deleting nothing answers undefined', () => {
    const store = openTestStore()
    create(store, aNewObject('a', { meta: { finalizers } }))
    store.transaction(() => store.objects.markDeleted(keyOfRun('a'), CREATED_MS))
    const before = store.resourceVersion()
    const again = store.transaction(() =>
      store.objects.markDeleted(keyOfRun('a'), CREATED_MS + 60_000),
    )
    expect(again?.metadata.deletionTimestamp).toBe('2026-01-01T00:00:00Z')
    expect(store.transaction(() => store.objects.markDeleted(keyOfRun('b'), 0))).toBeUndefined()
    expect(store.resourceVersion()).toBe(before)
  })

  test('a finalizer of a namesake stays', () => {
    const store = openTestStore()
    create(store, aNewObject('a', { meta: { finalizers } }))
    store.transaction(() => store.objects.removeFinalizer(keyOfRun('a'), 'old uid', 'other'))
    expect(store.objects.get(keyOfRun('a'))?.metadata.finalizers).toEqual(finalizers)
  })
})
