import { expect, test } from 'vitest'
import { FakeClock } from '../../test/world/fake-clock.ts'
import { aNewObject, openTestStore } from '../../test/world/test-store.ts'
import { renderKey } from '../kinds/meta.ts'
import type { Clock } from '../lib/clock.ts'
import type { SqliteStore } from '../store/open.ts'
import { createFullLook, startKeys } from './full-look.ts'

const FINISHED = { state: { type: 'COMPLETED', name: 'Completed' } }

/** More runs than fit into two pages; every third is over, every fourth settled. */
const RUNS = 2_300

function nameOf(index: number): string {
  return `run-${String(index).padStart(4, '0')}`
}

function fullStore(count = RUNS): SqliteStore {
  const store = openTestStore()
  store.transaction(() => {
    store.objects.create(aNewObject('p', { kind: 'WorkPool' }))
    store.objects.create(aNewObject('d', { kind: 'Deployment' }))
    for (let index = 0; index < count; index += 1) {
      const name = nameOf(index)
      store.objects.create(aNewObject(name))
      if (index % 3 === 0) {
        store.objects.setStatus(
          { kind: 'Run', namespace: 'default', name },
          `uid-${name}`,
          FINISHED,
        )
      }
      if (index % 4 === 0) store.objects.settle(`uid-${name}`)
    }
  })
  return store
}

test('a full look comes by everything but what is settled, unfinished runs first', async () => {
  const added = { Low: [] as string[], Lowest: [] as string[] }
  const clock = new FakeClock()
  createFullLook({
    store: fullStore(),
    clock,
    add: (key, priority) =>
      void added[priority === 'Lowest' ? priority : 'Low'].push(renderKey(key)),
  }).begin(() => {})
  await clock.advance(1)
  const names = Array.from({ length: RUNS }, (_, index) => index).filter((index) => index % 4 !== 0)
  const runs = (isOver: boolean): readonly string[] =>
    names
      .filter((index) => (index % 3 === 0) === isOver)
      .map((index) => `Run/default/${nameOf(index)}`)
  expect(added).toEqual({
    Low: ['WorkPool/default/default', 'WorkPool/default/p', 'Deployment/default/d', ...runs(false)],
    Lowest: runs(true),
  })
})

/** Each look at it costs a slice. */
function slowClock(clock: FakeClock): Clock {
  return {
    nowMs: () => clock.nowMs(),
    monotonicMs: () => clock.monotonicMs(),
    after: (delayMs, fire) => clock.after(delayMs, fire),
  }
}

test('a look that begins anew replaces the one that is under way', async () => {
  const clock = new FakeClock()
  let spentMs = 0
  const stretched = { ...slowClock(clock), monotonicMs: () => (spentMs += 5) }
  const added: string[] = []
  const look = createFullLook({
    store: fullStore(),
    clock: stretched,
    add: (key) => void added.push(renderKey(key)),
  })
  const fail = (error: unknown): void => void added.push(String(error))
  look.begin(fail)
  const before = added.length
  expect(before).toBeLessThan(RUNS / 2)
  look.begin(fail)
  await clock.advance(1_000)
  const all = [...startKeys(fullStore())].flat().length
  expect(added.length).toBeGreaterThanOrEqual(all)
  expect(added.length).toBeLessThan(all + RUNS / 2)
  expect(new Set(added).size).toBe(all)
})

test('a look ends where it stands when the program stops', async () => {
  const clock = new FakeClock()
  let spentMs = 0
  const added: string[] = []
  const look = createFullLook({
    store: fullStore(),
    clock: { ...slowClock(clock), monotonicMs: () => (spentMs += 5) },
    add: (key) => void added.push(renderKey(key)),
  })
  look.begin(() => {})
  look.stop()
  const before = added.length
  await clock.advance(1_000)
  expect(added.length).toBe(before)
})

test('a database that cannot be read ends the program', async () => {
  const clock = new FakeClock()
  const store = fullStore(1)
  store.close()
  const failures: unknown[] = []
  createFullLook({ store, clock, add: () => {} }).begin((error) => failures.push(error))
  await clock.advance(1)
  expect(failures).toHaveLength(1)
})
