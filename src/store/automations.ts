import type { Kind, ObjectKey } from '../kinds/meta.ts'
import type { JsonObject } from '../lib/json.ts'
import { insertList, type Nullable, type Sql, selectList, toPresent } from './sql.ts'

/** One trigger: an Automation's, or one of a Deployment's. */
export interface TriggerSourceRow extends ObjectKey {
  /** The Automation's uid; for one of a Deployment's, its uid and the trigger's name. */
  readonly id: string
  /** Hash of the trigger: another one begins afresh. */
  readonly definition: string
  /** Only later events count; absent while it is switched off. */
  readonly sinceSeq?: number
  readonly fired: number
  readonly lastFiredAtMs?: number
  readonly lastResolvedAtMs?: number
  readonly lastError?: string
  readonly lastErrorAtMs?: number
  /** Firings since `rateFromMs`. */
  readonly rateFromMs?: number
  readonly rateCount: number
}

/** Names one bucket of one trigger. */
export interface BucketKey {
  readonly source: string
  readonly path: string
  readonly key: string
}

export interface BucketRow extends BucketKey {
  readonly startedAtMs: number
  readonly dueAtMs?: number
  /** Silence until `dueAtMs` is what it waits for. */
  readonly firesAtEnd: boolean
  readonly body: JsonObject
}

export interface QueuedActionRow {
  readonly id: number
  readonly source: string
  /** The same for all actions of one firing, and for nothing else. */
  readonly firing: string
  readonly position: number
  /** As its manifest said when the trigger fired. */
  readonly action: JsonObject
  /** What its placeholders can reach. */
  readonly context: JsonObject
  readonly sends: number
  readonly dueAtMs: number
}

export interface AutomationStore {
  /** How far events were dealt with, and when triggers were last known to be judged. */
  cursor(): { readonly seq: number; readonly seenAtMs: number } | undefined
  setCursor(seq: number, seenAtMs: number): void
  source(id: string): TriggerSourceRow | undefined
  sourcesOf(owner: ObjectKey): readonly TriggerSourceRow[]
  sources(): readonly TriggerSourceRow[]
  putSource(row: TriggerSourceRow): void
  /** Its buckets and queued actions go with it. */
  removeSource(id: string): void
  bucket(key: BucketKey): BucketRow | undefined
  putBucket(row: BucketRow): void
  removeBucket(key: BucketKey): void
  clearBuckets(source: string): void
  /** Forgets the oldest beyond `keep`; returns how many went. */
  trimBuckets(source: string, keep: number): number
  /** Buckets whose end has come, earliest end first. */
  dueBuckets(nowMs: number, limit: number): readonly BucketKey[]
  /** The earliest end of a bucket; undefined: none ends. */
  nextDueMs(): number | undefined
  /** Whether silence would make a trigger fire. */
  hasOpenSilence(): boolean
  /** Gives every window that waits for silence so much more time. */
  extendSilence(byMs: number): void
  queue(row: Omit<QueuedActionRow, 'id'>): number
  queued(id: number): QueuedActionRow | undefined
  /** All of them, oldest first, with when each is due. */
  queuedIds(): readonly { readonly id: number; readonly dueAtMs: number }[]
  countQueued(source: string): number
  /** Whether an action was not even tried yet. */
  hasUntried(): boolean
  postpone(id: number, sends: number, dueAtMs: number): void
  /** Returns false when it is gone already. */
  dequeue(id: number): boolean
}

const SOURCE_MEMBERS = [
  'id',
  'kind',
  'namespace',
  'name',
  'definition',
  'sinceSeq',
  'fired',
  'lastFiredAtMs',
  'lastResolvedAtMs',
  'lastError',
  'lastErrorAtMs',
  'rateFromMs',
  'rateCount',
] as const satisfies readonly (keyof TriggerSourceRow)[]

export function createAutomationStore(sql: Sql): AutomationStore {
  return {
    ...createCursor(sql),
    ...createSources(sql),
    ...createBuckets(sql),
    ...createBucketSets(sql),
    ...createQueue(sql),
  }
}

