import type Database from 'better-sqlite3'
import { backUp } from './backup.ts'
import { StoreUnusable } from './errors.ts'
import { MIGRATIONS, type Migration } from './migrations/registry.ts'

/** "CPST": says that a SQLite file is Capstan's. */
const APPLICATION_ID = 0x43505354

/**
 * Brings the schema up to the newest version, each migration in a transaction of its own, forward only.
 * A file that holds data is backed up beside itself first (`capstan.db.v1.bak`). Throws StoreUnusable
 * for another program's file ('NotCapstan') and for one that a newer Capstan wrote ('Newer').
 */
export function migrate(
  database: Database.Database,
  path: string,
  migrations: readonly Migration[] = MIGRATIONS,
): void {
  const from = readVersion(database, path)
  const newest = migrations.at(-1)?.version ?? 0
  if (from > newest) {
    throw new StoreUnusable(
      'Newer',
      `${path} was written by a newer Capstan (schema ${from}, this one knows up to ${newest}): start that version, or put the backup from before the upgrade in its place`,
    )
  }
  if (from === newest) return
  if (from > 0 && !database.memory) backUp(database, `${path}.v${from}.bak`)
  for (const migration of migrations) {
    if (migration.version > from) run(database, migration)
  }
}

function readVersion(database: Database.Database, path: string): number {
  const applicationId = readPragma(database, 'application_id')
  const tables = database.prepare<[], number>('SELECT count(*) FROM sqlite_schema').pluck().get()
  if (applicationId === 0 && tables === 0) return 0
  if (applicationId === APPLICATION_ID) return readPragma(database, 'user_version')
  throw new StoreUnusable(
    'NotCapstan',
    `${path} is a database of another program: choose another data directory`,
  )
}

function run(database: Database.Database, { version, sql }: Migration): void {
  database
    .transaction(() => {
      database.exec(sql)
      database.pragma(`application_id = ${APPLICATION_ID}`)
      database.pragma(`user_version = ${version}`)
    })
    .exclusive()
}

function readPragma(database: Database.Database, name: string): number {
  return Number(database.pragma(name, { simple: true }))
}
