import { insertList, type Nullable, type Sql, selectList } from './sql.ts'
import type { DefinitionRow, DefinitionStore } from './types.ts'

const MEMBERS = [
  'account',
  'family',
  'hash',
  'taskDefinitionArn',
  'revision',
  'registeredAtMs',
  'lastUsedAtMs',
  'status',
  'autoDeregister',
] as const satisfies readonly (keyof DefinitionRow)[]

type StoredDefinition = Nullable<Omit<DefinitionRow, 'autoDeregister'>> & {
  readonly autoDeregister: 0 | 1
}

/** Task definition revisions that Capstan registered or found. */
export function createDefinitionStore(sql: Sql): DefinitionStore {
  const select = `SELECT ${selectList(MEMBERS)} FROM definitions`
  const byHash = sql.one<[string, string, string], StoredDefinition>(
    `${select} WHERE account = +? AND family = +? AND hash = +?
      ORDER BY status = 'ACTIVE' DESC, revision DESC LIMIT 1`,
  )
  const byArn = sql.one<[string], StoredDefinition>(`${select} WHERE task_definition_arn = ?`)
  const ofFamily = sql.many<[string, string], StoredDefinition>(
    `${select} WHERE account = +? AND family = +? ORDER BY revision`,
  )
  const put = sql.write<[object]>(`INSERT OR REPLACE INTO definitions ${insertList(MEMBERS)}`)
  return {
    byHash: (account, family, hash) => optionalDefinition(byHash(account, family, hash)),
    byArn: (taskDefinitionArn) => optionalDefinition(byArn(taskDefinitionArn)),
    ofFamily: (account, family) => ofFamily(account, family).map(toDefinition),
    families: sql.many<[], { account: string; family: string }>(
      'SELECT DISTINCT account, family FROM definitions ORDER BY account, family',
    ),
    put: (row) => {
      put({ ...row, autoDeregister: row.autoDeregister ? 1 : 0 })
    },
  }
}

function toDefinition(stored: StoredDefinition): DefinitionRow {
  return { ...stored, autoDeregister: stored.autoDeregister === 1 }
}

function optionalDefinition(stored: StoredDefinition | undefined): DefinitionRow | undefined {
  return stored && toDefinition(stored)
}
