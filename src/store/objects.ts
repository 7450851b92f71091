import { type CapstanObject, type Kind, keyOf, type ObjectKey, renderKey } from '../kinds/meta.ts'
import type { RunStatus } from '../kinds/run.ts'
import { renderTime } from '../lib/instant.ts'
import { canonicalJson, type JsonObject } from '../lib/json.ts'
import { isUniqueViolation, StoreConflict } from './errors.ts'
import type { Journal } from './journal.ts'
import type { NamespaceStore } from './namespaces.ts'
import { ObjectCache } from './object-cache.ts'
import { createObjectQueries, type ObjectQueries } from './object-queries.ts'
import { type ObjectRow, parseMeta, renderMeta, toObject } from './object-row.ts'
import { type SearchColumns, searchColumns, unfinishedOf } from './search-columns.ts'
import type { Sql } from './sql.ts'
import type { Transactions } from './transaction.ts'
import type { NewObject, ObjectStore } from './types.ts'

interface Parts {
  readonly sql: Sql
  readonly journal: Journal
  readonly namespaces: NamespaceStore
  readonly transactions: Transactions
}

interface Access {
  readonly find: (key: ObjectKey) => ObjectRow | undefined
  readonly rows: RowWriter
}

/** Objects, and the namespaces that they live in. Spec, status and metadata are kept as canonical text, so that a write that changes nothing is seen by comparing text. */
export function createObjectStore(parts: Parts): ObjectStore {
  const { sql, namespaces, transactions } = parts
  const queries = createObjectQueries(sql)
  const cache = new ObjectCache()
  transactions.onRollback(() => cache.clear())
  const rows = createRowWriter(parts, cache)
  function find(key: ObjectKey): ObjectRow | undefined {
    const known = cache.row(key)
    if (known) return known
    const row = queries.find(key)
    if (row) cache.put(row)
    return row
  }

  return {
    ...reading(queries),
    uidOf: (key) => cache.row(key)?.uid ?? queries.uidOf(key),
    get(key) {
      const row = find(key)
      return row && cache.object(row)
    },
    create: (object) => toObject(create(object, { find, rows })),
    update: (object, expected) => update(object, expected, { find, rows }),
    setStatus(key, uid, status) {
      const row = find(key)
      if (row?.uid !== uid) return undefined
      return cache.object(rows.replaceStatus(row, status))
    },
    ...createMarks(sql),
    markDeleted(key, nowMs) {
      const row = find(key)
      if (!row) return undefined
      if (row.deleted_at !== null) return toObject(row)
      return rows.replaceOrRemove(row, { ...row, deleted_at: renderTime(nowMs) })
    },
    removeFinalizer(key, uid, finalizer) {
      const row = find(key)
      if (row?.uid !== uid) return
      const meta = parseMeta(row)
      const finalizers = meta.finalizers?.filter((name) => name !== finalizer) ?? []
      rows.replaceOrRemove(row, { ...row, meta: renderMeta({ ...meta, finalizers }) })
    },
    namespaces: namespaces.list,
    ensureNamespace: namespaces.ensure,
    setNamespaceMeta: namespaces.setMeta,
    deleteNamespace: namespaces.delete,
  }
}

function reading(queries: ObjectQueries) {
  return {
    getByUid(uid: string) {
      const row = queries.findByUid(uid)
      return row && toObject(row)
    },
    list: queries.list,
    listStored: queries.listStored,
    count: queries.count,
    unfinishedRunsOfWorkPool: queries.unfinishedRunsOfWorkPool,
    ...queries.keys,
  }
}

interface RowWriter {
  insert(row: Omit<ObjectRow, 'rv'>): ObjectRow
  /** Writes `status` unless it equals the row's. */
  replaceStatus(row: ObjectRow, status: JsonObject): ObjectRow
  /** Writes `next` unless it equals `row`, except that a deleted object without finalizers goes; returns its last state. */
  replaceOrRemove(row: ObjectRow, next: ObjectRow): CapstanObject
}

function createRowStatements(sql: Sql) {
  return {
    insert: sql.write<[ObjectRow & SearchColumns]>(
      `INSERT INTO objects (kind, namespace, name, uid, rv, generation, created_at, deleted_at,
         owner_uid, deployment, work_pool, unfinished, meta, spec, status)
       VALUES (@kind, @namespace, @name, @uid, @rv, @generation, @created_at, @deleted_at,
         @owner_uid, @deployment, @work_pool, @unfinished, @meta, @spec, @status)`,
    ),
    replace: sql.write<[ObjectRow & SearchColumns]>(
      `UPDATE objects SET rv = @rv, generation = @generation, deleted_at = @deleted_at,
         owner_uid = @owner_uid, deployment = @deployment, work_pool = @work_pool,
         unfinished = @unfinished, meta = @meta, spec = @spec WHERE uid = @uid`,
    ),
    // Statements of their own: naming a column in an UPDATE rewrites every index that the column is in.
    replaceStatus: sql.write<[ObjectRow]>(
      'UPDATE objects SET rv = @rv, status = @status WHERE uid = @uid',
    ),
    replaceEnd: sql.write<[ObjectRow & Pick<SearchColumns, 'unfinished'>]>(
      'UPDATE objects SET rv = @rv, status = @status, unfinished = @unfinished WHERE uid = @uid',
    ),
    remove: sql.write<[string]>('DELETE FROM objects WHERE uid = ?'),
  }
}

