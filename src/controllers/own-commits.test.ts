import { expect, test } from 'vitest'
import { aNewObject, keyOfRun, openTestStore } from '../../test/world/test-store.ts'
import type { Change, Store } from '../store/types.ts'
import { OwnCommits } from './own-commits.ts'

const OLD = keyOfRun('old')

/** What is heard of `old`, and of which of it its own reconcile knows, when that commits `act`. */
function heard(act: (store: Store) => void, during = OLD): readonly boolean[] {
  const store = openTestStore()
  store.transaction(() => store.objects.create(aNewObject('old')))
  const own = new OwnCommits()
  const known: boolean[] = []
  store.subscribe((changes: readonly Change[]) => {
    for (const change of changes) known.push(own.isOwnStatus(change))
  })
  own.during(during, () => store.transaction(() => act(store)))
  return known
}

function respecify({ objects }: Store): void {
  const old = objects.get(OLD)
  if (old) objects.update({ ...old, spec: { cancel: true } })
}

function setStatus({ objects }: Store, name = 'old'): void {
  const key = keyOfRun(name)
  objects.setStatus(key, objects.get(key)?.metadata.uid ?? '', { found: 'out' })
}

test('a status that its own reconcile wrote needs no second look', () => {
  expect(heard(setStatus)).toEqual([true])
})

/** A finalizer keeps it: that is a change like any other. */
function deleteHeld({ objects }: Store): void {
  const old = objects.get(OLD)
  if (old) objects.update({ ...old, metadata: { ...old.metadata, finalizers: ['x'] } })
  objects.markDeleted(OLD, 0)
}

test.each<readonly [string, (store: Store) => void]>([
  ['a new spec', respecify],
  ['a new object', ({ objects }) => void objects.create(aNewObject('new'))],
  ['a deletion', ({ objects }) => void objects.markDeleted(OLD, 0)],
])('%s does, though it is of the same commit', (_, act) => {
  expect(heard(act)).toEqual([false])
})

test('a deletion that a finalizer holds is no status', () => {
  expect(heard(deleteHeld)).toEqual([false, false])
})

test('what others write about it does', () => {
  expect(heard(setStatus, keyOfRun('other'))).toEqual([false])
})

test('after the commit nothing is its own', () => {
  const store = openTestStore()
  store.transaction(() => store.objects.create(aNewObject('old')))
  const own = new OwnCommits()
  own.during(OLD, () => {})
  const known: boolean[] = []
  store.subscribe((changes) => void known.push(...changes.map((one) => own.isOwnStatus(one))))
  store.transaction(() => setStatus(store))
  expect(known).toEqual([false])
})
