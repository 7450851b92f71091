import { invariant } from '../lib/assert.ts'
import { canonicalJson, type JsonObject } from '../lib/json.ts'
import { isUniqueViolation, StoreConflict } from './errors.ts'
import { insertList, type Nullable, type Sql, selectList, toColumn, toPresent } from './sql.ts'
import type { AttemptRow, AttemptStore, Observation } from './types.ts'

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
  'containerName',
  'taskDefinitionArn',
  'body',
  'epoch',
  'createdAtMs',
] as const satisfies readonly (keyof AttemptRow)[]

const CHANGING = [
  'phase',
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
] as const satisfies readonly (keyof AttemptRow)[]

const MEMBERS = [...FROZEN, ...CHANGING]

/** The observation as text; everything else as in AttemptRow. */
type StoredAttempt = Nullable<Omit<AttemptRow, 'observation'>> & {
  readonly observation: string | null
}

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
  const select = `SELECT ${selectList(MEMBERS)} FROM attempts`
  const ofRun = sql.many<[string], StoredAttempt>(
    `${select} WHERE run_uid = +? ORDER BY "index", number, try`,
  )
  const live = sql.many<[], StoredAttempt>(
    `${select} WHERE phase IN ('Intent', 'Launched') ORDER BY created_at_ms, id`,
  )
  const countLive = sql.one<[string, string], { n: number }>(
    `SELECT count(*) AS n FROM attempts
      WHERE namespace = ? AND work_pool = ? AND phase IN ('Intent', 'Launched')`,
  )
  const byTaskArn = sql.one<[string], StoredAttempt>(`${select} WHERE task_arn = ?`)
  const byClientToken = sql.one<[string], StoredAttempt>(`${select} WHERE client_token = ?`)
  return {
    ofRun: (runUid: string) => ofRun(runUid).map(toAttempt),
    live: () => live().map(toAttempt),
    countLive: (namespace: string, workPool: string) => countLive(namespace, workPool)?.n ?? 0,
    byTaskArn: (taskArn: string) => optionalAttempt(byTaskArn(taskArn)),
    byClientToken: (clientToken: string) => optionalAttempt(byClientToken(clientToken)),
  }
}

function createInsert(sql: Sql): AttemptStore['insert'] {
  const insert = sql.write<[object]>(`INSERT INTO attempts ${insertList(MEMBERS)}`)
  return (row) => {
    try {
      insert(toStored(MEMBERS, row))
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
  const assignments = CHANGING.map(
    (member) => `${toColumn(member)} = coalesce(@${member}, ${toColumn(member)})`,
  )
  const update = sql.write<[object]>(
    `UPDATE attempts SET ${assignments.join(', ')} WHERE client_token = @clientToken`,
  )
  return (clientToken, changes) => {
    for (const member of FROZEN) {
      invariant(changes[member] === undefined, `${member} of an attempt is frozen`)
    }
    const { changes: found } = update({ ...toStored(CHANGING, changes), clientToken })
    if (found === 0) throw new StoreConflict('NotFound', `no attempt has the token ${clientToken}`)
  }
}

function createObserve(sql: Sql): AttemptStore['observe'] {
  const sight = 'client_token = @clientToken AND (task_arn IS NULL OR task_arn = @taskArn)'
  const observe = sql.write<[object]>(
    `UPDATE attempts SET task_arn = @taskArn, cluster_arn = @clusterArn, version = @version,
            observation = @snapshot, observed_at_ms = @observedAtMs, missing_since_ms = NULL
      WHERE ${sight} AND (version IS NULL OR version < @version)`,
  )
  const notMissing = sql.write<[object]>(
    `UPDATE attempts SET missing_since_ms = NULL WHERE ${sight} AND missing_since_ms IS NOT NULL`,
  )
  return (clientToken, observation: Observation) => {
    const sighted = { ...observation, snapshot: canonicalJson(observation.snapshot), clientToken }
    if (observe(sighted).changes > 0) return true
    notMissing(sighted)
    return false
  }
}

function toStored(members: readonly (keyof AttemptRow)[], row: Partial<AttemptRow>): object {
  const { observation, ...rest } = row
  const none = Object.fromEntries(members.map((member) => [member, null]))
  return { ...none, ...rest, ...(observation && { observation: canonicalJson(observation) }) }
}

function toAttempt({ observation: text, ...stored }: StoredAttempt): AttemptRow {
  const row = toPresent<Omit<AttemptRow, 'observation'>>(stored)
  if (text === null) return row
  const observation: JsonObject = JSON.parse(text)
  return { ...row, observation }
}

function optionalAttempt(stored: StoredAttempt | undefined): AttemptRow | undefined {
  return stored && toAttempt(stored)
}
