import { canonicalJson } from '../lib/json.ts'
import { StoreConflict } from './errors.ts'
import type { Journal } from './journal.ts'
import type { NamespaceMeta, NamespaceRow } from './namespace-row.ts'
import type { Sql } from './sql.ts'

interface StoredNamespace extends Omit<NamespaceRow, 'terminating' | keyof NamespaceMeta> {
  readonly terminating: 0 | 1
  /** Canonical JSON of a NamespaceMeta; null for an empty one. */
  readonly meta: string | null
}

export interface NamespaceStore {
  readonly list: () => readonly NamespaceRow[]
  readonly ensure: (name: string, uid: string, nowMs: number) => NamespaceRow
  readonly setMeta: (name: string, meta: NamespaceMeta) => NamespaceRow
  /** Removes an empty namespace; one with objects takes no new ones and goes with its last. */
  readonly delete: (name: string) => void
  /** Throws StoreConflict unless new objects may be put there. */
  readonly requireOpen: (name: string) => void
  /** To be called after one of its objects was removed. */
  readonly objectRemoved: (name: string) => void
}

const COLUMNS = 'name, uid, created_at_ms AS createdAtMs, terminating, rv AS resourceVersion, meta'

type Statements = ReturnType<typeof prepareStatements>

function prepareStatements(sql: Sql) {
  return {
    all: sql.many<[], StoredNamespace>(`SELECT ${COLUMNS} FROM namespaces ORDER BY name`),
    find: sql.one<[string], StoredNamespace>(`SELECT ${COLUMNS} FROM namespaces WHERE name = ?`),
    insert: sql.write<[StoredNamespace]>(
      `INSERT INTO namespaces (name, uid, created_at_ms, terminating, rv, meta)
       VALUES (@name, @uid, @createdAtMs, @terminating, @resourceVersion, @meta)`,
    ),
    putMeta: sql.write<[string | null, number, string]>(
      'UPDATE namespaces SET meta = ?, rv = ? WHERE name = ?',
    ),
    terminate: sql.write<[number, string]>(
      'UPDATE namespaces SET terminating = 1, rv = ? WHERE name = ?',
    ),
    remove: sql.write<[string]>('DELETE FROM namespaces WHERE name = ?'),
    anyObject: sql.one<[string], unknown>('SELECT 1 FROM objects WHERE namespace = ? LIMIT 1'),
  }
}

export function createNamespaceStore(sql: Sql, journal: Journal): NamespaceStore {
  const statements = prepareStatements(sql)
  const { all, find, anyObject } = statements
  return {
    list: () => all().map(toNamespace),
    ...changing(statements, journal),
    requireOpen(name) {
      const row = find(name)
      if (!row) throw absent(name)
      if (row.terminating) {
        throw new StoreConflict(
          'Conflict',
          `namespace ${name} is being terminated: it takes no new objects`,
        )
      }
    },
    objectRemoved(name) {
      const row = find(name)
      if (row?.terminating && !anyObject(name)) removeRow(statements, journal, row)
    },
  }
}

function changing(
  statements: Statements,
  journal: Journal,
): Pick<NamespaceStore, 'ensure' | 'setMeta' | 'delete'> {
  const { find, insert, putMeta, terminate, anyObject } = statements
  return {
    ensure(name, uid, nowMs) {
      const present = find(name)
      if (present) return toNamespace(present)
      const row = { name, uid, createdAtMs: nowMs, terminating: 0 as const, meta: null }
      const resourceVersion = journal.append({ ...changeOf(row), type: 'ADDED' })
      insert({ ...row, resourceVersion })
      return toNamespace({ ...row, resourceVersion })
    },
    setMeta(name, meta) {
      const row = find(name)
      if (!row) throw absent(name)
      const text = renderMeta(meta)
      if (text === row.meta) return toNamespace(row)
      const resourceVersion = journal.append({ ...changeOf(row), type: 'MODIFIED' })
      putMeta(text, resourceVersion, name)
      return toNamespace({ ...row, meta: text, resourceVersion })
    },
    delete(name) {
      const row = find(name)
      if (!row) return
      if (!anyObject(name)) removeRow(statements, journal, row)
      else if (!row.terminating) {
        terminate(journal.append({ ...changeOf(row), type: 'MODIFIED' }), name)
      }
    },
  }
}

function removeRow({ remove }: Statements, journal: Journal, row: StoredNamespace): void {
  journal.append({ ...changeOf(row), type: 'DELETED' })
  remove(row.name)
}

function absent(name: string): StoreConflict {
  return new StoreConflict('NotFound', `namespaces "${name}" not found`)
}

function changeOf(row: { readonly name: string; readonly uid: string }) {
  return { kind: 'Namespace', namespace: '', name: row.name, uid: row.uid } as const
}

function toNamespace({ meta, ...row }: StoredNamespace): NamespaceRow {
  const own = meta === null ? {} : (JSON.parse(meta) as NamespaceMeta)
  return { ...row, ...own, terminating: row.terminating === 1 }
}

function renderMeta({ labels = {}, annotations = {} }: NamespaceMeta): string | null {
  const members = Object.entries({ labels, annotations }).filter(
    ([, map]) => Object.keys(map).length > 0,
  )
  return members.length === 0 ? null : canonicalJson(Object.fromEntries(members))
}