function createRowWriter({ sql, journal, namespaces }: Parts, cache: ObjectCache): RowWriter {
  const write = createRowStatements(sql)

  function modify(
    row: ObjectRow,
    next: ObjectRow,
    writeRow: (written: ObjectRow) => void,
  ): ObjectRow {
    const previous = cache.object(row)
    const change = { ...changeOf(row), type: 'MODIFIED' as const }
    const rv = journal.append(change, { object: () => object(), previous })
    const written = { ...next, rv }
    writeRow(written)
    const object = cache.put(written)
    return written
  }

  return {
    insert(row) {
      namespaces.requireOpen(row.namespace)
      const change = { ...changeOf(row), type: 'ADDED' as const }
      const written = { ...row, rv: journal.append(change, { object: () => object() }) }
      try {
        write.insert({ ...written, ...searchColumns(written) })
      } catch (error) {
        if (!isUniqueViolation(error)) throw error
        throw new StoreConflict('AlreadyExists', `uid ${row.uid} is taken`, { cause: error })
      }
      const object = cache.put(written)
      return written
    },
    replaceStatus(row, status) {
      const text = canonicalJson(status)
      if (row.status === text) return row
      const before = unfinishedOf(row, cache.object(row).status as RunStatus | undefined)
      const unfinished = unfinishedOf(row, status as RunStatus)
      return modify(row, { ...row, status: text }, (written) => {
        if (unfinished === before) write.replaceStatus(written)
        else write.replaceEnd({ ...written, unfinished })
      })
    },
    replaceOrRemove(row, next) {
      if (isSame(row, next)) return toObject(row)
      if (next.deleted_at === null || parseMeta(next).finalizers) {
        return cache.object(
          modify(row, next, (written) => {
            write.replace({ ...written, ...searchColumns(written) })
          }),
        )
      }
      const last = journal.appendDeleted(changeOf(row), (rv) => toObject({ ...next, rv }))
      write.remove(row.uid)
      cache.remove(row)
      namespaces.objectRemoved(row.namespace)
      return last
    },
  }
}

/** The mark is not part of the rows kept in memory, because triggers take it away. */
function createMarks(sql: Sql): Pick<ObjectStore, 'isSettled' | 'settle' | 'unsettle'> {
  const find = sql.one<[string], { settled: number | null }>(
    'SELECT settled FROM objects WHERE uid = ?',
  )
  const settle = sql.write<[string]>('UPDATE objects SET settled = 1 WHERE uid = ?')
  const unsettle = sql.write<[]>('UPDATE objects SET settled = NULL WHERE settled = 1')
  return {
    isSettled: (uid) => find(uid)?.settled === 1,
    settle: (uid) => void settle(uid),
    unsettle: () => void unsettle(),
  }
}

function create(object: NewObject, { find, rows }: Access): ObjectRow {
  const key = keyOf(object)
  if (find(key)) {
    throw new StoreConflict('AlreadyExists', `${renderKey(key)} already exists`)
  }
  return rows.insert({
    ...key,
    uid: object.metadata.uid,
    generation: 1,
    created_at: object.metadata.creationTimestamp,
    deleted_at: null,
    meta: renderMeta(object.metadata),
    spec: canonicalJson(object.spec),
    status: object.status === undefined ? null : canonicalJson(object.status),
  })
}

function update(
  object: CapstanObject,
  expected: string | undefined,
  { find, rows }: Access,
): CapstanObject {
  const row = find(keyOf(object))
  if (!row) throw new StoreConflict('NotFound', `${renderKey(keyOf(object))} not found`)
  requireCurrent(row, object.metadata.uid, expected)
  const { generateName, deletionGracePeriodSeconds } = parseMeta(row)
  const spec = canonicalJson(object.spec)
  return rows.replaceOrRemove(row, {
    ...row,
    spec,
    meta: renderMeta({ ...object.metadata, generateName, deletionGracePeriodSeconds }),
    generation: spec === row.spec ? row.generation : row.generation + 1,
  })
}

function requireCurrent(row: ObjectRow, uid: string, expected: string | undefined): void {
  if (row.uid !== uid) {
    throw new StoreConflict(
      'Conflict',
      `${renderKey(row)} is another object now: its uid is ${row.uid}, not ${uid}`,
    )
  }
  if (expected !== undefined && expected !== String(row.rv)) {
    throw new StoreConflict(
      'Conflict',
      `${renderKey(row)} has been modified: its resourceVersion is ${row.rv}, not ${expected}`,
    )
  }
}

function changeOf(row: {
  readonly kind: Kind
  readonly namespace: string
  readonly name: string
  readonly uid: string
}) {
  return { kind: row.kind, namespace: row.namespace, name: row.name, uid: row.uid }
}

function isSame(row: ObjectRow, next: ObjectRow): boolean {
  return row.spec === next.spec && row.meta === next.meta && row.deleted_at === next.deleted_at
}
