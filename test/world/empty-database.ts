import Database from 'better-sqlite3'
import { migrate } from '../../src/store/migrate.ts'

const MEMORY = ':memory:'

/**
 * A database with all tables and no rows. To open a copy costs a fifth of making one; what a new store
 * draws (its instance, its first namespace) it draws all the same.
 */
export const EMPTY_DATABASE: Uint8Array = makeEmpty()

function makeEmpty(): Uint8Array {
  const database = new Database(MEMORY)
  try {
    migrate(database, MEMORY)
    return database.serialize()
  } finally {
    database.close()
  }
}