function createCursor(sql: Sql): Pick<AutomationStore, 'cursor' | 'setCursor'> {
  return {
    cursor: sql.one<[], { seq: number; seenAtMs: number }>(
      'SELECT seq, seen_at_ms AS seenAtMs FROM automation_cursor',
    ),
    setCursor: discard(
      sql.write<[number, number]>(
        'INSERT OR REPLACE INTO automation_cursor (one, seq, seen_at_ms) VALUES (1, ?, ?)',
      ),
    ),
  }
}

type Sources = Pick<
  AutomationStore,
  'source' | 'sourcesOf' | 'sources' | 'putSource' | 'removeSource'
>

function createSources(sql: Sql): Sources {
  type Stored = Nullable<TriggerSourceRow>
  const select = `SELECT ${selectList(SOURCE_MEMBERS)} FROM trigger_sources`
  const one = sql.one<[string], Stored>(`${select} WHERE id = ?`)
  const ofOwner = sql.many<[Kind, string, string], Stored>(
    `${select} WHERE kind = +? AND namespace = +? AND name = +? ORDER BY id`,
  )
  const all = sql.many<[], Stored>(`${select} ORDER BY id`)
  const changes = SOURCE_MEMBERS.filter((member) => member !== 'id').map((member) => {
    const column = member.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    return `${column} = excluded.${column}`
  })
  const put = sql.write<[object]>(
    `INSERT INTO trigger_sources ${insertList(SOURCE_MEMBERS)}
      ON CONFLICT (id) DO UPDATE SET ${changes.join(', ')}`,
  )
  const absent = Object.fromEntries(SOURCE_MEMBERS.map((member) => [member, null]))
  return {
    source(id) {
      const stored = one(id)
      return stored && toPresent<TriggerSourceRow>(stored)
    },
    sourcesOf: ({ kind, namespace, name }) =>
      ofOwner(kind, namespace, name).map((row) => toPresent<TriggerSourceRow>(row)),
    sources: () => all().map((row) => toPresent<TriggerSourceRow>(row)),
    putSource: (row) => void put({ ...absent, ...row }),
    removeSource: discard(sql.write<[string]>('DELETE FROM trigger_sources WHERE id = ?')),
  }
}

interface StoredBucket extends BucketKey {
  readonly startedAtMs: number
  readonly dueAtMs: number | null
  readonly firesAtEnd: number
  readonly body: string
}

function createBuckets(
  sql: Sql,
): Pick<AutomationStore, 'bucket' | 'putBucket' | 'removeBucket' | 'clearBuckets'> {
  const one = sql.one<[string, string, string], StoredBucket>(
    `SELECT source, path, key, started_at_ms AS startedAtMs, due_at_ms AS dueAtMs,
       fires_at_end AS firesAtEnd, body
     FROM trigger_buckets WHERE source = ? AND path = ? AND key = ?`,
  )
  const put = sql.write<[StoredBucket]>(
    `INSERT OR REPLACE INTO trigger_buckets
       (source, path, key, started_at_ms, due_at_ms, fires_at_end, body)
     VALUES (@source, @path, @key, @startedAtMs, @dueAtMs, @firesAtEnd, @body)`,
  )
  const remove = sql.write<[string, string, string]>(
    'DELETE FROM trigger_buckets WHERE source = ? AND path = ? AND key = ?',
  )
  return {
    bucket({ source, path, key }) {
      const stored = one(source, path, key)
      if (!stored) return undefined
      const { dueAtMs, firesAtEnd, body, ...rest } = stored
      return {
        ...rest,
        firesAtEnd: firesAtEnd === 1,
        body: JSON.parse(body) as JsonObject,
        ...(dueAtMs !== null && { dueAtMs }),
      }
    },
    putBucket({ dueAtMs, firesAtEnd, body, ...rest }) {
      const text = JSON.stringify(body)
      put({ ...rest, dueAtMs: dueAtMs ?? null, firesAtEnd: firesAtEnd ? 1 : 0, body: text })
    },
    removeBucket: ({ source, path, key }) => void remove(source, path, key),
    clearBuckets: discard(sql.write<[string]>('DELETE FROM trigger_buckets WHERE source = ?')),
  }
}

