import { Worker } from 'node:worker_threads'
import { invariant } from '../lib/assert.ts'
import { threadEntry } from '../lib/thread-entry.ts'

/** What the write-ahead log holds, in pages. */
export interface LogState {
  /** From its beginning to the newest commit. */
  readonly pages: number
  /** Of these, how many stand in the database file as well. */
  readonly moved: number
}

/** What SQLite answers to `PRAGMA wal_checkpoint`: -1 stands for a database without a log. */
export function toLogState(row: object | undefined): LogState {
  const { log = 0, checkpointed = 0 } = (row ?? {}) as { log?: number; checkpointed?: number }
  return { pages: Math.max(0, log), moved: Math.max(0, checkpointed) }
}

/** What the one shared number says: the owner asks to move or to close, the thread answers with the others. */
export const TURN = { idle: 0, move: 1, close: 2, closed: 3 } as const

export interface CheckpointJob {
  readonly path: string
  /** `dev:ino` of the file that the owner has open: pages of its log never go into another one. */
  readonly identity: string
  readonly turns: Int32Array
}

export type CheckpointAnswer =
  | { readonly ok: true; readonly state: LogState }
  | { readonly ok: false; readonly code: string | undefined; readonly message: string }

/** A pass copies some thousand pages and syncs twice: seconds on a disk that is very slow. */
const LONGEST_PASS_MS = 10_000

/**
 * The thread that moves pages, as its owner sees it.
 *
 * - One pass is under way at most: `#answer` is what hears of its end.
 * - After `close` the thread has the database closed, so that the owner's connection is the last one, which
 *   moves the rest and removes the log.
 */
export class CheckpointWorker {
  readonly #turns = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
  readonly #worker: Worker
  #answer: ((answer: CheckpointAnswer) => void) | undefined
  /** Why the thread has ended; it is not started again. */
  #death: string | undefined

  constructor(path: string, identity: string) {
    const entry = threadEntry(import.meta.url, 'checkpoint-thread')
    const workerData: CheckpointJob = { path, identity, turns: this.#turns }
    this.#worker = new Worker(entry, { workerData })
    this.#worker.on('message', (answer: CheckpointAnswer) => this.#settle(answer))
    this.#worker.on('error', (error) => this.#die(String(error)))
    this.#worker.on('exit', () => this.#die('the thread has ended'))
    this.#worker.unref()
  }

  get isDead(): boolean {
    return this.#death !== undefined
  }

  /** One pass over the log, without waiting for readers or the writer. */
  move(): Promise<CheckpointAnswer> {
    invariant(this.#answer === undefined, 'one checkpoint is under way at a time')
    return new Promise((resolve) => {
      this.#answer = resolve
      if (this.#death !== undefined) this.#die(this.#death)
      // A program may end between two passes, and not within one.
      this.#worker.ref()
      Atomics.store(this.#turns, 0, TURN.move)
      Atomics.notify(this.#turns, 0)
    })
  }

  /** Returns when the pass that is under way has ended; its answer comes in a later turn. */
  awaitPass(): void {
    this.#awaitEnd(TURN.move)
  }

  /** Returns when the thread has closed the database: at the end of its pass. */
  close(): void {
    if (this.#death === undefined) {
      Atomics.store(this.#turns, 0, TURN.close)
      Atomics.notify(this.#turns, 0)
      this.#awaitEnd(TURN.close)
    }
    void this.#worker.terminate()
    this.#die('it was closed')
  }

  /** The thread notifies of the end of a pass as well, so a wake-up may be for something else. */
  #awaitEnd(turn: number): void {
    while (Atomics.load(this.#turns, 0) === turn) {
      if (Atomics.wait(this.#turns, 0, turn, LONGEST_PASS_MS) === 'timed-out') return
    }
  }

  #die(why: string): void {
    this.#death ??= why
    this.#settle({ ok: false, code: undefined, message: this.#death })
  }

  #settle(answer: CheckpointAnswer): void {
    const waiting = this.#answer
    this.#answer = undefined
    this.#worker.unref()
    waiting?.(answer)
  }
}
