import type Database from 'better-sqlite3'
import { invariant } from '../lib/assert.ts'
import { errorMessage } from '../lib/errors.ts'
import { overtaken, StoreUnusable, toStoreUnusable } from './errors.ts'
import { LogSync, type TransactionSync } from './log-sync.ts'
import type { Change } from './types.ts'

type Listener = (changes: readonly Change[]) => void

export interface TransactionOptions {
  /** Named in errors. */
  readonly path: string
  readonly newestResourceVersion: number
  readonly onListenerError: (error: unknown) => void
  /** Path of the write-ahead log; undefined in memory, where nothing is ever on disk. */
  readonly logPath?: string | undefined
}

/**
 * Transactions and what is said after them.
 *
 * - `#pending` holds the changes of the open transaction, oldest first; it is empty outside of one.
 * - `#isOpen` says that a transaction is wanted; SQLite may have ended it on its own already.
 * - A failed nested call takes its own changes back, from SQLite and from `#pending`.
 * - `#committed` holds batches that listeners have not heard yet. A listener that writes adds a batch
 *   behind its own, so that every listener hears every batch once, in the order of the commits.
 * - `#effects` are due after the commit of the open transaction, and `#due` when its batch was heard:
 *   each once, however often it was asked for.
 * - Once `#epoch` is set, a transaction in which the database names another one writes nothing, for good: a
 *   process that slept while another took over would change what the other relies on.
 * - After an I/O error or a damaged page nothing is written any more: a later fsync on the same handle
 *   may report success for data that is gone.
 */
export class Transactions {
  readonly #database: Database.Database
  readonly #options: TransactionOptions
  readonly #statements: Record<'begin' | 'commit' | 'rollback', Database.Statement<[]>>
  readonly #savepoints: Record<'set' | 'release' | 'rollback', Database.Statement<[]>>
  readonly #log: LogSync | undefined
  readonly #listeners = new Set<Listener>()
  readonly #committed: (readonly Change[])[] = []
  readonly #due = new Set<() => void>()
  readonly #rollbacks: (() => void)[] = []
  readonly #commits: ((changes: number) => void)[] = []
  #pending: Change[] = []
  #effects: (() => void)[] = []
  #isOpen = false
  /** How SQLite is set to commit. */
  #sync: TransactionSync = 'Now'
  #announcing = false
  #newest: number
  #epoch: number | undefined
  #readEpoch: () => number = () => 0
  #failure: StoreUnusable | undefined
  #writeProblem: StoreUnusable | undefined