type BucketSets = Pick<
  AutomationStore,
  'trimBuckets' | 'dueBuckets' | 'nextDueMs' | 'hasOpenSilence' | 'extendSilence'
>

function createBucketSets(sql: Sql): BucketSets {
  const count = sql.one<[string], { rows: number }>(
    'SELECT count(*) AS rows FROM trigger_buckets WHERE source = ?',
  )
  const trim = sql.write<[string, string, number]>(
    `DELETE FROM trigger_buckets WHERE source = ? AND (path, key) IN (
       SELECT path, key FROM trigger_buckets WHERE source = +? ORDER BY started_at_ms LIMIT +?)`,
  )
  const due = sql.many<[number, number], BucketKey>(
    `SELECT source, path, key FROM trigger_buckets WHERE due_at_ms <= +?
       ORDER BY due_at_ms LIMIT +?`,
  )
  const next = sql.one<[], { dueAtMs: number | null }>(
    'SELECT min(due_at_ms) AS dueAtMs FROM trigger_buckets WHERE due_at_ms IS NOT NULL',
  )
  const silence = sql.one<[], object>(
    'SELECT 1 FROM trigger_buckets WHERE fires_at_end = 1 LIMIT 1',
  )
  return {
    trimBuckets(source, keep) {
      const surplus = (count(source)?.rows ?? 0) - keep
      return surplus <= 0 ? 0 : trim(source, source, surplus).changes
    },
    dueBuckets: due,
    nextDueMs: () => next()?.dueAtMs ?? undefined,
    hasOpenSilence: () => silence() !== undefined,
    extendSilence: discard(
      sql.write<[number]>(
        'UPDATE trigger_buckets SET due_at_ms = due_at_ms + ? WHERE fires_at_end = 1',
      ),
    ),
  }
}

type Queue = Pick<
  AutomationStore,
  'queue' | 'queued' | 'queuedIds' | 'countQueued' | 'hasUntried' | 'postpone' | 'dequeue'
>

interface StoredAction extends Omit<QueuedActionRow, 'action' | 'context'> {
  readonly action: string
  readonly context: string
}

function createQueue(sql: Sql): Queue {
  const insert = sql.write<[Omit<StoredAction, 'id'>]>(
    `INSERT INTO queued_actions (source, firing, position, action, context, sends, due_at_ms)
     VALUES (@source, @firing, @position, @action, @context, @sends, @dueAtMs)`,
  )
  const one = sql.one<[number], StoredAction>(
    `SELECT id, source, firing, position, action, context, sends, due_at_ms AS dueAtMs
     FROM queued_actions WHERE id = ?`,
  )
  const count = sql.one<[string], { rows: number }>(
    'SELECT count(*) AS rows FROM queued_actions WHERE source = ?',
  )
  const untried = sql.one<[], object>('SELECT 1 FROM queued_actions WHERE sends = 0 LIMIT 1')
  const postpone = sql.write<[number, number, number]>(
    'UPDATE queued_actions SET sends = ?, due_at_ms = ? WHERE id = ?',
  )
  const remove = sql.write<[number]>('DELETE FROM queued_actions WHERE id = ?')
  return {
    queue({ action, context, ...row }) {
      const texts = { action: JSON.stringify(action), context: JSON.stringify(context) }
      return insert({ ...row, ...texts }).lastRowid
    },
    queued(id) {
      const stored = one(id)
      if (!stored) return undefined
      return {
        ...stored,
        action: JSON.parse(stored.action) as JsonObject,
        context: JSON.parse(stored.context) as JsonObject,
      }
    },
    queuedIds: sql.many<[], { id: number; dueAtMs: number }>(
      'SELECT id, due_at_ms AS dueAtMs FROM queued_actions ORDER BY id',
    ),
    countQueued: (source) => count(source)?.rows ?? 0,
    hasUntried: () => untried() !== undefined,
    postpone: (id, sends, dueAtMs) => void postpone(sends, dueAtMs, id),
    dequeue: (id) => remove(id).changes > 0,
  }
}

/** The same function, returning nothing. */
function discard<Parameters extends unknown[]>(
  write: (...parameters: Parameters) => unknown,
): (...parameters: Parameters) => void {
  return (...parameters) => {
    write(...parameters)
  }
}
