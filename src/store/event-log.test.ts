import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../test/world/seeded-random.ts'
import { CREATED_MS, openTestStore } from '../../test/world/test-store.ts'
import { HEARTBEAT_EVENT, LABEL, type NewEventRecord, resourceId } from '../kinds/event.ts'
import { LANE_LIMITS, SENDER_LIMITS } from './event-log-prune.ts'
import { openStore, type SqliteStore } from './open.ts'

function aRecord(different: Partial<NewEventRecord> = {}): NewEventRecord {
  return {
    occurredAtMs: CREATED_MS,
    receivedAtMs: CREATED_MS,
    event: 'capstan.run.Running',
    namespace: 'default',
    resource: { [LABEL.id]: resourceId('run', 'uid-a'), [LABEL.name]: 'a' },
    related: [{ [LABEL.id]: resourceId('workPool', 'uid-p'), [LABEL.role]: 'work-pool' }],
    payload: { from: 'PENDING' },
    runUid: 'uid-a',
    ...different,
  }
}

function aBeat(runUid: string): NewEventRecord {
  return aRecord({ event: HEARTBEAT_EVENT, runUid, isOutside: true })
}

/** Something that the automation of this uid did, by what others have told. */
function aFiring(uid: string, id?: string): NewEventRecord {
  const { runUid: _, ...told } = aRecord({
    event: 'capstan.automation.triggered',
    resource: { [LABEL.id]: resourceId('automation', uid) },
  })
  return { ...told, ...(id !== undefined && { id }) }
}

function append(store: SqliteStore, ...records: readonly NewEventRecord[]) {
  return store.transaction(() => store.eventLog.append(records))
}

describe('append', () => {
  test('gives positions and ids, and keeps everything', () => {
    const store = openTestStore()
    const record = aRecord({ follows: '0190d2ee-0000-7000-8000-000000000001', isOutside: true })
    const added = append(store, record, aRecord({ id: 'known' }))
    expect(added).toEqual([
      { ...record, seq: 1, id: expect.stringMatching(/^[0-9a-f-]{36}$/) },
      { ...aRecord(), seq: 2, id: 'known' },
    ])
    expect(store.eventLog.after(0, 10)).toEqual(added)
    expect(store.eventLog.newestSeq()).toBe(2)
  })

  test('a known id changes nothing', () => {
    const store = openTestStore()
    const told = aRecord({ id: 'same', isOutside: true })
    const [first] = append(store, told)
    expect(append(store, { ...told, event: 'another' })).toEqual([])
    expect(store.eventLog.after(0, 10)).toEqual([first])
  })

  test('of what automations did, too: told again it is the same', () => {
    const store = openTestStore()
    expect(append(store, aFiring('a', 'firing'))).toHaveLength(1)
    expect(append(store, aFiring('a', 'firing'))).toEqual([])
    expect(store.eventLog.newestSeq()).toBe(1)
  })

  test('refuses to write outside of a transaction, and what has no resource id', () => {
    const store = openTestStore()
    expect(() => store.eventLog.append([aRecord()])).toThrow(/transaction/)
    expect(() => append(store, aRecord({ resource: {} }))).toThrow(/capstan\.resource\.id/)
  })
})

