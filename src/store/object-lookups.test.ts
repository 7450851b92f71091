import { describe, expect, test } from 'vitest'
import {
  aNewObject,
  CREATED_MS,
  create,
  keyOfRun,
  openTestStore,
} from '../../test/world/test-store.ts'
import { isFinalState, STATE_TYPES } from '../kinds/run.ts'
import type { SqliteStore } from './open.ts'

function names(keys: readonly { readonly name: string }[]): readonly string[] {
  return keys.map(({ name }) => name)
}

describe('lists', () => {
  function withMany(): SqliteStore {
    const store = openTestStore()
    store.transaction(() => {
      for (const namespace of ['b', 'a'])
        store.objects.ensureNamespace(namespace, namespace, CREATED_MS)
    })
    for (const namespace of ['b', 'a', 'default']) {
      for (const name of ['z', 'x', 'y']) {
        create(store, aNewObject(name, { meta: { namespace, uid: `${namespace}/${name}` } }))
      }
    }
    create(store, aNewObject('x', { kind: 'WorkPool', meta: { uid: 'pool' } }))
    return store
  }
  const uids = (objects: readonly { readonly metadata: { readonly uid: string } }[]) =>
    objects.map(({ metadata }) => metadata.uid)
  const all = ['a/x', 'a/y', 'a/z', 'b/x', 'b/y', 'b/z', 'default/x', 'default/y', 'default/z']

  test('are ordered by namespace, then name, within one kind', () => {
    expect(uids(withMany().objects.list({ kind: 'Run' }))).toEqual(all)
  })

  test.each([1, 2, 4, 9, 10])('pages of %i put together are the whole', (limit) => {
    const store = withMany()
    const seen: string[] = []
    let after: { namespace: string; name: string } | undefined
    for (;;) {
      const page = store.objects.list({ kind: 'Run', limit, ...(after && { after }) })
      if (page.length === 0) break
      expect(page.length).toBeLessThanOrEqual(limit)
      seen.push(...uids(page))
      after = page.at(-1)?.metadata
    }
    expect(seen).toEqual(all)
  })

  test.each([
    ['from the start', undefined, ['b/x', 'b/y', 'b/z']],
    ['after one of its own', { namespace: 'b', name: 'x' }, ['b/y', 'b/z']],
    ['after one of an earlier namespace', { namespace: 'a', name: 'z' }, ['b/x', 'b/y', 'b/z']],
    ['after one of a later namespace', { namespace: 'c', name: 'a' }, []],
  ])('of one namespace, %s', (_, after, expected) => {
    const listed = withMany().objects.list({ kind: 'Run', namespace: 'b', ...(after && { after }) })
    expect(uids(listed)).toEqual(expected)
  })

  test('counts and keys agree with them', () => {
    const store = withMany()
    expect(store.objects.count('Run')).toBe(9)
    expect(store.objects.count('Run', 'a')).toBe(3)
    expect(store.objects.count('Automation')).toBe(0)
    expect(store.objects.keys('Run')).toEqual(
      all.map((uid) => ({ kind: 'Run', namespace: uid.split('/')[0], name: uid.split('/')[1] })),
    )
  })
})

