import {
  type EventRecord,
  HEARTBEAT_EVENT,
  isAutomationNews,
  LABEL,
  type NewEventRecord,
} from '../kinds/event.ts'
import { invariant } from '../lib/assert.ts'
import { type Random, uuidV7 } from '../lib/random.ts'
import { type AddedRow, createEventLogPrune } from './event-log-prune.ts'
import type { Sql } from './sql.ts'
import type { Transactions } from './transaction.ts'

/** What to read; members that are absent leave everything in. */
export interface EventLogFilter {
  readonly namespace?: string
  /** Beginning of the name, or the whole of it. */
  readonly eventPrefix?: string
  readonly runUid?: string
  /** The `capstan.resource.id` of the resource itself. */
  readonly resourceId?: string
  /** By `occurredAtMs`; both ends are in. */
  readonly sinceMs?: number
  readonly untilMs?: number
  /** Only what is older than this position: the next page. */
  readonly beforeSeq?: number
  readonly limit: number
}

/** Everything that has happened, in the order in which it became known. Old rows are forgotten. */
export interface EventLog {
  /**
   * Adds the records whose id is new, and returns them with their positions. Inside `transaction` only, so that
   * an event is stored exactly when the change is that it tells of.
   */
  append(records: readonly NewEventRecord[]): readonly EventRecord[]
  /** Oldest first, from the one after `seq`. */
  after(seq: number, limit: number): readonly EventRecord[]
  /** Newest first. */
  list(filter: EventLogFilter): readonly EventRecord[]
  /** Position of the newest event; 0 when there is none. */
  newestSeq(): number
  /** Told after each commit that added events, once; read on with `after`. Returns the unsubscribe function. */
  subscribe(listener: (newestSeq: number) => void): () => void
  /** Brings every lane within its limits; returns how many rows went. Appending does so by itself. */
  prune(): number
}

/**
 * Each kind of row has limits of its own. Own: what Capstan saw and did. Outside: what others told over
 * the wire. Beat: signs of life, of which only the latest matter. Automation: what automations did, which is
 * as much as others give them cause for.
 */
export type Lane = 'Own' | 'Outside' | 'Beat' | 'Automation'

interface StoredRecord {
  readonly seq: number
  readonly id: string
  readonly lane: Lane
  readonly occurredAtMs: number
  readonly receivedAtMs: number
  readonly event: string
  readonly namespace: string
  readonly resourceId: string
  readonly runUid: string | null
  readonly isOutside: number | null
  readonly bytes: number
  /** `resource`, `related`, `payload`, `follows` as JSON. */
  readonly body: string
}

type Body = Pick<EventRecord, 'resource' | 'related' | 'payload' | 'follows'>

const SELECT = `SELECT seq, id, occurred_at_ms AS occurredAtMs, received_at_ms AS receivedAtMs, event,
  namespace, run_uid AS runUid, is_outside AS isOutside, body FROM event_log`

export function createEventLog(sql: Sql, transactions: Transactions, random: Random): EventLog {
  const listeners = new Set<(newestSeq: number) => void>()
  const prune = createEventLogPrune(sql)
  const insert = createInsert(sql)
  const reads = createReads(sql)
  // The newest row is never deleted, and nobody else adds any.
  let newest: number | undefined
  transactions.onRollback(() => {
    newest = undefined
  })

  function newestSeq(): number {
    newest ??= reads.newestSeq()
    return newest
  }

  function announce(): void {
    const seq = newestSeq()
    for (const listener of Array.from(listeners)) {
      if (listeners.has(listener)) transactions.guard(() => listener(seq))
    }
  }

  return {
    ...reads,
    newestSeq,
    append(records) {
      const added = records.flatMap(
        (record) => insert(record, record.id ?? uuidV7(record.receivedAtMs, random)) ?? [],
      )
      for (const row of added) prune.added(row)
      const last = added.at(-1)
      if (last === undefined) return []
      newest = last.seq
      transactions.afterCommit(announce)
      return added.map(({ record }) => record)
    },
    subscribe(listener) {
      const subscription = (newestSeq: number): void => listener(newestSeq)
      listeners.add(subscription)
      return () => {
        listeners.delete(subscription)
      }
    },
    prune: prune.all,
  }
}

