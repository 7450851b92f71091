import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { aNewObject, openTestStore } from '../../test/world/test-store.ts'
import { RunLines } from './run-lines.ts'

/** Nothing but a collection tells what is held. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
}

test('a line of a hundred thousand runs does not hold the runs', async () => {
  const store = openTestStore()
  const key = { kind: 'Run', namespace: 'default', name: 'a' } as const
  store.transaction(() => {
    store.objects.create(aNewObject('default', { kind: 'WorkPool', meta: { uid: 'pool' } }))
    store.objects.create(aNewObject('a'))
  })
  const lines = new RunLines({ store, sizeOf: () => ({ cpuUnits: 256, memoryMib: 512 }) })
  const run = new WeakRef(store.objects.get(key) ?? {})
  expect(Object.fromEntries(lines.waiting('default', 'default'))).toEqual({ default: 1 })
  // What is undone empties the store's own cache.
  const undo = () =>
    store.transaction(() => {
      throw new Error('undone')
    })
  expect(undo).toThrow('undone')
  // A WeakRef holds what it was made of until the turn ends.
  await new Promise((resolve) => setImmediate(resolve))
  collectGarbage()
  expect(run.deref()).toBeUndefined()
  expect(Object.fromEntries(lines.waiting('default', 'default'))).toEqual({ default: 1 })
})