describe('run lookups', () => {
  test.each(STATE_TYPES)('a run in %s is unfinished unless the state is final', (type) => {
    const store = openTestStore()
    create(store, aNewObject('a', { status: { state: { type } } }))
    expect(store.objects.unfinishedRunKeys()).toHaveLength(isFinalState(type) ? 0 : 1)
  })

  test('unfinished are runs without a state and deleted ones that are held, but no other kinds', () => {
    const store = openTestStore()
    const status = { state: { type: 'COMPLETED' } }
    create(
      store,
      aNewObject('fresh'),
      aNewObject('finished', { status }),
      aNewObject('held', { status, meta: { finalizers: ['x'] } }),
      aNewObject('pool', { kind: 'WorkPool' }),
    )
    store.transaction(() => store.objects.markDeleted(keyOfRun('held'), CREATED_MS))
    expect(names(store.objects.unfinishedRunKeys())).toEqual(['fresh', 'held'])
    expect(names(store.objects.unfinishedRunKeys(1))).toEqual(['fresh'])
    expect(store.objects.countUnfinishedRuns()).toBe(2)
  })

  test("a run's pool is its own, else its deployment's, else the default one", () => {
    const store = openTestStore()
    const done = { state: { type: 'COMPLETED' } }
    create(
      store,
      aNewObject('in-gpu', { kind: 'Deployment', spec: { workPool: 'gpu' } }),
      aNewObject('in-default', { kind: 'Deployment' }),
      aNewObject('own', { spec: { workPool: 'gpu' } }),
      aNewObject('own-done', { spec: { workPool: 'gpu' }, status: done }),
      aNewObject('inherited', { spec: { deployment: 'in-gpu' } }),
      aNewObject('inherited-done', { spec: { deployment: 'in-gpu' }, status: done }),
      aNewObject('overridden', { spec: { deployment: 'in-gpu', workPool: 'cpu' } }),
      aNewObject('of-default', { spec: { deployment: 'in-default' } }),
      aNewObject('plain'),
      aNewObject('of-nobody', { spec: { deployment: 'absent' } }),
    )
    const all = (pool: string) => names(store.objects.runKeysOfWorkPool('default', pool))
    const unfinished = (pool: string) =>
      names(store.objects.unfinishedRunKeysOfWorkPool('default', pool))
    expect(all('gpu')).toEqual(['inherited', 'inherited-done', 'own', 'own-done'])
    expect(unfinished('gpu')).toEqual(['inherited', 'own'])
    expect(all('cpu')).toEqual(['overridden'])
    expect(all('default')).toEqual(['of-default', 'plain'])
    expect(store.objects.runKeysOfWorkPool('elsewhere', 'gpu')).toEqual([])
  })

  test('unfinished runs of a pool come in pages, each as of the moment when it is read', () => {
    const store = openTestStore()
    create(
      store,
      aNewObject('d', { kind: 'Deployment', spec: { workPool: 'gpu' } }),
      aNewObject('inherited', { spec: { deployment: 'd' } }),
      aNewObject('elsewhere'),
      ...['a', 'b', 'c', 'e'].map((name) => aNewObject(name, { spec: { workPool: 'gpu' } })),
    )
    const pages = () => [...store.objects.unfinishedRunsOfWorkPool('default', 'gpu', 2)]
    expect(pages().map(({ length }) => length)).toEqual([2, 2, 1])
    const seen: string[] = []
    for (const page of store.objects.unfinishedRunsOfWorkPool('default', 'gpu', 2)) {
      seen.push(...page.map(({ metadata }) => metadata.name))
      if (store.objects.get({ ...keyOfRun('new'), kind: 'WorkPool' })) continue
      // What the pages to come would have been: one has ended, one is gone and its id is a pool's.
      store.transaction(() => {
        const state = { type: 'COMPLETED', name: 'Completed', timestamp: '' }
        store.objects.setStatus(keyOfRun('c'), 'uid-c', { state })
        store.objects.markDeleted(keyOfRun('e'), CREATED_MS)
        store.objects.create(aNewObject('new', { kind: 'WorkPool' }))
      })
    }
    expect(seen.toSorted()).toEqual(['a', 'b', 'inherited'])
    const runs = pages().flat()
    expect(runs.map((run) => store.objects.getByUid(run.metadata.uid))).toEqual(runs)
    expect(names(runs.map(({ metadata }) => metadata)).toSorted()).toEqual(['a', 'b', 'inherited'])
  })

  test("a pool that is edited in the deployment takes the deployment's runs with it", () => {
    const store = openTestStore()
    create(
      store,
      aNewObject('d', { kind: 'Deployment', spec: { workPool: 'old' } }),
      aNewObject('a', { spec: { deployment: 'd' } }),
    )
    const deployment = store.objects.getByUid('uid-d')
    if (!deployment) throw new Error('just created')
    store.transaction(() => store.objects.update({ ...deployment, spec: { workPool: 'new' } }))
    expect(names(store.objects.runKeysOfWorkPool('default', 'new'))).toEqual(['a'])
    expect(names(store.objects.runKeysOfWorkPool('default', 'old'))).toEqual([])
  })

  test('runs of a deployment and objects of an owner', () => {
    const store = openTestStore()
    const ownerReferences = [{ apiVersion: 'v1', kind: 'Deployment', name: 'd', uid: 'uid-d' }]
    create(
      store,
      aNewObject('b', { spec: { deployment: 'd' }, meta: { ownerReferences } }),
      aNewObject('a', { spec: { deployment: 'd' } }),
      aNewObject('c', { spec: { deployment: 'other' } }),
      aNewObject('p', { kind: 'WorkPool', spec: { deployment: 'd' }, meta: { ownerReferences } }),
    )
    expect(names(store.objects.runKeysOfDeployment('default', 'd'))).toEqual(['a', 'b'])
    expect(store.objects.ownedKeys('uid-d')).toEqual([
      keyOfRun('b'),
      { kind: 'WorkPool', namespace: 'default', name: 'p' },
    ])
  })

  test('deployments are found by the pool that they name, or do not name', () => {
    const store = openTestStore()
    create(
      store,
      aNewObject('b', { kind: 'Deployment', spec: { workPool: 'big' } }),
      aNewObject('a', { kind: 'Deployment', spec: {} }),
      aNewObject('c', { kind: 'Run', spec: { workPool: 'big' } }),
    )
    expect(names(store.objects.deploymentKeysOfWorkPool('default', 'big'))).toEqual(['b'])
    expect(names(store.objects.deploymentKeysOfWorkPool('default', 'default'))).toEqual(['a'])
  })
})

