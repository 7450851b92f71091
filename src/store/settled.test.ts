import { expect, test } from 'vitest'
import { aNewObject, anIntent, keyOfRun, openTestStore } from '../../test/world/test-store.ts'
import type { JsonObject } from '../lib/json.ts'
import type { SqliteStore } from './open.ts'

const NAMES = ['alone', 'deployed', 'pooled'] as const
const OBSERVATION = {
  taskArn: 'arn:task/1',
  clusterArn: 'arn:cluster/default',
  version: 1,
  snapshot: {},
  observedAtMs: 1,
}

/** Settled: a run of its own, one of Deployment `d` and one of WorkPool `p`. */
function settledStore(): SqliteStore {
  const store = openTestStore()
  store.transaction(() => {
    store.objects.create(aNewObject('d', { kind: 'Deployment' }))
    store.objects.create(aNewObject('p', { kind: 'WorkPool' }))
    store.objects.create(aNewObject('alone'))
    store.objects.create(aNewObject('deployed', { spec: { deployment: 'd' } }))
    store.objects.create(aNewObject('pooled', { spec: { workPool: 'p' } }))
    store.attempts.insert(anIntent('alone'))
    for (const name of NAMES) store.objects.settle(`uid-${name}`)
  })
  return store
}

function update(store: SqliteStore, kind: 'Run' | 'Deployment' | 'WorkPool', name: string): void {
  const object = store.objects.get({ kind, namespace: 'default', name })
  if (!object) throw new Error(`${kind} ${name} is there`)
  store.objects.update({ ...object, spec: { ...(object.spec as JsonObject), parameters: {} } })
}

test.each<[cause: string, change: (store: SqliteStore) => unknown, unsettled: readonly string[]]>([
  ['nothing', () => {}, []],
  ['a new spec', (store) => update(store, 'Run', 'alone'), ['alone']],
  ['a status', (store) => store.objects.setStatus(keyOfRun('alone'), 'uid-alone', {}), ['alone']],
  ['the same spec', ({ objects }) => objects.update(objects.get(keyOfRun('alone'))!), []],
  [
    'a deletion that a finalizer holds',
    ({ objects }) => {
      const run = objects.get(keyOfRun('alone'))!
      objects.update({ ...run, metadata: { ...run.metadata, finalizers: ['x'] } })
      objects.settle('uid-alone')
      objects.markDeleted(keyOfRun('alone'), 1)
    },
    ['alone'],
  ],
  [
    'an attempt',
    (store) => store.attempts.insert(anIntent('alone', { index: 1, clientToken: 'other' })),
    ['alone'],
  ],
  [
    'a change of an attempt',
    (store) => store.attempts.update('token-alone-1-1', { lastLines: ['x'] }),
    ['alone'],
  ],
  [
    'an observation',
    (store) => {
      store.attempts.update('token-alone-1-1', { phase: 'Launched', taskArn: 'arn:task/1' })
      store.objects.settle('uid-alone')
      store.attempts.observe('token-alone-1-1', OBSERVATION)
    },
    ['alone'],
  ],
  ['a new spec of its deployment', (store) => update(store, 'Deployment', 'd'), ['deployed']],
  ['a new spec of a pool', (store) => update(store, 'WorkPool', 'p'), NAMES],
  [
    'a status of its deployment',
    (store) =>
      store.objects.setStatus({ kind: 'Deployment', namespace: 'default', name: 'd' }, 'uid-d', {}),
    [],
  ],
  [
    'a new deployment of that name',
    (store) => {
      store.objects.markDeleted({ kind: 'Deployment', namespace: 'default', name: 'd' }, 1)
      store.objects.create(aNewObject('d', { kind: 'Deployment', meta: { uid: 'other' } }))
    },
    ['deployed'],
  ],
  [
    'the end of its deployment',
    ({ objects }) =>
      objects.markDeleted({ kind: 'Deployment', namespace: 'default', name: 'd' }, 1),
    ['deployed'],
  ],
  [
    'the end of a pool',
    ({ objects }) => objects.markDeleted({ kind: 'WorkPool', namespace: 'default', name: 'p' }, 1),
    NAMES,
  ],
  ['unsettle', (store) => store.objects.unsettle(), NAMES],
])('%s takes the mark from the runs that it concerns', (_, change, unsettled) => {
  const store = settledStore()
  expect(store.objects.unsettledRunKeys()).toEqual([])
  store.transaction(() => change(store))
  expect(store.objects.unsettledRunKeys().map(({ name }) => name)).toEqual(unsettled)
  for (const name of NAMES) {
    expect(store.objects.isSettled(`uid-${name}`)).toBe(!unsettled.includes(name))
  }
})

test('a mark is no change: nobody hears of it', () => {
  const store = settledStore()
  const version = store.resourceVersion()
  store.transaction(() => {
    store.objects.unsettle()
    store.objects.settle('uid-alone')
  })
  expect(store.resourceVersion()).toBe(version)
})
