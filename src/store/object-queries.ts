import type { Kind, ObjectKey } from '../kinds/meta.ts'
import { inChunks } from '../lib/pages.ts'
import type { ListOptions } from './object-list.ts'
import { OBJECT_COLUMNS, type ObjectRow, toJsonText, toObject } from './object-row.ts'
import type { Sql } from './sql.ts'
import type { ObjectStore } from './types.ts'

/** Reading of objects. */
export interface ObjectQueries {
  readonly find: (key: ObjectKey) => ObjectRow | undefined
  readonly findByUid: (uid: string) => ObjectRow | undefined
  readonly uidOf: ObjectStore['uidOf']
  readonly list: ObjectStore['list']
  readonly listStored: ObjectStore['listStored']
  readonly count: (kind: Kind, namespace?: string) => number
  readonly keys: KeyQueries
  readonly unfinishedRunsOfWorkPool: ObjectStore['unfinishedRunsOfWorkPool']
}

/** Queries that answer with keys or numbers alone: nothing but an index is read. */
type KeyQueries = Pick<
  ObjectStore,
  | 'keys'
  | 'ownedKeys'
  | 'unfinishedRunKeys'
  | 'countUnfinishedRuns'
  | 'unsettledRunKeys'
  | 'unfinishedRunKeysOfWorkPool'
  | 'runKeysOfDeployment'
  | 'deploymentKeysOfWorkPool'
  | 'runKeysOfWorkPool'
>

/** SQLite's word for no limit. */
const ALL = -1

export function createObjectQueries(sql: Sql): ObjectQueries {
  const find = sql.one<[ObjectKey], ObjectRow>(
    `SELECT ${OBJECT_COLUMNS} FROM objects
      WHERE kind = @kind AND namespace = @namespace AND name = @name`,
  )
  const findByUid = sql.one<[string], ObjectRow>(
    `SELECT ${OBJECT_COLUMNS} FROM objects WHERE uid = ?`,
  )
  const uid = sql.one<[ObjectKey], { uid: string }>(
    'SELECT uid FROM objects WHERE kind = @kind AND namespace = @namespace AND name = @name',
  )
  const rows = createRowList(sql)
  return {
    find,
    findByUid,
    uidOf: ({ kind, namespace, name }) => uid({ kind, namespace, name })?.uid,
    list: (options) => rows(options).map((row) => toObject(row)),
    listStored: (options) =>
      rows(options).map((row) => ({ object: toObject(row), json: () => toJsonText(row) })),
    count: createCount(sql),
    keys: createKeyQueries(sql),
    unfinishedRunsOfWorkPool: createRunPages(sql),
  }
}

interface Page {
  readonly kind: Kind
  readonly namespace: string
  readonly name: string
  readonly limit: number
}

/** Pages walk the unique index on (kind, namespace, name), so the last page costs no more than the first. */
function createRowList(sql: Sql): (options: ListOptions) => readonly ObjectRow[] {
  const everywhere = sql.many<[Page], ObjectRow>(
    `SELECT ${OBJECT_COLUMNS} FROM objects
      WHERE kind = +@kind AND (namespace, name) > (+@namespace, +@name)
      ORDER BY namespace, name LIMIT +@limit`,
  )
  const within = sql.many<[Page], ObjectRow>(
    `SELECT ${OBJECT_COLUMNS} FROM objects
      WHERE kind = +@kind AND namespace = +@namespace AND name > +@name
      ORDER BY name LIMIT +@limit`,
  )
  return ({ kind, namespace, limit = ALL, after = { namespace: '', name: '' } }) => {
    if (namespace === undefined) return everywhere({ kind, ...after, limit })
    if (after.namespace > namespace) return []
    const name = after.namespace === namespace ? after.name : ''
    return within({ kind, namespace, name, limit })
  }
}

function createCount(sql: Sql): ObjectQueries['count'] {
  const everywhere = sql.one<[Kind], { n: number }>(
    'SELECT count(*) AS n FROM objects WHERE kind = ?',
  )
  const within = sql.one<[Kind, string], { n: number }>(
    'SELECT count(*) AS n FROM objects WHERE kind = ? AND namespace = ?',
  )
  return (kind, namespace) =>
    (namespace === undefined ? everywhere(kind) : within(kind, namespace))?.n ?? 0
}

