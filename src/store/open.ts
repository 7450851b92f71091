import { chmodSync, closeSync, openSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import Database from 'better-sqlite3'
import { DEFAULT_NAMESPACE } from '../kinds/meta.ts'
import { invariant } from '../lib/assert.ts'
import type { Random } from '../lib/random.ts'
import { createAttemptStore } from './attempts.ts'
import { createAutomationStore } from './automations.ts'
import { findDamage } from './backup.ts'
import { createBeatStore } from './beats.ts'
import { Checkpoints } from './checkpoints.ts'
import { findContradiction, findSchemaDamage } from './consistency.ts'
import { ensureDataDir } from './data-dir.ts'
import { createDefinitionStore } from './definitions.ts'
import { corruptSentence, StoreUnusable, toStoreUnusable } from './errors.ts'
import { createEventLog } from './event-log.ts'
import { createEventStore } from './events.ts'
import { createFollowedLogStore } from './followed-logs.ts'
import { createHistoryStore } from './history.ts'
import { createIdentityStore, ensureInstanceId } from './identity.ts'
import { createJournal } from './journal.ts'
import type { LaunchRecorder } from './launch-log.ts'
import { createLaunchSummaryStore, type LaunchSummaryStore } from './launch-summary.ts'
import { migrate } from './migrate.ts'
import { createNamespaceStore } from './namespaces.ts'
import { createObjectStore } from './objects.ts'
import { recordLaunches } from './record-launches.ts'
import { createSourceStore } from './sources.ts'
import { createSql } from './sql.ts'
import { Transactions } from './transaction.ts'
import type { Store } from './types.ts'
import { createUpkeepStore } from './upkeep.ts'
import { watchFiles } from './watch-files.ts'

export interface OpenOptions {
  /** The database file, made when missing in an existing or creatable directory; or `:memory:`. */
  readonly path: string
  /** With `:memory:`: starts from what `serialize` gave. */
  readonly snapshot?: Uint8Array
  readonly random: Random
  readonly nowMs: number
  /** Hears of every launch that is committed, and of every run that ended. */
  readonly launches?: LaunchRecorder
  /** What a subscriber threw. By default it surfaces as an uncaught exception, never inside the commit. */
  readonly onListenerError?: (error: unknown) => void
}

/** A Store, and what can be done with it because it is a SQLite file. */
export interface SqliteStore extends Store {
  /** Everything that is committed, as the bytes of a database file. */
  serialize(): Buffer
  /**
   * Moves committed pages from the write-ahead log into the file, off the event loop and without waiting for anyone;
   * resolves to the number of pages that another program holds up. A failure shows in `failure`.
   */
  checkpoint(): Promise<number>
  /**
   * Why the open files are no longer those at their paths; undefined while they are. Writing to a deleted
   * file succeeds silently.
   */
  fileProblem(): StoreUnusable | undefined
  /** What ended all work with the file for good: a damaged page, a broken disk. */
  failure(): StoreUnusable | undefined
  /** Why the last commit failed, if the file was the reason: a full disk passes. */
  writeProblem(): StoreUnusable | undefined
  readonly launchSummary: LaunchSummaryStore
}

/** Before this, a checkpoint that raced a write could damage the file (sqlite.org/wal.html, "WAL-reset bug"). */
const OLDEST_SQLITE = [3, 51, 3] as const

/** Waiting blocks the event loop, and nobody else should have the file open for writing at all. */
const BUSY_TIMEOUT_MS = 100

/** A log that grew larger while a reader held it open is cut back to this. */
const WAL_SIZE_LIMIT_BYTES = 64 * 2 ** 20

const MEMORY = ':memory:'

/** Opens the database, making or migrating it as needed. Throws StoreUnusable with a sentence for the operator. */
export function openStore(options: OpenOptions): SqliteStore {
  const { path } = options
  let database: Database.Database | undefined
  const hasLog =
    path !== MEMORY && (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0
  try {
    database = openDatabase(options)
    configure(database)
    if (path !== MEMORY) refuseDamaged(path, findDamage(database))
    migrate(database, path)
    if (path !== MEMORY) refuseDamaged(path, findHiddenDamage(database))
    if (hasLog) skipVersions(database, options.nowMs)
    // What nested transactions take back is a few pages each; only a migration would need a file for it.
    database.pragma('temp_store = MEMORY')
    return createStore(database, options)
  } catch (error) {
    database?.close()
    throw toStoreUnusable(error, path) ?? toJsonDamage(error, path) ?? error
  }
}

/** SQLite meets malformed JSON only in a damaged row. */
function toJsonDamage(error: unknown, path: string): StoreUnusable | undefined {
  if (!(error instanceof Database.SqliteError) || error.message !== 'malformed JSON')
    return undefined
  return new StoreUnusable('Corrupt', corruptSentence(path, error.message), { cause: error })
}

/** Damage that the check of the pages does not see. */
function findHiddenDamage(database: Database.Database): string | undefined {
  const fresh = new Database(MEMORY)
  try {
    migrate(fresh, MEMORY)
    return findSchemaDamage(database, fresh) ?? findContradiction(database)
  } finally {
    fresh.close()
  }
}

function refuseDamaged(path: string, damage: string | undefined): void {
  if (damage !== undefined) throw new StoreUnusable('Corrupt', corruptSentence(path, damage))
}

function openDatabase({ path, snapshot }: OpenOptions): Database.Database {
  const options = { timeout: BUSY_TIMEOUT_MS }
  if (path !== MEMORY) {
    invariant(!snapshot, 'a snapshot is opened in memory')
    createPrivateFile(path)
    return requireVersion(new Database(path, options))
  }
  // What old versions damage is the write-ahead log of a file.
  return new Database(snapshot ? toMemoryImage(snapshot) : MEMORY, options)
}

/** Bytes 18 and 19 of the header say "WAL", which a database in memory cannot be opened with. */
function toMemoryImage(snapshot: Uint8Array): Buffer {
  const image = Buffer.from(snapshot)
  image[18] = 1
  image[19] = 1
  return image
}

/** The file holds frozen request bodies with env values in them: for the owner alone. The log files inherit the mode. */
function createPrivateFile(path: string): void {
  ensureDataDir(dirname(path))
  const present = statSync(path, { throwIfNoEntry: false })
  if (!present) closeSync(openSync(path, 'wx', 0o600))
  else if (present.uid === process.getuid?.() && (present.mode & 0o077) !== 0)
    chmodSync(path, 0o600)
}

function requireVersion(database: Database.Database): Database.Database {
  const version = database.prepare<[], string>('SELECT sqlite_version()').pluck().get() ?? ''
  if (isOlder(version)) {
    database.close()
    throw new StoreUnusable(
      'OldSqlite',
      `SQLite ${version} can damage databases: install better-sqlite3 with SQLite ${OLDEST_SQLITE.join('.')} or newer`,
    )
  }
  return database
}

function isOlder(version: string): boolean {
  const numbers = version.split('.').map(Number)
  const index = OLDEST_SQLITE.findIndex((oldest, place) => oldest !== numbers[place])
  return index !== -1 && (numbers[index] ?? 0) < (OLDEST_SQLITE[index] ?? 0)
}

function configure(database: Database.Database): void {
  database.pragma('cell_size_check = ON')
  database.pragma('trusted_schema = OFF')
  database.pragma('mmap_size = 0')
  database.pragma('journal_mode = WAL')
  // An intent that was committed must survive power loss: NORMAL may roll back the last commits.
  database.pragma('synchronous = FULL')
  database.pragma('foreign_keys = ON')
  database.pragma(`journal_size_limit = ${WAL_SIZE_LIMIT_BYTES}`)
}

function createStore(database: Database.Database, options: OpenOptions): SqliteStore {
  const { path, random, nowMs, onListenerError = throwLater } = options
  startCounter(database, nowMs)
  const newestResourceVersion = readNewest(database)
  const transactions = new Transactions(database, {
    path,
    ...(path !== MEMORY && { logPath: `${path}-wal` }),
    newestResourceVersion,
    onListenerError,
  })
  const files = createFileOperations(database, path, transactions)
  const sql = createSql(database, (error) => transactions.failedRead(error))
  const journal = createJournal(sql, transactions)
  const namespaces = createNamespaceStore(sql, journal)
  const identity = createIdentityStore(sql, transactions, (epoch, readEpoch) => {
    // Nobody else comes to a database in memory.
    if (path === MEMORY) return
    transactions.afterCommit(() => transactions.holdEpoch(epoch, readEpoch))
  })
  transactions.run(() => {
    ensureInstanceId(identity, random)
    namespaces.ensure(DEFAULT_NAMESPACE, random.uuid(), nowMs)
  })
  const recorded = recordLaunches(
    { attempts: createAttemptStore(sql), history: createHistoryStore(sql), identity },
    { transactions, recorder: options.launches },
  )
  return {
    objects: createObjectStore({ sql, journal, namespaces, transactions }),
    attempts: recorded.attempts,
    events: createEventStore(sql, journal, random),
    eventLog: createEventLog(sql, transactions, random),
    definitions: createDefinitionStore(sql, transactions),
    history: recorded.history,
    sources: createSourceStore(sql),
    identity,
    upkeep: createUpkeepStore(sql),
    followedLogs: createFollowedLogStore(sql),
    automations: createAutomationStore(sql),
    beats: createBeatStore(sql),
    transaction: (write, sync) => transactions.run(write, sync),
    together: (works) => transactions.together(works),
    durable: () => transactions.durable(),
    subscribe: (listener) => transactions.subscribe(listener),
    resourceVersion: () => transactions.newest,
    changesSince: journal.changesSince,
    launchSummary: createLaunchSummaryStore(sql),
    failure: () => transactions.failure,
    writeProblem: () => transactions.writeProblem,
    serialize: () => files.serialize(),
    checkpoint: files.checkpoint,
    fileProblem: files.fileProblem,
    close() {
      files.close()
      database.close()
      transactions.close()
    },
  }
}

function createFileOperations(
  database: Database.Database,
  path: string,
  transactions: Transactions,
) {
  const fileProblem = path === MEMORY ? () => undefined : watchFiles(path)
  const checkpoints =
    path === MEMORY
      ? undefined
      : new Checkpoints(database, {
          path,
          isInPlace: () => fileProblem() === undefined,
          onFailure: (error) => transactions.failedRead(error),
        })
  transactions.onCommit((changes) => checkpoints?.committed(changes))
  return {
    serialize() {
      invariant(!database.inTransaction, 'only committed state is serialized')
      return database.serialize()
    },
    checkpoint: () => checkpoints?.finish() ?? Promise.resolve(0),
    fileProblem,
    close: () => checkpoints?.close(),
  }
}

/** Under this identity key stands a resourceVersion that nothing new may have, nor any below it. */
const VERSION_FLOOR = 'version-floor'

/**
 * resourceVersions of a new database start at the time of its creation in milliseconds, so that a
 * database made anew never gives out versions that a watch of the lost one still holds.
 */
function startCounter(database: Database.Database, nowMs: number): void {
  database
    .prepare<[string, string]>('INSERT OR IGNORE INTO identity (key, value) VALUES (?, ?)')
    .run(VERSION_FLOOR, String(Math.max(0, Math.floor(nowMs))))
}

/** More changes than are ever committed between two syncs. */
const SKIPPED_VERSIONS = 10_000

/**
 * A log that is there at the start was left by an abrupt end. If power was lost, watches may hold
 * versions of commits that were undone: they are not given out again.
 */
function skipVersions(database: Database.Database, nowMs: number): void {
  startCounter(database, nowMs)
  database
    .prepare<[string, string]>('UPDATE identity SET value = ? WHERE key = ?')
    .run(String(readNewest(database) + SKIPPED_VERSIONS), VERSION_FLOOR)
}

function readNewest(database: Database.Database): number {
  const query = `SELECT max(
      coalesce((SELECT max(rv) FROM journal), 0),
      coalesce((SELECT CAST(value AS INTEGER) FROM identity WHERE key = ?), 0)
    )`
  return database.prepare<[string], number>(query).pluck().get(VERSION_FLOOR) ?? 0
}

function throwLater(error: unknown): void {
  queueMicrotask(() => {
    throw error
  })
}
