import { insertList, type Nullable, type Sql, selectList, toPresent } from './sql.ts'
import type { Transactions } from './transaction.ts'

/** A revision that Capstan registered or found by its hash tag. */
export interface DefinitionRow {
  readonly account: string
  readonly family: string
  /** Hash of the canonical desired body. */
  readonly hash: string
  readonly taskDefinitionArn: string
  readonly revision: number
  readonly registeredAtMs: number
  readonly lastUsedAtMs: number
  readonly status: 'ACTIVE' | 'INACTIVE' | 'DELETED'
  readonly autoDeregister: boolean
  /** `namespace/name` of the WorkPool whose settings count; absent: another controller's revision, which is never collected. */
  readonly workPool?: string
}

export interface DefinitionStore {
  /** The newest ACTIVE revision with this hash, else the newest of any status. */
  byHash(account: string, family: string, hash: string): DefinitionRow | undefined
  byArn(taskDefinitionArn: string): DefinitionRow | undefined
  /** Oldest revision first. */
  ofFamily(account: string, family: string): readonly DefinitionRow[]
  families(): readonly { readonly account: string; readonly family: string }[]
  put(row: DefinitionRow): void
  /** ARNs of revisions that are no longer ACTIVE, except the newest `keep` of each family and those of living attempts. */
  outdated(account: string, keep: number): readonly string[]
  remove(taskDefinitionArn: string): void
}

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
  'workPool',
] as const satisfies readonly (keyof DefinitionRow)[]

type StoredDefinition = Nullable<Omit<DefinitionRow, 'autoDeregister'>> & {
  readonly autoDeregister: 0 | 1
}

/** Answers that are remembered: more than the revisions of thousands of deployments. */
const REMEMBERED_ANSWERS = 10_000

/**
 * Task definition revisions that Capstan registered or found. Each look at a run or deployment asks for one
 * revision, and they seldom change: answers are remembered until any row changes or a transaction is undone.
 */
export function createDefinitionStore(
  sql: Sql,
  transactions: Pick<Transactions, 'onRollback'>,
): DefinitionStore {
  const answers = new Map<string, DefinitionRow | undefined>()
  transactions.onRollback(() => answers.clear())

  function remembered(
    question: readonly string[],
    ask: () => StoredDefinition | undefined,
  ): DefinitionRow | undefined {
    const key = question.join('\n')
    if (answers.has(key)) return answers.get(key)
    if (answers.size >= REMEMBERED_ANSWERS) answers.clear()
    const answer = optionalDefinition(ask())
    answers.set(key, answer)
    return answer
  }

  const select = `SELECT ${selectList(MEMBERS)} FROM definitions`
  const byHash = sql.many<[string, string, string], StoredDefinition>(
    `${select} WHERE account = ? AND family = ? AND hash = ?`,
  )
  const byArn = sql.one<[string], StoredDefinition>(`${select} WHERE task_definition_arn = ?`)
  const ofFamily = sql.many<[string, string], StoredDefinition>(
    `${select} WHERE account = +? AND family = +? ORDER BY revision`,
  )
  const put = sql.write<[object]>(`INSERT OR REPLACE INTO definitions ${insertList(MEMBERS)}`)
  const outdated = sql.many<[string, number], { arn: string }>(
    `SELECT arn FROM (
        SELECT task_definition_arn AS arn,
               row_number() OVER (PARTITION BY family ORDER BY revision DESC) AS place
          FROM definitions WHERE account = +? AND status <> 'ACTIVE'
      ) WHERE place > +? AND arn NOT IN (
        SELECT task_definition_arn FROM attempts WHERE phase IN ('Intent', 'Launched')
      )`,
  )
  const remove = sql.write<[string]>('DELETE FROM definitions WHERE task_definition_arn = ?')
  return {
    outdated: (account, keep) => outdated(account, keep).map(({ arn }) => arn),
    remove: (taskDefinitionArn) => {
      remove(taskDefinitionArn)
      answers.clear()
    },
    byHash: (account, family, hash) =>
      remembered([account, family, hash], () => byHash(account, family, hash).toSorted(byUse)[0]),
    byArn: (taskDefinitionArn) => remembered([taskDefinitionArn], () => byArn(taskDefinitionArn)),
    ofFamily: (account, family) => ofFamily(account, family).map(toDefinition),
    families: sql.many<[], { account: string; family: string }>(
      'SELECT DISTINCT account, family FROM definitions ORDER BY account, family',
    ),
    put: (row) => {
      put({ ...row, autoDeregister: row.autoDeregister ? 1 : 0, workPool: row.workPool ?? null })
      answers.clear()
    },
  }
}

function toDefinition(stored: StoredDefinition): DefinitionRow {
  const { autoDeregister, ...rest } = stored
  return {
    ...toPresent<Omit<DefinitionRow, 'autoDeregister'>>(rest),
    autoDeregister: autoDeregister === 1,
  }
}

function optionalDefinition(stored: StoredDefinition | undefined): DefinitionRow | undefined {
  return stored && toDefinition(stored)
}

/** ACTIVE first, then newest first. Few revisions have one content: sorting them in SQLite would take longer than finding them. */
function byUse(a: StoredDefinition, b: StoredDefinition): number {
  const isActive = Number(b.status === 'ACTIVE') - Number(a.status === 'ACTIVE')
  return isActive || b.revision - a.revision
}
