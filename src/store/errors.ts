import Database from 'better-sqlite3'
import type { StoreConflictReason } from './types.ts'

/** A write that the present state refuses; the API maps it to 404 or 409. */
export class StoreConflict extends Error {
  override readonly name = 'StoreConflict'
  readonly reason: StoreConflictReason
  constructor(reason: StoreConflictReason, message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}

export type StoreUnusableReason =
  | 'Corrupt'
  | 'Full'
  | 'Io'
  | 'Locked'
  | 'Newer'
  | 'NotCapstan'
  | 'OldSqlite'
  | 'ReadOnly'
  | 'Replaced'

/** The database cannot be worked with. The message is one sentence for the operator and names the way out. */
export class StoreUnusable extends Error {
  override readonly name = 'StoreUnusable'
  readonly reason: StoreUnusableReason
  constructor(reason: StoreUnusableReason, message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}

/** First match by prefix of SQLite's extended result code wins. */
const SQLITE_FAILURES: readonly {
  readonly prefix: string
  readonly reason: StoreUnusableReason
  readonly sentence: (path: string) => string
}[] = [
  {
    prefix: 'SQLITE_CORRUPT',
    reason: 'Corrupt',
    sentence: (path) => corruptSentence(path, 'SQLite found a malformed page'),
  },
  {
    prefix: 'SQLITE_NOTADB',
    reason: 'NotCapstan',
    sentence: (path) =>
      `${path} is not a SQLite database: choose another data directory, or put the newest backup in its place`,
  },
  {
    prefix: 'SQLITE_READONLY',
    reason: 'ReadOnly',
    sentence: (path) =>
      `${path} cannot be written: give the user that Capstan runs as write access to the file and its directory, or choose another data directory`,
  },
  {
    prefix: 'SQLITE_FULL',
    reason: 'Full',
    sentence: (path) =>
      `${path} cannot grow because the disk is full: free some space; nothing is launched until writes succeed again`,
  },
  {
    prefix: 'SQLITE_BUSY',
    reason: 'Locked',
    sentence: (path) =>
      `${path} is locked by another process: stop the other controller or tool that has it open`,
  },
  {
    prefix: 'SQLITE_CANTOPEN',
    reason: 'Io',
    sentence: (path) =>
      `${path} cannot be opened: check that its directory exists and that the user that Capstan runs as may read and write it`,
  },
  {
    prefix: 'SQLITE_IOERR',
    reason: 'Io',
    sentence: (path) =>
      `${path} cannot be read or written because of an I/O error: check the disk, then start Capstan again`,
  },
]

/** The database names a later start than this one: the process of that start acts now, and this one must not. */
export function overtaken(newest: number, epoch: number): StoreUnusable {
  return new StoreUnusable(
    'Replaced',
    `another controller took over this data directory (start ${newest}, this is start ${epoch}): this one stops`,
  )
}

/** What to say about a damaged file. `detail` is SQLite's own first complaint. */
export function corruptSentence(path: string, detail: string): string {
  return `${path} is damaged (${detail}): move it and its -wal file aside, then put the newest backup in its place, or start without it to recover from what ECS still knows`
}

/** The typed form of a failure of SQLite itself; undefined for everything else, also for constraint errors, which are bugs. */
export function toStoreUnusable(error: unknown, path: string): StoreUnusable | undefined {
  if (!(error instanceof Database.SqliteError)) return undefined
  const failure = SQLITE_FAILURES.find(({ prefix }) => error.code.startsWith(prefix))
  return failure && new StoreUnusable(failure.reason, failure.sentence(path), { cause: error })
}

export function isUniqueViolation(error: unknown): boolean {
  return (
    error instanceof Database.SqliteError &&
    (error.code === 'SQLITE_CONSTRAINT_UNIQUE' || error.code === 'SQLITE_CONSTRAINT_PRIMARYKEY')
  )
}
