import { afterEach, beforeEach, expect, test } from 'vitest'
import { FakeClock } from '../../../test/world/fake-clock.ts'
import { aNewObject, keyOfRun, openTestStore } from '../../../test/world/test-store.ts'
import type { SqliteStore } from '../../store/open.ts'
import { OwnCommits } from '../own-commits.ts'
import { SharedCommits } from './shared-commits.ts'

let store: SqliteStore
let clock: FakeClock
let commits: SharedCommits<string>
/** Names of each commit that was heard of. */
let heard: string[][]
/** Runs that stand in a line. */
let inLine: Set<string>

beforeEach(() => {
  store = openTestStore()
  clock = new FakeClock()
  heard = []
  inLine = new Set()
  store.subscribe((changes) => heard.push(changes.map(({ name }) => name)))
  commits = new SharedCommits(
    { store, clock, own: new OwnCommits() },
    ({ name }) => !inLine.has(name),
  )
})

afterEach(() => {
  expect(clock.pendingTimers).toBe(0)
  store.close()
})

function create(name: string): string {
  store.transaction(() => store.objects.create(aNewObject(name)))
  return name
}

/** A reconcile of one step for each. */
function reconcile(
  names: readonly string[],
  work = create,
): Promise<PromiseSettledResult<string>[]> {
  const step = async (name: string): Promise<string> =>
    commits.commit(keyOfRun(name), () => work(name))
  return Promise.allSettled(names.map((name) => commits.during(() => step(name))))
}

function named(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `run-${index}`)
}

test('who is alone waits for nobody', async () => {
  const done = reconcile(['a'])
  expect(heard).toEqual([['a']])
  expect(await done).toEqual([{ status: 'fulfilled', value: 'a' }])
})

test('steps of one turn share a commit, and go on after it', async () => {
  const done = reconcile(['a', 'b', 'c', 'd'])
  expect(heard).toEqual([['a']])
  await clock.advance(0)
  expect(heard).toEqual([['a'], ['b', 'c', 'd']])
  expect((await done).map((one) => one.status === 'fulfilled' && one.value)).toEqual(
    Array.from('abcd'),
  )
})

test('so many that a commit takes long are several', async () => {
  const done = reconcile(named(20))
  await clock.advance(0)
  await done
  expect(heard.map((names) => names.length)).toEqual([1, 8, 8, 3])
})

test('a step that fails fails alone', async () => {
  const done = reconcile(['a', 'b', 'c', 'd'], (name) => {
    create(name)
    if (name === 'c') throw new Error('odd')
    return name
  })
  await clock.advance(0)
  expect((await done).map(({ status }) => status)).toEqual([
    'fulfilled',
    'fulfilled',
    'rejected',
    'fulfilled',
  ])
  expect(heard).toEqual([['a'], ['b', 'd']])
})

test('none is done when the commit fails', async () => {
  const done = reconcile(['a', 'b', 'c'])
  store.close()
  await clock.advance(0)
  expect((await done).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected'])
  store = openTestStore()
})

test('who stands in a line commits alone, at once', () => {
  inLine.add('b')
  void reconcile(['a', 'b'])
  expect(heard).toEqual([['a'], ['b']])
})

test('who comes to stand in a line meanwhile decides when everybody else has been heard of', async () => {
  const seen: string[][][] = []
  const done = reconcile(['a', 'b', 'c'], (name) => {
    if (name === 'b') seen.push(structuredClone(heard))
    return create(name)
  })
  inLine.add('b')
  await clock.advance(0)
  await done
  expect(seen).toEqual([[['a'], ['c']]])
  expect(heard).toEqual([['a'], ['c'], ['b']])
})