describe('reading', () => {
  const store = openTestStore()
  append(
    store,
    aRecord({ event: 'capstan.run.Pending', occurredAtMs: CREATED_MS }),
    aRecord({ event: 'capstan.run.Running', occurredAtMs: CREATED_MS + 1 }),
    aRecord({ event: 'capstan.run.Running', runUid: 'uid-b', namespace: 'other' }),
    aRecord({
      event: 'capstan.ecs.RunTask',
      resource: { [LABEL.id]: resourceId('deployment', 'uid-d') },
      occurredAtMs: CREATED_MS + 3,
    }),
  )
  const read = (filter: object) =>
    store.eventLog.list({ limit: 10, ...filter }).map(({ seq }) => seq)

  test('after: oldest first, as many as wanted', () => {
    expect(store.eventLog.after(1, 2).map(({ seq }) => seq)).toEqual([2, 3])
    expect(store.eventLog.after(4, 2)).toEqual([])
  })

  test.each<[string, object, readonly number[]]>([
    ['everything, newest first', {}, [4, 3, 2, 1]],
    ['so many', { limit: 2 }, [4, 3]],
    ['a page further on', { beforeSeq: 3 }, [2, 1]],
    ['of a run', { runUid: 'uid-b' }, [3]],
    ['of a resource', { resourceId: 'capstan.deployment.uid-d' }, [4]],
    ['of both', { resourceId: 'capstan.run.uid-a', runUid: 'uid-b' }, [3]],
    ['of a namespace', { namespace: 'other' }, [3]],
    ['by the beginning of the name', { eventPrefix: 'capstan.run.' }, [3, 2, 1]],
    ['by the whole name', { eventPrefix: 'capstan.run.Pending' }, [1]],
    ['in a time range', { sinceMs: CREATED_MS + 1, untilMs: CREATED_MS + 2 }, [2]],
  ])('list: %s', (_, filter, expected) => {
    expect(read(filter)).toEqual(expected)
  })
})

describe('subscribe', () => {
  function hear(store: SqliteStore): number[] {
    const heard: number[] = []
    store.eventLog.subscribe((newestSeq) => heard.push(newestSeq))
    return heard
  }

  test('tells once a commit, after it', () => {
    const store = openTestStore()
    const heard = hear(store)
    store.transaction(() => {
      store.eventLog.append([aRecord()])
      store.transaction(() => store.eventLog.append([aRecord()]))
      expect(heard).toEqual([])
    })
    expect(heard).toEqual([2])
    append(store, aRecord())
    expect(heard).toEqual([2, 3])
  })

  test('says nothing of what was taken back, and of what was known', () => {
    const store = openTestStore()
    append(store, aRecord({ id: 'known', isOutside: true }))
    const heard = hear(store)
    append(store, aRecord({ id: 'known', isOutside: true }))
    const failing = (): void =>
      store.transaction(() => {
        store.eventLog.append([aRecord()])
        throw new Error('no')
      })
    expect(failing).toThrow('no')
    store.transaction(() => {
      expect(failing).toThrow('no')
      store.identity.set('key', 'value')
    })
    expect(heard).toEqual([])
    expect(store.eventLog.newestSeq()).toBe(1)
  })

  test('a listener may write, and one that throws harms no other', () => {
    const errors: unknown[] = []
    const store = openStore({
      path: ':memory:',
      random: seededRandom(1),
      nowMs: CREATED_MS,
      onListenerError: (error) => errors.push(error),
    })
    const heard: number[] = []
    store.eventLog.subscribe(() => {
      throw new Error('mine')
    })
    store.eventLog.subscribe((newestSeq) => {
      heard.push(newestSeq)
      if (newestSeq < 3) append(store, aRecord())
    })
    append(store, aRecord())
    expect(heard).toEqual([1, 2, 3])
    expect(errors).toHaveLength(3)
  })

  test('ends when it is told to', () => {
    const store = openTestStore()
    const heard: number[] = []
    const unsubscribe = store.eventLog.subscribe((newestSeq) => heard.push(newestSeq))
    append(store, aRecord())
    unsubscribe()
    append(store, aRecord())
    expect(heard).toEqual([1])
  })
})