function createKeyQueries(sql: Sql): KeyQueries {
  return {
    keys: sql.many<[Kind], ObjectKey>(
      'SELECT kind, namespace, name FROM objects WHERE kind = +? ORDER BY namespace, name',
    ),
    ownedKeys: sql.many<[string], ObjectKey>(
      'SELECT kind, namespace, name FROM objects WHERE owner_uid = +? ORDER BY kind, namespace, name',
    ),
    ...createUnfinishedQueries(sql),
    unsettledRunKeys: createUnsettledQuery(sql),
    runKeysOfDeployment: sql.many<[string, string], ObjectKey>(
      `SELECT 'Run' AS kind, namespace, name FROM objects
        WHERE namespace = +? AND deployment = +? ORDER BY name`,
    ),
    deploymentKeysOfWorkPool: sql.many<[string, string], ObjectKey>(
      `SELECT kind, namespace, name FROM objects
        WHERE namespace = +? AND work_pool = +? AND kind = 'Deployment' ORDER BY name`,
    ),
    runKeysOfWorkPool: createPoolQuery(sql, 'runs_of_work_pool'),
    unfinishedRunKeysOfWorkPool: createPoolQuery(sql, 'unfinished_runs_of_work_pool'),
  }
}

function createUnfinishedQueries(
  sql: Sql,
): Pick<KeyQueries, 'unfinishedRunKeys' | 'countUnfinishedRuns'> {
  const keys = sql.many<[number], ObjectKey>(
    `SELECT 'Run' AS kind, namespace, name FROM objects
      WHERE unfinished = 1 ORDER BY namespace, name LIMIT +?`,
  )
  const count = sql.one<[], { n: number }>('SELECT count(*) AS n FROM objects WHERE unfinished = 1')
  return {
    unfinishedRunKeys: (limit = ALL) => keys(limit),
    countUnfinishedRuns: () => count()?.n ?? 0,
  }
}

function createUnsettledQuery(sql: Sql): KeyQueries['unsettledRunKeys'] {
  const query = sql.many<[Omit<Page, 'kind'>], ObjectKey & { readonly unfinished: 1 | null }>(
    `SELECT 'Run' AS kind, namespace, name, unfinished FROM objects
      WHERE kind = 'Run' AND settled IS NULL AND (namespace, name) > (+@namespace, +@name)
      ORDER BY namespace, name LIMIT +@limit`,
  )
  return ({ after = { namespace: '', name: '' }, limit } = { limit: ALL }) =>
    query({ namespace: after.namespace, name: after.name, limit }).map(
      ({ unfinished, ...key }) => ({
        ...key,
        isUnfinished: unfinished === 1,
      }),
    )
}

/** The condition of each partial index on (namespace, work_pool, deployment, name). */
const POOL_INDEXES = {
  runs_of_work_pool: "run.kind = 'Run'",
  unfinished_runs_of_work_pool: 'run.unfinished = 1',
} as const

/**
 * A run's pool is its own, else its deployment's; the schema knows the default of each. The index and the
 * order of the loops are fixed, because SQLite's own choice reads every run of the namespace.
 */
function createPoolQuery(
  sql: Sql,
  index: keyof typeof POOL_INDEXES,
): KeyQueries['runKeysOfWorkPool'] {
  const query = sql.many<[PoolName], ObjectKey>(
    `${runsOfPool(index, "'Run' AS kind, run.namespace, run.name")} ORDER BY name`,
  )
  return (namespace, workPool) => query({ namespace, workPool })
}

interface PoolName {
  readonly namespace: string
  readonly workPool: string
}

function runsOfPool(index: keyof typeof POOL_INDEXES, columns: string): string {
  return `SELECT ${columns} FROM objects AS run INDEXED BY ${index}
      WHERE run.namespace = +@namespace AND run.work_pool = +@workPool AND ${POOL_INDEXES[index]}
     UNION ALL
     SELECT ${columns}
       FROM objects AS deployment CROSS JOIN objects AS run INDEXED BY ${index}
      WHERE deployment.namespace = +@namespace AND deployment.work_pool = +@workPool
        AND deployment.kind = 'Deployment' AND run.namespace = +@namespace
        AND run.work_pool IS NULL AND run.deployment = deployment.name AND ${POOL_INDEXES[index]}`
}

/**
 * Does not go through the cache, which so many would only empty. The ids come as one text, in less than half the time
 * that as many rows take.
 */
function createRunPages(sql: Sql): ObjectQueries['unfinishedRunsOfWorkPool'] {
  const index = 'unfinished_runs_of_work_pool'
  const ids = sql.one<[PoolName], { readonly ids: string }>(
    `SELECT json_group_array(id) AS ids FROM (${runsOfPool(index, 'run.id')})`,
  )
  // An id may be another object's by now, so its mark is asked for as well; the plus keeps the index of that unused.
  const rows = sql.many<[string], ObjectRow>(
    `SELECT ${OBJECT_COLUMNS} FROM objects
      WHERE id IN (SELECT value FROM json_each(?)) AND +unfinished = 1`,
  )
  return function* (namespace, workPool, limit) {
    const all: readonly number[] = JSON.parse(ids({ namespace, workPool })?.ids ?? '[]')
    for (const some of inChunks(all, limit)) {
      yield rows(JSON.stringify(some)).map((row) => toObject(row))
    }
  }
}
