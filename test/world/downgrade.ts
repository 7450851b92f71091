import Database from 'better-sqlite3'
import { migrate } from '../../src/store/migrate.ts'
import { MIGRATIONS } from '../../src/store/migrations/registry.ts'

/** Every schema that a database may still have: that of each version, and of each death amid an upgrade. */
export const SCHEMA_VERSIONS: readonly number[] = MIGRATIONS.slice(0, -1).map(
  ({ version }) => version,
)

/** The same data as an older program would have kept it: what the schema of `version` has no place for is left out. */
export function downgrade(newest: Uint8Array, version: number): Uint8Array {
  const image = Buffer.from(newest)
  // Bytes 18 and 19 of the header say "WAL", which a database in memory cannot be opened with.
  image[18] = 1
  image[19] = 1
  const source = new Database(image)
  const target = new Database(':memory:')
  migrate(target, ':memory:', MIGRATIONS.slice(0, version))
  target.pragma('foreign_keys = OFF')
  for (const table of tablesOf(target)) copyRows(source, target, table)
  const bytes = target.serialize()
  source.close()
  target.close()
  return bytes
}

function tablesOf(database: Database.Database): readonly string[] {
  return database
    .prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table'")
    .pluck()
    .all()
}

function columnsOf(database: Database.Database, table: string): readonly string[] {
  return database
    .prepare<[], { name: string }>(`PRAGMA table_info(${table})`)
    .all()
    .map(({ name }) => name)
}

function copyRows(source: Database.Database, target: Database.Database, table: string): void {
  const columns = columnsOf(target, table).filter((name) => columnsOf(source, table).includes(name))
  if (columns.length === 0) return
  const names = columns.map((name) => `"${name}"`).join(', ')
  const values = columns.map((name) => `@${name}`).join(', ')
  const insert = target.prepare(`INSERT OR REPLACE INTO ${table} (${names}) VALUES (${values})`)
  for (const row of source.prepare(`SELECT ${names} FROM ${table}`).all()) {
    try {
      insert.run(row)
    } catch (error) {
      // A row of a sort that the older schema does not know.
      if (!isRefusedByCheck(error)) throw error
    }
  }
}

function isRefusedByCheck(error: unknown): boolean {
  return error instanceof Database.SqliteError && error.code === 'SQLITE_CONSTRAINT_CHECK'
}
