import Database from 'better-sqlite3'
import { CheckpointWorker, type LogState, toLogState } from './checkpoint-worker.ts'
import { fileIdentity } from './data-dir.ts'

/** Pages that wait in the log until they are moved: 8 MB. The fewer passes, the more of a page's states are moved as one. */
const MOVE_PAGES = 2_000

/**
 * A log of this length is to begin anew: 64 MB. It can only when nothing in it waits to be moved at the
 * moment of a commit, and while commits follow each other closely each pass of the thread leaves some behind.
 */
const RESTART_PAGES = 16_384

/** At most so many pages are moved on the event loop: a few milliseconds and two syncs, once in RESTART_PAGES. */
const FINISH_PAGES = 500

/**
 * From here on the event loop moves pages itself and waits for it: 128 MB. Where a pass of the thread is under way it waits
 * for that first. Only what another program holds up that reads on and on comes on top.
 */
export const LONGEST_PAGES = 32_768

/** Asking SQLite for the log's length costs 4 µs: it is asked after so many changes. */
const LOOK_EVERY_CHANGES = 64

/** What to do about the log: nothing, a pass in the thread, or one at once on the event loop. */
export type LogStep = 'None' | 'Thread' | 'Here'

/** `stuck`: pages that the last pass could not move because another program reads an older state. */
export function nextLogStep({ pages, moved }: LogState, stuck: number): LogStep {
  const left = pages - moved
  const isLong = pages >= RESTART_PAGES
  // What a reader holds up is tried again as the log grows, not at each look.
  if (left < (stuck > 0 ? stuck + MOVE_PAGES : isLong ? 1 : MOVE_PAGES)) return 'None'
  return pages >= LONGEST_PAGES || (isLong && left <= FINISH_PAGES) ? 'Here' : 'Thread'
}

export interface CheckpointOptions {
  readonly path: string
  /** Whether the files at the path are still those that are open. */
  readonly isInPlace: () => boolean
  /** Hears of each pass that failed. */
  readonly onFailure: (error: unknown) => void
}

/**
 * Moves committed pages from the write-ahead log into the database file, in a thread: copying and syncing
 * them would hold the event loop up for some ten milliseconds. SQLite's own checkpoints, which run within a
 * COMMIT, are off.
 *
 * - One pass is under way at most. A pass never waits for readers or the writer, and changes nothing that
 *   anybody sees, so it needs no epoch: also an overtaken process may finish one.
 * - The log begins anew with the first commit that finds all of it moved. Where the thread cannot get there,
 *   because commits follow each other closely, the last few pages are moved between two of them.
 * - The thread is started when it is first needed, and ends when a look finds nothing to do.
 */
export class Checkpoints {
  readonly #options: CheckpointOptions
  readonly #identity: string
  readonly #look: Database.Statement<[], object>
  readonly #passive: Database.Statement<[], object>
  #changes = 0
  #stuck = 0
  #worker: CheckpointWorker | undefined
  #pass: Promise<void> | undefined
  #isClosed = false

  constructor(database: Database.Database, options: CheckpointOptions) {
    this.#options = options
    this.#identity = fileIdentity(options.path) ?? ''
    database.pragma('wal_autocheckpoint = 0')
    this.#look = database.prepare<[], object>('PRAGMA wal_checkpoint(NOOP)')
    this.#passive = database.prepare<[], object>('PRAGMA wal_checkpoint(PASSIVE)')
  }

  /** After each commit. */
  committed(changes: number): void {
    this.#changes += changes
    if (this.#changes < LOOK_EVERY_CHANGES) return
    this.#changes = 0
    this.#act()
  }

  /** Moves all that is there, in the thread; resolves to the number of pages that a reader holds up. */
  async finish(): Promise<number> {
    await this.#pass
    if (this.#isClosed || !this.#options.isInPlace()) return 0
    // The end of that pass may have begun the next one, which does the same.
    if (this.#pass) return this.#stuck
    const state = this.#attempt(() => this.#read())
    if (state && state.pages > state.moved) await this.#move('Thread')
    else this.#dismiss()
    return this.#stuck
  }

  /** Before the database is closed, so that its own connection is the last one. */
  close(): void {
    this.#isClosed = true
    this.#dismiss()
  }

  /** What is to be done now; goes on until there is nothing, or until a pass got nowhere. Throws nothing: the commit before it stands. */
  #act(): void {
    this.#attempt(() => {
      const state = this.#read()
      const step = nextLogStep(state, this.#stuck)
      if (step === 'None' || !this.#options.isInPlace()) return
      if (this.#pass) {
        if (state.pages < LONGEST_PAGES) return
        this.#worker?.awaitPass()
      }
      void this.#move(step)
    })
  }

  #move(step: Exclude<LogStep, 'None'>): Promise<void> {
    const worker = step === 'Thread' ? this.#hire() : undefined
    if (!worker) {
      this.#note(this.#attempt(() => toLogState(this.#passive.get())))
      return Promise.resolve()
    }
    this.#pass = worker.move().then((answer) => {
      this.#pass = undefined
      this.#note(answer.ok ? answer.state : this.#fail(answer))
      if (answer.ok && !this.#isClosed) this.#act()
    })
    return this.#pass
  }

  /** Undefined where there can be no thread, for lack of memory or permission: then the event loop does its work. */
  #hire(): CheckpointWorker | undefined {
    try {
      this.#worker ??= new CheckpointWorker(this.#options.path, this.#identity)
    } catch {
      return undefined
    }
    return this.#worker.isDead ? undefined : this.#worker
  }

  #dismiss(): void {
    this.#worker?.close()
    this.#worker = undefined
  }

  #note(state: LogState | undefined): void {
    if (state) this.#stuck = state.pages - state.moved
  }

  #fail({ code, message }: { code: string | undefined; message: string }): undefined {
    // Without a code the thread is gone, or its file: the one has a substitute, the other its own watch.
    if (code !== undefined) this.#options.onFailure(new Database.SqliteError(message, code))
  }

  #read(): LogState {
    return toLogState(this.#look.get())
  }

  #attempt<T>(read: () => T): T | undefined {
    try {
      return read()
    } catch (error) {
      this.#options.onFailure(error)
      return undefined
    }
  }
}