describe('namespaces', () => {
  test('a new database has the namespace default', () => {
    expect(openTestStore().objects.namespaces()).toMatchObject([
      { name: 'default', createdAtMs: CREATED_MS, terminating: false },
    ])
  })

  test('ensuring one twice keeps the first', () => {
    const store = openTestStore()
    const ensure = (uid: string) =>
      store.transaction(() => store.objects.ensureNamespace('team', uid, CREATED_MS))
    const first = ensure('one')
    const version = store.resourceVersion()
    expect(ensure('two')).toEqual(first)
    expect(store.resourceVersion()).toBe(version)
  })

  test('an empty one is removed at once', () => {
    const store = openTestStore()
    store.transaction(() => store.objects.ensureNamespace('team', 'uid-team', CREATED_MS))
    store.transaction(() => store.objects.deleteNamespace('team'))
    expect(names(store.objects.namespaces())).toEqual(['default'])
    expect(store.changesSince(store.resourceVersion() - 1, 1)).toMatchObject([
      { type: 'DELETED', kind: 'Namespace', name: 'team', uid: 'uid-team' },
    ])
  })

  test('one with objects takes no new ones and goes with its last', () => {
    const store = openTestStore()
    store.transaction(() => store.objects.ensureNamespace('team', 'uid-team', CREATED_MS))
    const meta = { namespace: 'team', finalizers: ['x'] }
    create(store, aNewObject('a', { meta }))
    store.transaction(() => store.objects.deleteNamespace('team'))
    store.transaction(() => store.objects.deleteNamespace('team'))
    expect(store.objects.namespaces()[1]).toMatchObject({ name: 'team', terminating: true })
    expect(() => create(store, aNewObject('b', { meta }))).toThrow(/being terminated/)
    store.transaction(() => store.objects.markDeleted(keyOfRun('a', 'team'), CREATED_MS))
    expect(names(store.objects.namespaces())).toEqual(['default', 'team'])
    store.transaction(() => store.objects.removeFinalizer(keyOfRun('a', 'team'), 'uid-a', 'x'))
    expect(names(store.objects.namespaces())).toEqual(['default'])
  })
})