describe('what is kept', () => {
  test('of the beats of one run the latest, and those of others stay', () => {
    const store = openTestStore()
    append(store, aBeat('uid-b'), aRecord())
    for (let index = 0; index < SENDER_LIMITS.Beat + 30; index += 1) append(store, aBeat('uid-a'))
    const seqs = (runUid: string) =>
      store.eventLog
        .list({ runUid, eventPrefix: HEARTBEAT_EVENT, limit: 1_000 })
        .map(({ seq }) => seq)
    expect(seqs('uid-a')).toHaveLength(SENDER_LIMITS.Beat)
    expect(seqs('uid-a')[0]).toBe(store.eventLog.newestSeq())
    expect(seqs('uid-b')).toEqual([1])
    expect(store.eventLog.list({ eventPrefix: 'capstan.run.Running', limit: 9 })).toHaveLength(1)
  })

  test('what one run tells is bounded, and pushes out nothing of Capstan’s own', () => {
    const store = openTestStore()
    append(store, aRecord({ event: 'capstan.run.Pending' }))
    const told = aRecord({ event: 'my.event', isOutside: true })
    store.transaction(() => {
      for (let index = 0; index < SENDER_LIMITS.Outside + 10; index += 1) {
        store.eventLog.append([told])
      }
    })
    expect(store.eventLog.list({ eventPrefix: 'my.', limit: 9_999 })).toHaveLength(
      SENDER_LIMITS.Outside,
    )
    expect(store.eventLog.after(0, 1)[0]?.event).toBe('capstan.run.Pending')
  })

  test('of one automation the latest, and those of others stay, as does what Capstan did', () => {
    const store = openTestStore()
    append(store, aFiring('quiet'), aRecord({ event: 'capstan.run.Pending' }))
    store.transaction(() => {
      for (let n = 0; n < SENDER_LIMITS.Automation + 30; n += 1) {
        store.eventLog.append([aFiring('loud')])
      }
    })
    const kept = (resource: string) =>
      store.eventLog.list({ resourceId: resourceId('automation', resource), limit: 9_999 })
    expect(kept('loud')).toHaveLength(SENDER_LIMITS.Automation)
    expect(kept('loud')[0]?.seq).toBe(store.eventLog.newestSeq())
    expect(kept('quiet')).toHaveLength(1)
    expect(store.eventLog.list({ eventPrefix: 'capstan.run.', limit: 9 })).toHaveLength(1)
  })

  test('of all automations as many rows as they may have', () => {
    const store = openTestStore()
    const { rows } = LANE_LIMITS.Automation
    append(store, aRecord())
    for (let uid = 0; uid < rows / SENDER_LIMITS.Automation + 3; uid += 1) {
      const firings = Array.from({ length: SENDER_LIMITS.Automation }, () => aFiring(`a-${uid}`))
      append(store, ...firings)
    }
    store.transaction(() => store.eventLog.prune())
    const eventPrefix = 'capstan.automation.'
    expect(store.eventLog.list({ eventPrefix, limit: 99_999 })).toHaveLength(rows)
    expect(store.eventLog.after(0, 1)[0]?.event).toBe('capstan.run.Running')
  })

  test.each([
    ['nobody can be blamed for', 'Outside', { isOutside: true }],
    ['Capstan did', 'Own', {}],
  ] as const)('of what %s, the newest rows and bytes; the newest of all stays', (_, lane, more) => {
    const store = openTestStore()
    const { runUid: __, ...told } = aRecord({
      event: 'my.event',
      payload: { text: 'x'.repeat(2 ** 20) },
      ...more,
    })
    const { runUid: ___, ...other } = aRecord(lane === 'Own' ? { isOutside: true } : {})
    const most = LANE_LIMITS[lane].bytes / 2 ** 20
    const count = most + 8
    store.transaction(() => {
      store.eventLog.append([other])
      for (let index = 0; index < count; index += 1) store.eventLog.append([told])
    })
    store.transaction(() => store.eventLog.prune())
    const left = store.eventLog.list({ limit: 200 })
    expect(left.length).toBeGreaterThan(most / 2)
    expect(left.length).toBeLessThan(most + 1)
    expect(left[0]?.seq).toBe(count + 1)
    expect(left.at(-1)?.event).toBe('capstan.run.Running')
    append(store, told)
    expect(store.eventLog.newestSeq()).toBe(count + 2)
  })

  test('of its own rows as many as it may, also when it was weighed and undone in between', () => {
    const store = openTestStore()
    const { rows } = LANE_LIMITS.Own
    const many = Array.from({ length: 1_000 }, () => aRecord())
    for (let count = 0; count < rows + 3_000; count += many.length) {
      store.transaction(() => {
        expect(() =>
          store.transaction(() => {
            store.eventLog.append(many)
            throw new Error('undone')
          }),
        ).toThrow('undone')
        store.eventLog.append(many)
      })
    }
    store.transaction(() => store.eventLog.prune())
    expect(store.eventLog.after(0, rows + 10_000)).toHaveLength(rows)
    expect(store.eventLog.after(0, 1)[0]?.seq).toBe(3_001)
  })
})
