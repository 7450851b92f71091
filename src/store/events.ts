import type { Kind } from '../kinds/meta.ts'
import type { Random } from '../lib/random.ts'
import type { Journal } from './journal.ts'
import type { Sql } from './sql.ts'
import type { EventInput, EventRow, EventStore } from './types.ts'

/** Equal events closer together than this count up: the time for which Kubernetes keeps an event. */
const AGGREGATION_WINDOW_MS = 3_600_000

/** How many of its object's newest events an event is compared with: what alternates more is not a repetition. */
const AGGREGATION_DEPTH = 32

/** Kept of one object, so that a noisy one does not push out the events of all others. */
export const EVENTS_PER_OBJECT = 100

/** Kubernetes' own limit on the length of an event's message. */
const MESSAGE_LIMIT = 1_024

/** Kept in all: the last few thousand runs with some ten events each; about 25 MB. */
export const EVENT_ROWS = 50_000

/** Old rows go in bulk, so that the usual event pays nothing for it. */
const PRUNE_EVERY_VERSIONS = 1_000

/** SQLite's word for no limit. */
const ALL = -1

interface StoredEvent extends Omit<EventRow, 'regarding'> {
  readonly namespace: string
  readonly regardingKind: Kind
  readonly regardingName: string
  readonly regardingUid: string
}

const SELECT = `SELECT namespace, name, uid, regarding_kind AS regardingKind,
  regarding_name AS regardingName, regarding_uid AS regardingUid, type, reason, message, count,
  first_at_ms AS firstAtMs, last_at_ms AS lastAtMs, rv AS resourceVersion FROM events`

/** Core events: equal ones are counted, old ones forgotten. */
export function createEventStore(sql: Sql, journal: Journal, random: Random): EventStore {
  const prune = createPrune(sql)
  const pruneObject = createObjectPrune(sql)
  const countUp = createCountUp(sql, journal)
  const insert = createInsert(sql, journal, random)
  let prunedVersion = 0
  return {
    ...createReads(sql),
    prune,
    record(input, nowMs) {
      const event = { ...input, message: cutMessage(input.message) }
      const repeated = countUp(event, nowMs)
      if (repeated) return repeated
      const row = insert(event, nowMs)
      pruneObject(row.regarding.uid)
      if (row.resourceVersion - prunedVersion >= PRUNE_EVERY_VERSIONS) {
        prunedVersion = row.resourceVersion
        prune(EVENT_ROWS)
      }
      return row
    },
  }
}

function createCountUp(sql: Sql, journal: Journal) {
  const find = sql.one<[string, string, string, string, number], StoredEvent>(
    `SELECT * FROM (
       ${SELECT} WHERE regarding_uid = +? ORDER BY rv DESC LIMIT ${AGGREGATION_DEPTH}
     ) WHERE reason = +? AND type = +? AND message = +? AND lastAtMs >= +? LIMIT 1`,
  )
  const update = sql.write<[number, number, number, number]>(
    'UPDATE events SET count = ?, last_at_ms = ?, rv = ? WHERE rv = ?',
  )
  return ({ regarding, reason, type, message }: EventInput, nowMs: number) => {
    const found = find(regarding.uid, reason, type, message, nowMs - AGGREGATION_WINDOW_MS)
    if (!found) return undefined
    const resourceVersion = journal.append({ ...changeOf(found), type: 'MODIFIED' })
    const next = {
      ...found,
      count: found.count + 1,
      lastAtMs: Math.max(found.lastAtMs, nowMs),
      resourceVersion,
    }
    update(next.count, next.lastAtMs, resourceVersion, found.resourceVersion)
    return toEvent(next)
  }
}

function createInsert(sql: Sql, journal: Journal, random: Random) {
  const insert = sql.write<[StoredEvent]>(
    `INSERT INTO events (namespace, name, uid, regarding_kind, regarding_name, regarding_uid, type,
       reason, message, count, first_at_ms, last_at_ms, rv)
     VALUES (@namespace, @name, @uid, @regardingKind, @regardingName, @regardingUid, @type,
       @reason, @message, @count, @firstAtMs, @lastAtMs, @resourceVersion)`,
  )
  return ({ regarding, type, reason, message }: EventInput, nowMs: number) => {
    const named = {
      namespace: regarding.namespace,
      // As client-go names events: the object's name and something unique.
      name: `${regarding.name}.${random.hex(8)}`,
      uid: random.uuid(),
    }
    const row = {
      ...named,
      regardingKind: regarding.kind,
      regardingName: regarding.name,
      regardingUid: regarding.uid,
      type,
      reason,
      message,
      count: 1,
      firstAtMs: nowMs,
      lastAtMs: nowMs,
      resourceVersion: journal.append({ ...changeOf(named), type: 'ADDED' }),
    }
    insert(row)
    return toEvent(row)
  }
}

function createReads(sql: Sql): Pick<EventStore, 'get' | 'list'> {
  const get = sql.one<[string, string], StoredEvent>(`${SELECT} WHERE namespace = ? AND name = ?`)
  const matching = `(@namespace IS NULL OR namespace = @namespace)
    AND (@regardingKind IS NULL OR regarding_kind = @regardingKind)
    AND (@regardingName IS NULL OR regarding_name = @regardingName)
    ORDER BY rv DESC LIMIT +@limit`
  const all = sql.many<[object], StoredEvent>(`${SELECT} WHERE ${matching}`)
  const ofUid = sql.many<[object], StoredEvent>(
    `${SELECT} WHERE regarding_uid = +@regardingUid AND ${matching}`,
  )
  return {
    get(namespace, name) {
      const row = get(namespace, name)
      return row && toEvent(row)
    },
    list(filter) {
      const { namespace = null, regardingKind = null, regardingName = null, limit = ALL } = filter
      const { regardingUid } = filter
      const query = regardingUid === undefined ? all : ofUid
      const rows = query({ namespace, regardingKind, regardingName, limit, regardingUid })
      return rows.reverse().map(toEvent)
    },
  }
}

function createPrune(sql: Sql): EventStore['prune'] {
  const count = sql.one<[], { rows: number }>('SELECT count(*) AS rows FROM events')
  const prune = sql.write<[number]>(
    'DELETE FROM events WHERE rv IN (SELECT rv FROM events ORDER BY rv LIMIT +?)',
  )
  return (keep) => {
    const excess = (count()?.rows ?? 0) - keep
    return excess > 0 ? prune(excess).changes : 0
  }
}

function createObjectPrune(sql: Sql): (regardingUid: string) => void {
  // Most objects have a few events: looking costs less than a DELETE that finds nothing.
  const excess = sql.one<[string], { rv: number }>(
    `SELECT rv FROM events WHERE regarding_uid = +?
      ORDER BY rv DESC LIMIT 1 OFFSET ${EVENTS_PER_OBJECT}`,
  )
  const prune = sql.write<[string, number]>(
    'DELETE FROM events WHERE regarding_uid = ? AND rv <= ?',
  )
  return (uid) => {
    const newest = excess(uid)
    if (newest) prune(uid, newest.rv)
  }
}

function cutMessage(message: string): string {
  return message.length <= MESSAGE_LIMIT ? message : `${message.slice(0, MESSAGE_LIMIT - 1)}…`
}

function changeOf({ namespace, name, uid }: { namespace: string; name: string; uid: string }) {
  return { kind: 'Event', namespace, name, uid } as const
}

function toEvent(stored: StoredEvent): EventRow {
  const { namespace, regardingKind, regardingName, regardingUid, ...row } = stored
  const regarding = { kind: regardingKind, namespace, name: regardingName, uid: regardingUid }
  return { ...row, regarding }
}
