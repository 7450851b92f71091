import { insertList, type Nullable, type Sql, selectList, toPresent } from './sql.ts'
import type { HistoryRow, HistoryStore } from './types.ts'

const MEMBERS = [
  'uid',
  'namespace',
  'name',
  'contentHash',
  'deployment',
  'workPool',
  'stateType',
  'stateName',
  'message',
  'exitCode',
  'attempts',
  'createdAtMs',
  'startedAtMs',
  'finishedAtMs',
] as const satisfies readonly (keyof HistoryRow)[]

const NOTHING = Object.fromEntries(MEMBERS.map((member) => [member, null]))

/** SQLite's word for no limit. */
const ALL = -1

/** What stays of finished runs. */
export function createHistoryStore(sql: Sql): HistoryStore {
  const select = `SELECT ${selectList(MEMBERS)} FROM history`
  const get = sql.one<[string], Nullable<HistoryRow>>(`${select} WHERE uid = ?`)
  const put = sql.write<[object]>(`INSERT OR REPLACE INTO history ${insertList(MEMBERS)}`)
  const list = sql.many<[object], Nullable<HistoryRow>>(
    `${select}
      WHERE (@namespace IS NULL OR namespace = @namespace)
        AND (@name IS NULL OR name = @name)
        AND (@deployment IS NULL OR deployment = @deployment)
      ORDER BY finished_at_ms DESC, uid LIMIT +@limit`,
  )
  // By its index: a deployment asks for its newest ends after each of them.
  const ofDeployment = sql.many<[object], Nullable<HistoryRow>>(
    `${select} WHERE namespace = +@namespace AND deployment = +@deployment
      ORDER BY finished_at_ms DESC, uid LIMIT +@limit`,
  )
  const prune = sql.write<[number]>(
    `DELETE FROM history WHERE finished_at_ms < ? AND NOT EXISTS (
       SELECT 1 FROM source_objects AS named
        WHERE named.kind = 'Run' AND named.namespace = history.namespace AND named.name = history.name
     )`,
  )
  return {
    get(uid) {
      const row = get(uid)
      return row && toPresent<HistoryRow>(row)
    },
    put: (row) => {
      put({ ...NOTHING, ...row })
    },
    list: ({ namespace = null, name = null, deployment = null, limit = ALL }) => {
      const isOfDeployment = namespace !== null && deployment !== null && name === null
      const rows = isOfDeployment
        ? ofDeployment({ namespace, deployment, limit })
        : list({ namespace, name, deployment, limit })
      return rows.map((row) => toPresent<HistoryRow>(row))
    },
    prune: (olderThanMs) => prune(olderThanMs).changes,
  }
}
