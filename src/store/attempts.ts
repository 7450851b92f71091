import { invariant } from '../lib/assert.ts'
import { canonicalJson } from '../lib/json.ts'
import { isUniqueViolation, StoreConflict } from './errors.ts'
import { type Nullable, type Sql, selectList, toColumn, toPresent } from './sql.ts'
import type { AttemptRow, AttemptStore, Observation, PoolUse } from './types.ts'

/** Written with the intent, never changed. */
const FROZEN = [
  'runUid',
  'namespace',
  'runName',
  'index',
  'number',
  'try',
  'clientToken',
  'startedBy',
  'account',
  'cluster',
  'workPool',
  'queue',
  'cpuUnits',
  'memoryMib',
  'containerName',
  'taskDefinitionArn',
  'body',
  'logs',
  'heartbeat',
  'epoch',
] as const satisfies readonly (keyof AttemptRow)[]

const CHANGING = [
  'phase',
  'createdAtMs',
  'sentAtMs',
  'sends',
  'taskArn',
  'clusterArn',
  'version',
  'observation',
  'observedAtMs',
  'missingSinceMs',
  'stopCause',
  'stopRequestedAtMs',
  'outcomeClass',
  'outcomeMessage',
  'exitCode',
  'endedAtMs',
  'lastLines',
] as const satisfies readonly (keyof AttemptRow)[]

const MEMBERS = [...FROZEN, ...CHANGING]

/** Members that are kept as JSON text; all others are kept as they are in AttemptRow. */
const DOCUMENTS = [
  'observation',
  'logs',
  'heartbeat',
  'lastLines',
] as const satisfies readonly (keyof AttemptRow)[]
type DocumentMember = (typeof DOCUMENTS)[number]
const DOCUMENT_MEMBERS: ReadonlySet<string> = new Set(DOCUMENTS)

export type StoredAttempt = Nullable<Omit<AttemptRow, DocumentMember>> & {
  readonly [Member in DocumentMember]: string | null
}

/** What a statement that reads whole rows selects; toAttempt reads them. */
export const ATTEMPT_COLUMNS = selectList(MEMBERS)

/** Tries of attempts. The schema holds the rules about them that must survive any bug (migrations/0001). */
export function createAttemptStore(sql: Sql): AttemptStore {
  return {
    ...createReads(sql),
    insert: createInsert(sql),
    update: createUpdate(sql),
    observe: createObserve(sql),
    deleteOfRun: sql.write<[string]>('DELETE FROM attempts WHERE run_uid = ?'),
  }
}

function createReads(sql: Sql) {
  const select = `SELECT ${ATTEMPT_COLUMNS} FROM attempts`
  const ofRun = sql.many<[string], StoredAttempt>(
    `${select} WHERE run_uid = +? ORDER BY "index", number, try`,
  )
  const live = sql.many<[], StoredAttempt>(
    `${select} WHERE phase IN ('Intent', 'Launched') ORDER BY created_at_ms, id`,
  )
  const liveOfRun = sql.many<[string, number | null, number | null, number], StoredAttempt>(
    `${select} WHERE run_uid = +? AND phase IN ('Intent', 'Launched')
        AND (+? IS NULL OR "index" = +?)
      ORDER BY "index" LIMIT +?`,
  )
  const countLive = sql.one<[string, string], { n: number }>(
    `SELECT count(*) AS n FROM attempts
      WHERE namespace = ? AND work_pool = ? AND phase IN ('Intent', 'Launched')`,
  )
  const usage = sql.many<[string, string], PoolUse>(
    `SELECT coalesce(queue, 'default') AS queue, count(*) AS tasks,
            coalesce(sum(cpu_units), 0) AS cpuUnits, coalesce(sum(memory_mib), 0) AS memoryMib
       FROM attempts
      WHERE namespace = +? AND work_pool = +? AND phase IN ('Intent', 'Launched')
      GROUP BY 1 ORDER BY 1`,
  )
  const byTaskArn = sql.one<[string], StoredAttempt>(`${select} WHERE task_arn = ?`)
  const byClientToken = sql.one<[string], StoredAttempt>(`${select} WHERE client_token = ?`)
  const lastStatus = sql.one<[string], { lastStatus: string | null }>(
    `SELECT json_extract(observation, '$.lastStatus') AS lastStatus FROM attempts
      WHERE client_token = ?`,
  )
  return {
    lastStatus: (clientToken: string) => lastStatus(clientToken)?.lastStatus ?? undefined,
    ofRun: (runUid: string) => ofRun(runUid).map(toAttempt),
    live: () => live().map(toAttempt),
    liveOfRun: (
      runUid: string,
      { index = null, limit }: { index?: number | undefined | null; limit: number },
    ) => liveOfRun(runUid, index, index, limit).map(toAttempt),
    countLive: (namespace: string, workPool: string) => countLive(namespace, workPool)?.n ?? 0,
    usage,
    byTaskArn: (taskArn: string) => optionalAttempt(byTaskArn(taskArn)),
    byClientToken: (clientToken: string) => optionalAttempt(byClientToken(clientToken)),
  }
}

