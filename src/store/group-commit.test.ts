import { describe, expect, test } from 'vitest'
import { FakeClock } from '../../test/world/fake-clock.ts'
import { aNewObject, keyOfRun, openTestStore } from '../../test/world/test-store.ts'
import { createGroupCommit } from './group-commit.ts'
import type { Store } from './types.ts'

function grouped() {
  const clock = new FakeClock()
  const store = openTestStore()
  const commit = createGroupCommit(store, (flush) => clock.after(0, flush))
  const announcements: string[][] = []
  store.subscribe((changes) => announcements.push(changes.map(({ name }) => name)))
  const create = (name: string) =>
    commit(() => store.objects.create(aNewObject(name)).metadata.name)
  return { clock, store, commit, create, announcements }
}

describe('group commit', () => {
  test('writes of one turn are one commit, and nothing is written before the turn ends', async () => {
    const { clock, store, create, announcements } = grouped()
    const written = Promise.all([create('a'), create('b'), create('c')])
    expect(store.objects.keys('Run')).toEqual([])
    await clock.advance(0)
    expect(await written).toEqual(['a', 'b', 'c'])
    expect(announcements).toEqual([['a', 'b', 'c']])
  })

  test('a write that fails fails alone, and leaves nothing', async () => {
    const { clock, store, commit, create } = grouped()
    const results = Promise.allSettled([
      create('a'),
      commit(() => {
        store.objects.create(aNewObject('half'))
        throw new Error('no')
      }),
      create('a'),
      create('b'),
    ])
    await clock.advance(0)
    expect((await results).map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'rejected',
      'fulfilled',
    ])
    expect(store.objects.keys('Run')).toEqual([keyOfRun('a'), keyOfRun('b')])
  })

  test('promises settle after the commit', async () => {
    const { clock, commit, create, store } = grouped()
    const seen: unknown[] = []
    const first = create('a').then(() => seen.push(store.objects.get(keyOfRun('b'))?.metadata.uid))
    const second = commit(() => store.objects.create(aNewObject('b')))
    await clock.advance(0)
    await Promise.all([first, second])
    expect(seen).toEqual(['uid-b'])
  })

  test('a commit that fails rejects all of the group', async () => {
    const clock = new FakeClock()
    const full: Pick<Store, 'transaction'> = {
      transaction(write) {
        write()
        throw new Error('the disk is full')
      },
    }
    const commit = createGroupCommit(full, (flush) => clock.after(0, flush))
    const results = Promise.allSettled([commit(() => 1), commit(() => 2)])
    await clock.advance(0)
    expect((await results).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  })

  test('a long queue is committed in groups, in order', async () => {
    const { clock, create, announcements } = grouped()
    const names = Array.from({ length: 250 }, (_, n) => `run-${String(n).padStart(3, '0')}`)
    const written = Promise.all(names.map(create))
    await clock.advance(0)
    expect(await written).toEqual(names)
    expect(announcements.map((group) => group.length)).toEqual([100, 100, 50])
    expect(announcements.flat()).toEqual(names)
  })

  test('goes on after a quiet time', async () => {
    const { clock, create } = grouped()
    const first = create('a')
    await clock.advance(0)
    await first
    const second = create('b')
    await clock.advance(0)
    expect(await second).toBe('b')
    expect(clock.pendingTimers).toBe(0)
  })
})
