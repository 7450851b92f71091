import { describe, expect, test } from 'vitest'
import { aNewObject, CREATED_MS, keyOfRun, openTestStore } from '../../test/world/test-store.ts'
import { JOURNAL_ROWS } from './journal.ts'
import type { SqliteStore } from './open.ts'
import type { Change } from './types.ts'

function change(store: SqliteStore, times: number): void {
  store.transaction(() => {
    for (let n = 0; n < times; n += 1) {
      store.objects.setStatus(keyOfRun('a'), 'uid-a', { n: n + store.resourceVersion() })
    }
  })
}

function withRun(): SqliteStore {
  const store = openTestStore()
  store.transaction(() => store.objects.create(aNewObject('a')))
  return store
}

describe('changesSince', () => {
  test('pages through all changes, oldest first', () => {
    const store = withRun()
    const start = store.resourceVersion()
    change(store, 5)
    const versions = (since: number, limit: number) =>
      store.changesSince(since, limit)?.map(({ resourceVersion }) => resourceVersion - start)
    expect(versions(start, 3)).toEqual([1, 2, 3])
    expect(versions(start + 3, 3)).toEqual([4, 5])
    expect(versions(start + 5, 3)).toEqual([])
  })

  test('knows nothing of versions that it never gave out', () => {
    const store = withRun()
    expect(store.changesSince(store.resourceVersion() + 1, 10)).toBeUndefined()
    expect(store.changesSince(0, 10)).toBeUndefined()
  })

  test('reaches back at least JOURNAL_ROWS changes and not much farther', () => {
    const store = withRun()
    const start = store.resourceVersion()
    change(store, JOURNAL_ROWS + 2_000)
    const newest = store.resourceVersion()
    expect(newest).toBe(start + JOURNAL_ROWS + 2_000)
    expect(store.changesSince(newest - JOURNAL_ROWS, 1)).toMatchObject([
      { resourceVersion: newest - JOURNAL_ROWS + 1 },
    ])
    expect(store.changesSince(start, 1)).toBeUndefined()
  })
})

describe('resourceVersion', () => {
  test('goes on after a restart', () => {
    const store = withRun()
    const again = openTestStore(store.serialize())
    expect(again.resourceVersion()).toBe(store.resourceVersion())
    change(again, 1)
    expect(again.resourceVersion()).toBe(store.resourceVersion() + 1)
  })

  test('of a database made anew is beyond those of a lost one', () => {
    expect(openTestStore().resourceVersion()).toBeGreaterThan(CREATED_MS)
  })
})

describe('states around a change', () => {
  test('subscribers can ask for them, each as it was at its change', () => {
    const store = openTestStore()
    const heard: Change[] = []
    store.subscribe((changes) => heard.push(...changes))
    store.transaction(() => {
      const made = store.objects.create(aNewObject('a', { spec: { step: 1 } }))
      store.objects.update({ ...made, spec: { step: 2 } })
      store.objects.setStatus(keyOfRun('a'), 'uid-a', { step: 3 })
      store.objects.markDeleted(keyOfRun('a'), CREATED_MS)
    })
    const states = heard.map(({ type, resourceVersion, object, previous }) => [
      type,
      object?.metadata.resourceVersion === String(resourceVersion),
      object?.spec['step'],
      object?.status?.['step'],
      previous?.spec['step'],
    ])
    expect(states).toEqual([
      ['ADDED', true, 1, undefined, undefined],
      ['MODIFIED', true, 2, undefined, 1],
      ['MODIFIED', true, 2, 3, 2],
      ['DELETED', true, 2, 3, undefined],
    ])
  })
})