type WriteMembers = (row: Partial<AttemptRow>, ...more: unknown[]) => { readonly changes: number }

/**
 * Writes the members that are there, with a statement for each set of them, of which the code has a dozen: each
 * value costs its way into SQLite, and SQLite writes anew what is in every index of a column that is named.
 */
function writeMembers(
  sql: Sql,
  members: readonly (keyof AttemptRow)[],
  textOf: (present: readonly string[]) => string,
): WriteMembers {
  const statements = new Map<number, (values: unknown[]) => { readonly changes: number }>()
  return (row, ...more) => {
    const values: unknown[] = []
    let set = 0
    for (const [index, member] of members.entries()) {
      const value = row[member]
      if (value === undefined) continue
      values.push(DOCUMENT_MEMBERS.has(member) ? canonicalJson(value) : value)
      set += 2 ** index
    }
    let write = statements.get(set)
    if (!write) {
      const present = members.filter((member) => row[member] !== undefined)
      write = sql.write<[unknown[]]>(textOf(present.map(toColumn)))
      statements.set(set, write)
    }
    return write([...values, ...more])
  }
}

function createInsert(sql: Sql): AttemptStore['insert'] {
  const insert = writeMembers(
    sql,
    MEMBERS,
    (columns) =>
      `INSERT INTO attempts (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
  )
  return (row) => {
    try {
      insert(row)
    } catch (error) {
      if (!isUniqueViolation(error)) throw error
      throw new StoreConflict(
        'AlreadyExists',
        `run ${row.runUid}, index ${row.index}: attempt ${row.number}, try ${row.try} is there already, or another try is live`,
        { cause: error },
      )
    }
  }
}

function createUpdate(sql: Sql): AttemptStore['update'] {
  const update = writeMembers(sql, CHANGING, (columns) => {
    const assignments = columns.map((column) => `${column} = ?`).join(', ') || 'sends = sends'
    return `UPDATE attempts SET ${assignments} WHERE client_token = ?`
  })
  return (clientToken, changes) => {
    for (const member of FROZEN) {
      invariant(changes[member] === undefined, `${member} of an attempt is frozen`)
    }
    const { changes: found } = update(changes, clientToken)
    if (found === 0) throw new StoreConflict('NotFound', `no attempt has the token ${clientToken}`)
  }
}

function createObserve(sql: Sql): AttemptStore['observe'] {
  const news = `cluster_arn = @clusterArn, version = @version, observation = @snapshot,
    observed_at_ms = @observedAtMs, missing_since_ms = NULL`
  const isNewer = '(version IS NULL OR version < @version)'
  const again = sql.write<[object]>(
    `UPDATE attempts SET ${news}
      WHERE client_token = @clientToken AND task_arn = @taskArn AND ${isNewer}`,
  )
  // Apart, because naming the column writes its index anew.
  const first = sql.write<[object]>(
    `UPDATE attempts SET task_arn = @taskArn, ${news}
      WHERE client_token = @clientToken AND task_arn IS NULL AND ${isNewer}`,
  )
  const notMissing = sql.write<[object]>(
    `UPDATE attempts SET missing_since_ms = NULL
      WHERE client_token = @clientToken AND (task_arn IS NULL OR task_arn = @taskArn)
        AND missing_since_ms IS NOT NULL`,
  )
  return (clientToken, observation: Observation) => {
    const sighted = { ...observation, snapshot: canonicalJson(observation.snapshot), clientToken }
    if (again(sighted).changes > 0 || first(sighted).changes > 0) return true
    notMissing(sighted)
    return false
  }
}

/** Parses a row; the schema and canonicalJson vouch for the shapes. */
export function toAttempt(stored: StoredAttempt): AttemptRow {
  const row: Record<string, unknown> = toPresent(stored)
  for (const member of DOCUMENTS) {
    const text = stored[member]
    if (text !== null) row[member] = JSON.parse(text)
  }
  return row as unknown as AttemptRow
}

function optionalAttempt(stored: StoredAttempt | undefined): AttemptRow | undefined {
  return stored && toAttempt(stored)
}
