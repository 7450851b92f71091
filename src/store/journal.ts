import type { CapstanObject } from '../kinds/meta.ts'
import { invariant } from '../lib/assert.ts'
import { canonicalJson } from '../lib/json.ts'
import type { Sql } from './sql.ts'
import type { Transactions } from './transaction.ts'
import type { Change, Store } from './types.ts'

/**
 * Changes kept for watches that come back. A fleet that launches at ECS's default rate makes about 100
 * changes a second, so this reaches back three minutes: longer than any client takes to reconnect. A
 * watch from before that is told to list again.
 */
export const JOURNAL_ROWS = 20_000

/** Old rows go in bulk, so that the usual write pays nothing for it. */
const PRUNE_EVERY = 1_000

interface JournalRow {
  readonly resourceVersion: number
  readonly type: Change['type']
  readonly kind: Change['kind']
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly object: string | null
}

/** How subscribers get the states around a change: rows are only turned into objects for those who ask. */
export interface ChangeStates {
  /** Asked after the commit, each time that somebody looks. */
  readonly object: () => CapstanObject
  readonly previous?: CapstanObject
}

/** Gives out resourceVersions: the journal's row ids, one counter for the whole database, without gaps. */
export interface Journal {
  /** Adds a change to the open transaction and returns its resourceVersion. */
  readonly append: (
    change: Omit<Change, 'resourceVersion' | 'object' | 'previous'>,
    states?: ChangeStates,
  ) => number
  /** As append, for a change that ends an object; `render` makes its last state. */
  readonly appendDeleted: (
    change: Omit<Change, 'resourceVersion' | 'type' | 'object'>,
    render: (resourceVersion: number) => CapstanObject,
  ) => CapstanObject
  readonly changesSince: Store['changesSince']
}

export function createJournal(sql: Sql, transactions: Transactions): Journal {
  const insert = sql.write<[number, string, string, string, string, string]>(
    'INSERT INTO journal (rv, type, kind, namespace, name, uid) VALUES (?, ?, ?, ?, ?, ?)',
  )
  const setObject = sql.write<[string, number]>('UPDATE journal SET object = ? WHERE rv = ?')
  const prune = sql.write<[number]>('DELETE FROM journal WHERE rv <= ?')
  const oldest = sql.one<[], { rv: number | null }>('SELECT min(rv) AS rv FROM journal')
  const since = sql.many<[number, number], JournalRow>(
    `SELECT rv AS resourceVersion, type, kind, namespace, name, uid, object
       FROM journal WHERE rv > +? ORDER BY rv LIMIT +?`,
  )

  const newest = sql.one<[], { rv: number | null }>('SELECT max(rv) AS rv FROM journal')
  /** The last one given out, also within the open transaction; undefined when that is to be looked up. */
  let last: number | undefined
  transactions.onRollback(() => {
    last = undefined
  })

  function next(change: Omit<Change, 'resourceVersion' | 'object'>): number {
    const { type, kind, namespace, name, uid } = change
    last ??= Math.max(newest()?.rv ?? 0, transactions.newest)
    const resourceVersion = last + 1
    insert(resourceVersion, type, kind, namespace, name, uid)
    last = resourceVersion
    if (resourceVersion % PRUNE_EVERY === 0) prune(resourceVersion - JOURNAL_ROWS)
    return resourceVersion
  }

  return {
    append(change, states) {
      const resourceVersion = next(change)
      const announced: Change = { ...change, resourceVersion }
      transactions.add(states ? withStates(announced, states) : announced)
      return resourceVersion
    },
    appendDeleted(input, render) {
      const change = { ...input, type: 'DELETED' as const }
      const resourceVersion = next(change)
      const object = render(resourceVersion)
      setObject(canonicalJson(object), resourceVersion)
      transactions.add({ ...change, resourceVersion, object })
      return object
    },
    changesSince(resourceVersion, limit) {
      invariant(limit > 0, 'a page of changes has room for one')
      if (resourceVersion > transactions.newest) return undefined
      const first = oldest()?.rv ?? transactions.newest + 1
      if (resourceVersion < first - 1) return undefined
      return since(resourceVersion, limit).map(toChange)
    },
  }
}

function withStates(change: Change, { object, previous }: ChangeStates): Change {
  return Object.defineProperties(change, {
    object: { get: object },
    ...(previous ? { previous: { value: previous } } : {}),
  })
}

function toChange({ object, ...row }: JournalRow): Change {
  if (object === null) return row
  const last: CapstanObject = JSON.parse(object)
  return { ...row, object: last }
}
