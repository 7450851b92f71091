import { describe, expect, test } from 'vitest'
import { CREATED_MS, keyOfRun, openTestStore } from '../../test/world/test-store.ts'
import { EVENT_ROWS, EVENTS_PER_OBJECT } from './events.ts'
import type { SqliteStore } from './open.ts'
import type { EventInput } from './types.ts'

const HOUR_MS = 3_600_000

function anEvent(different: Partial<EventInput> = {}): EventInput {
  return {
    regarding: { ...keyOfRun('a'), uid: 'uid-a' },
    type: 'Normal',
    reason: 'Launched',
    message: 'task 1',
    ...different,
  }
}

function record(store: SqliteStore, event: EventInput, nowMs = CREATED_MS) {
  return store.transaction(() => store.events.record(event, nowMs))
}

describe('record', () => {
  test('makes a row that can be listed, read and watched', () => {
    const store = openTestStore()
    const row = record(store, anEvent())
    expect(row).toEqual({
      ...anEvent(),
      name: expect.stringMatching(/^a\.[0-9a-f]{16}$/),
      uid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      count: 1,
      firstAtMs: CREATED_MS,
      lastAtMs: CREATED_MS,
      resourceVersion: store.resourceVersion(),
    })
    expect(store.events.list({})).toEqual([row])
    expect(store.events.get('default', row.name)).toEqual(row)
    expect(store.changesSince(row.resourceVersion - 1, 5)).toMatchObject([
      { type: 'ADDED', kind: 'Event', namespace: 'default', name: row.name, uid: row.uid },
    ])
  })

  test('counts an equal event up, under its name, as a change', () => {
    const store = openTestStore()
    const first = record(store, anEvent())
    const second = record(store, anEvent(), CREATED_MS + 1_000)
    expect(second).toEqual({
      ...first,
      count: 2,
      lastAtMs: CREATED_MS + 1_000,
      resourceVersion: first.resourceVersion + 1,
    })
    expect(store.events.list({})).toEqual([second])
    expect(store.changesSince(first.resourceVersion, 5)).toMatchObject([
      { type: 'MODIFIED', kind: 'Event', name: first.name },
    ])
  })

  test.each<[string, Partial<EventInput>]>([
    ['another object', { regarding: { ...keyOfRun('a'), uid: 'namesake' } }],
    ['another type', { type: 'Warning' }],
    ['another reason', { reason: 'Started' }],
    ['another message', { message: 'task 2' }],
  ])('%s is another event', (_, different) => {
    const store = openTestStore()
    record(store, anEvent())
    expect(record(store, anEvent(different)).count).toBe(1)
    expect(store.events.list({})).toHaveLength(2)
  })

  test.each([
    ['within the hour since the last', HOUR_MS, 2],
    ['after it', HOUR_MS + 1, 1],
  ])('an equal one %s', (_, laterMs, count) => {
    const store = openTestStore()
    record(store, anEvent())
    expect(record(store, anEvent(), CREATED_MS + laterMs).count).toBe(count)
  })

  test('the window moves with each repetition', () => {
    const store = openTestStore()
    for (const hours of [0, 0.9, 1.8, 2.7]) record(store, anEvent(), CREATED_MS + hours * HOUR_MS)
    expect(store.events.list({})).toMatchObject([{ count: 4 }])
  })

  test('a clock that steps back does not move the last time back', () => {
    const store = openTestStore()
    record(store, anEvent())
    expect(record(store, anEvent(), CREATED_MS - 5_000).lastAtMs).toBe(CREATED_MS)
  })

  test('a message is cut where Kubernetes would refuse it, and still counts up', () => {
    const store = openTestStore()
    const long = anEvent({ message: 'x'.repeat(5_000) })
    expect(record(store, long).message).toHaveLength(1_024)
    expect(record(store, long).count).toBe(2)
  })
})

describe('list', () => {
  function filled(): SqliteStore {
    const store = openTestStore()
    record(store, anEvent({ message: '1' }))
    record(store, anEvent({ message: '2', regarding: { ...keyOfRun('b'), uid: 'uid-b' } }))
    record(store, anEvent({ message: '3', regarding: { ...keyOfRun('a', 'team'), uid: 'uid-t' } }))
    record(
      store,
      anEvent({ message: '4', regarding: { ...keyOfRun('a'), kind: 'Deployment', uid: 'uid-d' } }),
    )
    record(store, anEvent({ message: '5' }))
    return store
  }

  test.each([
    ['nothing', {}, ['1', '2', '3', '4', '5']],
    ['a namespace', { namespace: 'default' }, ['1', '2', '4', '5']],
    ['a uid', { regardingUid: 'uid-a' }, ['1', '5']],
    ['a name', { regardingName: 'a' }, ['1', '3', '4', '5']],
    ['a kind', { regardingKind: 'Deployment' }, ['4']],
    ['everything', { namespace: 'default', regardingKind: 'Run', regardingName: 'a' }, ['1', '5']],
    ['a uid that is elsewhere', { namespace: 'team', regardingUid: 'uid-a' }, []],
    ['the newest two', { limit: 2 }, ['4', '5']],
    ['the newest of a uid', { regardingUid: 'uid-a', limit: 1 }, ['5']],
  ])('by %s, oldest first', (_, filter, expected) => {
    expect(
      filled()
        .events.list(filter)
        .map(({ message }) => message),
    ).toEqual(expected)
  })
})

describe('bounds', () => {
  test('prune keeps the newest, a repeated event counts as new', () => {
    const store = openTestStore()
    for (const message of ['1', '2', '3', '1']) record(store, anEvent({ message }))
    expect(store.transaction(() => store.events.prune(2))).toBe(1)
    expect(store.events.list({}).map(({ message }) => message)).toEqual(['3', '1'])
    expect(store.transaction(() => store.events.prune(2))).toBe(0)
  })

  test('of one object the newest are kept', () => {
    const store = openTestStore()
    store.transaction(() => {
      for (let n = 0; n < EVENTS_PER_OBJECT + 5; n += 1) {
        store.events.record(anEvent({ message: String(n) }), CREATED_MS)
      }
    })
    const messages = store.events.list({}).map(({ message }) => message)
    expect(messages).toHaveLength(EVENTS_PER_OBJECT)
    expect(messages.at(0)).toBe('5')
  })

  test('recording alone stays within EVENT_ROWS and one bulk', () => {
    const store = openTestStore()
    store.transaction(() => {
      for (let n = 0; n < EVENT_ROWS + 1_500; n += 1) {
        const regarding = { ...keyOfRun(`run-${n}`), uid: `uid-${n}` }
        store.events.record(anEvent({ regarding }), CREATED_MS)
      }
    })
    const rows = store.events.list({})
    expect(rows.length).toBeGreaterThanOrEqual(EVENT_ROWS)
    expect(rows.length).toBeLessThanOrEqual(EVENT_ROWS + 1_000)
    expect(rows.at(-1)?.regarding.name).toBe(`run-${EVENT_ROWS + 1_499}`)
  })
})
