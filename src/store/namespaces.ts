import { StoreConflict } from './errors.ts'
import type { Journal } from './journal.ts'
import type { Sql } from './sql.ts'
import type { NamespaceRow } from './types.ts'

interface StoredNamespace extends Omit<NamespaceRow, 'terminating'> {
  readonly terminating: 0 | 1
}

export interface NamespaceStore {
  readonly list: () => readonly NamespaceRow[]
  readonly ensure: (name: string, uid: string, nowMs: number) => NamespaceRow
  /** Removes an empty namespace; one with objects takes no new ones and goes with its last. */
  readonly delete: (name: string) => void
  /** Throws StoreConflict unless new objects may be put there. */
  readonly requireOpen: (name: string) => void
  /** Called after an object of it went. */
  readonly objectRemoved: (name: string) => void
}

const COLUMNS = 'name, uid, created_at_ms AS createdAtMs, terminating, rv AS resourceVersion'

export function createNamespaceStore(sql: Sql, journal: Journal): NamespaceStore {
  const all = sql.many<[], StoredNamespace>(`SELECT ${COLUMNS} FROM namespaces ORDER BY name`)
  const find = sql.one<[string], StoredNamespace>(
    `SELECT ${COLUMNS} FROM namespaces WHERE name = ?`,
  )
  const insert = sql.write<[StoredNamespace]>(
    `INSERT INTO namespaces (name, uid, created_at_ms, terminating, rv)
     VALUES (@name, @uid, @createdAtMs, @terminating, @resourceVersion)`,
  )
  const terminate = sql.write<[number, string]>(
    'UPDATE namespaces SET terminating = 1, rv = ? WHERE name = ?',
  )
  const remove = sql.write<[string]>('DELETE FROM namespaces WHERE name = ?')
  const anyObject = sql.one<[string], unknown>('SELECT 1 FROM objects WHERE namespace = ? LIMIT 1')

  function removeRow(row: StoredNamespace): void {
    journal.append({ ...changeOf(row), type: 'DELETED' })
    remove(row.name)
  }

  return {
    list: () => all().map(toNamespace),
    ensure(name, uid, nowMs) {
      const present = find(name)
      if (present) return toNamespace(present)
      const row = { name, uid, createdAtMs: nowMs, terminating: 0 as const }
      const resourceVersion = journal.append({ ...changeOf(row), type: 'ADDED' })
      insert({ ...row, resourceVersion })
      return toNamespace({ ...row, resourceVersion })
    },
    delete(name) {
      const row = find(name)
      if (!row) return
      if (!anyObject(name)) removeRow(row)
      else if (!row.terminating) {
        terminate(journal.append({ ...changeOf(row), type: 'MODIFIED' }), name)
      }
    },
    requireOpen(name) {
      const row = find(name)
      if (!row) throw new StoreConflict('NotFound', `namespaces "${name}" not found`)
      if (row.terminating) {
        throw new StoreConflict(
          'Conflict',
          `namespace ${name} is being terminated: it takes no new objects`,
        )
      }
    },
    objectRemoved(name) {
      const row = find(name)
      if (row?.terminating && !anyObject(name)) removeRow(row)
    },
  }
}

function changeOf(row: { readonly name: string; readonly uid: string }) {
  return { kind: 'Namespace', namespace: '', name: row.name, uid: row.uid } as const
}

function toNamespace(row: StoredNamespace): NamespaceRow {
  return { ...row, terminating: row.terminating === 1 }
}
