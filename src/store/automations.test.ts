import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { seededRandom } from '../../test/world/seeded-random.ts'
import type { BucketRow, TriggerSourceRow } from './automations.ts'
import { openStore, type SqliteStore } from './open.ts'

let store: SqliteStore

beforeEach(() => {
  store = openStore({ path: ':memory:', random: seededRandom(1), nowMs: 0 })
})

afterEach(() => {
  store.close()
})

const SOURCE: TriggerSourceRow = {
  id: 'a',
  kind: 'Automation',
  namespace: 'default',
  name: 'tell',
  definition: 'd',
  sinceSeq: 4,
  fired: 0,
  rateCount: 0,
}

function bucket(key: string, different: Partial<BucketRow> = {}): BucketRow {
  return {
    source: 'a',
    path: '',
    key,
    startedAtMs: Number(key),
    firesAtEnd: true,
    body: { n: 1 },
    ...different,
  }
}

function write<T>(change: () => T): T {
  return store.transaction(change)
}

describe('the store of automations', () => {
  test('keeps sources as they are, and knows them by their owner', () => {
    const { automations } = store
    const full = { ...SOURCE, lastError: 'x', lastErrorAtMs: 3, lastFiredAtMs: 2, rateFromMs: 1 }
    write(() => automations.putSource(SOURCE))
    write(() => automations.putSource(full))
    expect(automations.source('a')).toEqual(full)
    const { sinceSeq: _, ...off } = SOURCE
    write(() => automations.putSource(off))
    expect(automations.sourcesOf(SOURCE)).toEqual([off])
    expect(automations.sourcesOf({ ...SOURCE, name: 'other' })).toEqual([])
  })

  test('finds what is due, earliest first, and when the next is', () => {
    const { automations } = store
    write(() => {
      automations.putSource(SOURCE)
      automations.putBucket(bucket('1', { dueAtMs: 30 }))
      automations.putBucket(bucket('2', { dueAtMs: 10 }))
      automations.putBucket(bucket('3'))
      automations.putBucket(bucket('4', { dueAtMs: 20, firesAtEnd: false }))
    })
    expect(automations.nextDueMs()).toBe(10)
    expect(automations.dueBuckets(25, 10).map(({ key }) => key)).toEqual(['2', '4'])
    expect(automations.dueBuckets(25, 1).map(({ key }) => key)).toEqual(['2'])
    write(() => automations.extendSilence(100))
    expect(automations.dueBuckets(200, 10).map(({ key }) => key)).toEqual(['4', '2', '1'])
    expect(automations.bucket({ source: 'a', path: '', key: '2' })).toEqual(
      bucket('2', { dueAtMs: 110 }),
    )
    expect(automations.hasOpenSilence()).toBe(true)
  })

  test('forgets the oldest beyond a number', () => {
    const { automations } = store
    write(() => {
      automations.putSource(SOURCE)
      for (const key of ['5', '3', '4', '1']) automations.putBucket(bucket(key))
      expect(automations.trimBuckets('a', 4)).toBe(0)
      expect(automations.trimBuckets('a', 2)).toBe(2)
    })
    const left = ['1', '3', '4', '5'].filter((key) =>
      automations.bucket({ source: 'a', path: '', key }),
    )
    expect(left).toEqual(['4', '5'])
  })

  test('queues an action of a firing once', () => {
    const { automations } = store
    const row = {
      source: 'a',
      firing: 'f',
      position: 0,
      action: { type: 'do-nothing' },
      context: { x: 1 },
      sends: 0,
      dueAtMs: 7,
    }
    const id = write(() => {
      automations.putSource(SOURCE)
      return automations.queue(row)
    })
    expect(() => write(() => automations.queue(row))).toThrow()
    expect(automations.queued(id)).toEqual({ ...row, id })
    write(() => automations.postpone(id, 1, 9))
    expect(automations.queuedIds()).toEqual([{ id, dueAtMs: 9 }])
    expect(automations.countQueued('a')).toBe(1)
    expect(write(() => automations.dequeue(id))).toBe(true)
    expect(write(() => automations.dequeue(id))).toBe(false)
  })

  test('what belongs to a source goes with it', () => {
    const { automations } = store
    write(() => {
      automations.putSource(SOURCE)
      automations.putBucket(bucket('1', { dueAtMs: 1 }))
      automations.queue({
        source: 'a',
        firing: 'f',
        position: 0,
        action: {},
        context: {},
        sends: 0,
        dueAtMs: 0,
      })
    })
    write(() => automations.removeSource('a'))
    expect(automations.nextDueMs()).toBeUndefined()
    expect(automations.queuedIds()).toEqual([])
    expect(automations.sources()).toEqual([])
  })
})