interface Added extends AddedRow {
  readonly record: EventRecord
}

function createInsert(sql: Sql) {
  const insert = sql.write<[readonly (string | number | null)[]]>(
    `INSERT INTO event_log (id, lane, occurred_at_ms, received_at_ms, event, namespace, resource_id,
       run_uid, is_outside, bytes, body)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) WHERE lane <> 'Own' DO NOTHING`,
  )
  return (record: NewEventRecord, id: string): Added | undefined => {
    const { resource, related, payload, follows, runUid } = record
    const resourceId = resource[LABEL.id]
    invariant(resourceId !== undefined, `event ${record.event} has no ${LABEL.id}`)
    const body = JSON.stringify({ resource, related, payload, follows } satisfies OrAbsent<Body>)
    const lane = laneOf(record)
    const { occurredAtMs, receivedAtMs, event, namespace } = record
    const { changes, lastRowid } = insert([
      id,
      lane,
      occurredAtMs,
      receivedAtMs,
      event,
      namespace,
      resourceId,
      runUid ?? null,
      record.isOutside ? 1 : null,
      body.length,
      body,
    ])
    if (changes === 0) return undefined
    const stored = { ...record, id, seq: lastRowid }
    const sender = lane === 'Automation' ? resourceId : runUid
    return { seq: lastRowid, lane, sender, bytes: body.length, record: stored }
  }
}

type OrAbsent<T> = { readonly [Member in keyof T]: T[Member] | undefined }

function laneOf({ event, isOutside }: NewEventRecord): Lane {
  if (event === HEARTBEAT_EVENT) return 'Beat'
  if (isAutomationNews(event)) return 'Automation'
  return isOutside ? 'Outside' : 'Own'
}

/** SQLite's words for no lower and no upper bound of an integer. */
const LOWEST = Number.MIN_SAFE_INTEGER
const HIGHEST = Number.MAX_SAFE_INTEGER

function createReads(sql: Sql): Pick<EventLog, 'after' | 'list' | 'newestSeq'> {
  const after = sql.many<[number, number], StoredRecord>(
    `${SELECT} WHERE seq > +? ORDER BY seq LIMIT +?`,
  )
  const newest = sql.one<[], { seq: number }>('SELECT max(seq) AS seq FROM event_log')
  const list = createList(sql)
  return {
    after: (seq, limit) => after(seq, limit).map(toRecord),
    list: (filter) => list(filter).map(toRecord),
    newestSeq: () => newest()?.seq ?? 0,
  }
}

function createList(sql: Sql): (filter: EventLogFilter) => readonly StoredRecord[] {
  const matching = `seq < +@beforeSeq
    AND (+@namespace IS NULL OR namespace = +@namespace)
    AND (+@eventPrefix IS NULL OR substr(event, 1, length(+@eventPrefix)) = +@eventPrefix)
    AND (+@resourceId IS NULL OR resource_id = +@resourceId)
    AND occurred_at_ms BETWEEN +@sinceMs AND +@untilMs
    ORDER BY seq DESC LIMIT +@limit`
  const all = sql.many<[object], StoredRecord>(`${SELECT} WHERE ${matching}`)
  const ofRun = sql.many<[object], StoredRecord>(
    `${SELECT} WHERE run_uid = +@runUid AND ${matching}`,
  )
  return (filter) => {
    const query = filter.runUid === undefined ? all : ofRun
    return query({
      namespace: filter.namespace ?? null,
      eventPrefix: filter.eventPrefix ?? null,
      runUid: filter.runUid ?? null,
      resourceId: filter.resourceId ?? null,
      sinceMs: filter.sinceMs ?? LOWEST,
      untilMs: filter.untilMs ?? HIGHEST,
      beforeSeq: filter.beforeSeq ?? HIGHEST,
      limit: filter.limit,
    })
  }
}

function toRecord(stored: StoredRecord): EventRecord {
  const { seq, id, occurredAtMs, receivedAtMs, event, namespace, runUid, isOutside } = stored
  const body = JSON.parse(stored.body) as Body
  return {
    seq,
    id,
    occurredAtMs,
    receivedAtMs,
    event,
    namespace,
    ...body,
    ...(runUid !== null && { runUid }),
    ...(isOutside !== null && { isOutside: true as const }),
  }
}
