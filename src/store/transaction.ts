import type Database from 'better-sqlite3'
import { invariant } from '../lib/assert.ts'
import { type StoreUnusable, toStoreUnusable } from './errors.ts'
import type { Change } from './types.ts'

type Listener = (changes: readonly Change[]) => void

export interface TransactionOptions {
  /** Named in errors. */
  readonly path: string
  readonly newestResourceVersion: number
  readonly onListenerError: (error: unknown) => void
}

/**
 * Transactions and what is said after them.
 *
 * - `#pending` holds the changes of the open transaction, oldest first; it is empty outside of one.
 * - `#isOpen` says that a transaction is wanted; SQLite may have ended it on its own already.
 * - A failed nested call takes its own changes back, from SQLite and from `#pending`.
 * - `#committed` holds batches that listeners have not heard yet. A listener that writes adds a batch
 *   behind its own, so that every listener hears every batch once, in the order of the commits.
 * - After an I/O error or a damaged page nothing is written any more: a later fsync on the same handle
 *   may report success for data that is gone.
 */
export class Transactions {
  readonly #database: Database.Database
  readonly #options: TransactionOptions
  readonly #statements: Record<'begin' | 'commit' | 'rollback', Database.Statement<[]>>
  readonly #savepoints: Record<'set' | 'release' | 'rollback', Database.Statement<[]>>
  readonly #listeners = new Set<Listener>()
  readonly #committed: (readonly Change[])[] = []
  #pending: Change[] = []
  #isOpen = false
  #announcing = false
  #newest: number
  #failure: StoreUnusable | undefined

  constructor(database: Database.Database, options: TransactionOptions) {
    this.#database = database
    this.#options = options
    this.#newest = options.newestResourceVersion
    this.#statements = {
      begin: database.prepare<[]>('BEGIN IMMEDIATE'),
      commit: database.prepare<[]>('COMMIT'),
      rollback: database.prepare<[]>('ROLLBACK'),
    }
    this.#savepoints = {
      set: database.prepare<[]>('SAVEPOINT nested'),
      release: database.prepare<[]>('RELEASE nested'),
      rollback: database.prepare<[]>('ROLLBACK TO nested'),
    }
  }

  /** The newest committed resourceVersion. */
  get newest(): number {
    return this.#newest
  }

  /** A change to announce when the open transaction commits. */
  add(change: Change): void {
    this.#pending.push(change)
  }

  run<T>(write: () => T): T {
    if (this.#failure) throw this.#failure
    if (this.#isOpen) return this.#runNested(write)
    const result = this.#runOutermost(write)
    this.#announce()
    return result
  }

  subscribe(listener: Listener): () => void {
    // A wrapper of its own, so that subscribing one function twice gives two subscriptions.
    const subscription: Listener = (changes) => listener(changes)
    this.#listeners.add(subscription)
    return () => {
      this.#listeners.delete(subscription)
    }
  }

  #runOutermost<T>(write: () => T): T {
    try {
      this.#statements.begin.run()
      this.#isOpen = true
      const result = callSynchronous(write)
      this.#requireTransaction()
      this.#statements.commit.run()
      this.#settle()
      return result
    } catch (error) {
      this.#pending = []
      throw this.#classify(this.#rollBack() ?? error)
    } finally {
      this.#isOpen = false
    }
  }

  #runNested<T>(write: () => T): T {
    this.#requireTransaction()
    const mark = this.#pending.length
    this.#savepoints.set.run()
    try {
      const result = callSynchronous(write)
      this.#requireTransaction()
      this.#savepoints.release.run()
      return result
    } catch (error) {
      this.#pending.length = mark
      if (this.#database.inTransaction) {
        this.#savepoints.rollback.run()
        this.#savepoints.release.run()
      }
      throw error
    }
  }

  /** SQLite ends a whole transaction by itself on some failures, such as a full disk: nothing of it may go on. */
  #requireTransaction(): void {
    invariant(this.#database.inTransaction, 'SQLite has not ended the transaction by itself')
  }

  /** Returns what went wrong, if anything did. */
  #rollBack(): unknown {
    try {
      if (this.#database.inTransaction) this.#statements.rollback.run()
      return undefined
    } catch (error) {
      return error
    }
  }

  #settle(): void {
    const last = this.#pending.at(-1)
    if (!last) return
    this.#newest = last.resourceVersion
    this.#committed.push(this.#pending)
    this.#pending = []
  }

  #announce(): void {
    if (this.#announcing) return
    this.#announcing = true
    try {
      for (let changes = this.#committed.shift(); changes; changes = this.#committed.shift()) {
        for (const listener of Array.from(this.#listeners)) this.#tell(listener, changes)
      }
    } finally {
      this.#announcing = false
    }
  }

  #tell(listener: Listener, changes: readonly Change[]): void {
    if (!this.#listeners.has(listener)) return
    try {
      listener(changes)
    } catch (error) {
      this.#options.onListenerError(error)
    }
  }

  #classify(error: unknown): unknown {
    const unusable = toStoreUnusable(error, this.#options.path)
    if (unusable?.reason === 'Io' || unusable?.reason === 'Corrupt') this.#failure = unusable
    return unusable ?? error
  }
}

function callSynchronous<T>(write: () => T): T {
  const result = write()
  invariant(!(result instanceof Promise), 'a transaction awaits nothing')
  return result
}