  constructor(database: Database.Database, options: TransactionOptions) {
    this.#database = database
    this.#options = options
    this.#newest = options.newestResourceVersion
    const { logPath } = options
    if (logPath !== undefined) this.#log = new LogSync(logPath, (error) => this.#failSync(error))
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

  /** What ended all writing for good; undefined while there may be more. */
  get failure(): StoreUnusable | undefined {
    return this.#failure
  }

  /** Why the last transaction could not be committed; undefined when it was, or failed by its own fault. */
  get writeProblem(): StoreUnusable | undefined {
    return this.#writeProblem
  }

  /** A failed read: a damaged page or a broken disk is as final there as in a write. Returns what to throw. */
  failedRead(error: unknown): unknown {
    const unusable = toStoreUnusable(error, this.#options.path)
    if (unusable && isFinal(unusable)) this.#failure ??= unusable
    return unusable ?? error
  }

  /** From now on only the process of this epoch writes: `readEpoch` says whose turn it is. */
  holdEpoch(epoch: number, readEpoch: () => number): void {
    this.#epoch = epoch
    this.#readEpoch = readEpoch
  }

  /** A change to announce when the open transaction commits. */
  add(change: Change): void {
    this.#pending.push(change)
  }

  /** Calls `forget` whenever a transaction or a nested call was undone, because what it wrote was never there. */
  onRollback(forget: () => void): void {
    this.#rollbacks.push(forget)
  }

  /** Calls `told` after every commit, with its number of changes, at least 1. */
  onCommit(told: (changes: number) => void): void {
    this.#commits.push(told)
  }

  /** Calls `effect` after the open transaction was committed; never if it is not. */
  afterCommit(effect: () => void): void {
    this.#effects.push(effect)
  }

  /** As afterCommit, and not before the commit would survive a loss of power. */
  whenDurable(effect: () => void): void {
    this.afterCommit(() => {
      if (this.#log) this.#log.whenDurable(() => this.guard(effect))
      else effect()
    })
  }

  /** Calls a listener. What it throws goes to onListenerError and never to the writer. */
  guard(listener: () => void): void {
    try {
      listener()
    } catch (error) {
      this.#options.onListenerError(error)
    }
  }

  run<T>(write: () => T, sync: TransactionSync = 'Now'): T {
    if (this.#failure) throw this.#failure
    if (this.#isOpen) return this.#runNested(write)
    if (this.#log && sync !== this.#sync) this.#setSync(sync)
    const result = this.#runOutermost(write)
    if (sync === 'Later') this.#log?.written()
    const changes = Math.max(1, this.#committed.at(-1)?.length ?? 0)
    for (const told of this.#commits) told(changes)
    this.#announce()
    return result
  }

  /** See Store.together. */
  together<T>(works: readonly (() => T)[]): readonly (() => T)[] {
    return this.run(() => works.map((work) => this.#runApart(work)), 'Later')
  }

  /** Resolves when all that was committed is on disk. */
  async durable(): Promise<void> {
    await this.#log?.durable()
  }

  /** After the database was closed. */
  close(): void {
    this.#log?.close()
  }

  subscribe(listener: Listener): () => void {
    // A wrapper of its own, so that subscribing one function twice gives two subscriptions.
    const subscription: Listener = (changes) => listener(changes)
    this.#listeners.add(subscription)
    return () => {
      this.#listeners.delete(subscription)
    }
  }

  /** NORMAL leaves the write-ahead log to be synced by LogSync; checkpoints sync it as ever. */
  #setSync(sync: TransactionSync): void {
    this.#database.pragma(`synchronous = ${sync === 'Now' ? 'FULL' : 'NORMAL'}`)
    this.#sync = sync
  }

  #runOutermost<T>(write: () => T): T {
    try {
      this.#statements.begin.run()
      this.#isOpen = true
      this.#requireEpoch()
      const result = callSynchronous(write)
      this.#requireTransaction()
      this.#statements.commit.run()
      this.#settle()
      this.#writeProblem = undefined
      return result
    } catch (error) {
      this.#pending = []
      this.#effects = []
      this.#forget()
      throw this.#classify(this.#rollBack() ?? error)
    } finally {
      this.#isOpen = false
    }
  }

  #runNested<T>(write: () => T): T {
    this.#requireTransaction()
    const mark = this.#pending.length
    const effects = this.#effects.length
    this.#savepoints.set.run()
    try {
      const result = callSynchronous(write)
      this.#requireTransaction()
      this.#savepoints.release.run()
      return result
    } catch (error) {
      this.#pending.length = mark
      this.#effects.length = effects
      this.#forget()
      if (this.#database.inTransaction) {
        this.#savepoints.rollback.run()
        this.#savepoints.release.run()
      }
      throw error
    }
  }

  /** Keeps what the work throws to itself, unless that is the end of the whole transaction. */
  #runApart<T>(work: () => T): () => T {
    try {
      const result = this.#runNested(work)
      return () => result
    } catch (error) {
      const isOver = !this.#database.inTransaction
      if (isOver || toStoreUnusable(error, this.#options.path)) throw error
      return () => {
        throw error
      }
    }
  }

  #forget(): void {
    for (const forget of this.#rollbacks) forget()
  }

  /** Inside of the transaction, so that nobody takes over between the look and the commit. */
  #requireEpoch(): void {
    if (this.#epoch === undefined) return
    const newest = this.#readEpoch()
    if (newest === this.#epoch) return
    this.#failure ??= overtaken(newest, this.#epoch)
    throw this.#failure
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
    for (const effect of this.#effects) this.#due.add(effect)
    this.#effects = []
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
      while (this.#committed.length > 0 || this.#due.size > 0) {
        const changes = this.#committed.shift()
        if (changes) this.#tellAll(changes)
        else this.#runDue()
      }
    } finally {
      this.#announcing = false
    }
  }

  #tellAll(changes: readonly Change[]): void {
    for (const listener of Array.from(this.#listeners)) {
      if (this.#listeners.has(listener)) this.guard(() => listener(changes))
    }
  }

  #runDue(): void {
    for (const effect of Array.from(this.#due)) {
      this.#due.delete(effect)
      this.guard(effect)
    }
  }

  #failSync(error: unknown): StoreUnusable {
    const { path } = this.#options
    this.#failure ??= new StoreUnusable(
      'Io',
      `the write-ahead log of ${path} cannot be synced (${errorMessage(error)}): check the disk, then start Capstan again`,
      { cause: error },
    )
    return this.#failure
  }

  #classify(error: unknown): unknown {
    const unusable = toStoreUnusable(error, this.#options.path)
    if (unusable) this.#writeProblem = unusable
    if (unusable && isFinal(unusable)) this.#failure ??= unusable
    return unusable ?? error
  }
}

function isFinal({ reason }: StoreUnusable): boolean {
  return reason === 'Io' || reason === 'Corrupt' || reason === 'NotCapstan'
}

function callSynchronous<T>(write: () => T): T {
  const result = write()
  invariant(!(result instanceof Promise), 'a transaction awaits nothing')
  return result
}
