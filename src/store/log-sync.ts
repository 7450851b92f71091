import { closeSync, fdatasync, openSync } from 'node:fs'

/**
 * Now: the commit is on disk when `transaction` returns. Later: it is atomic and seen by everyone at once,
 * but a loss of power may undo it until `durable` has resolved or another commit has synced. For what can
 * be found out again: whoever acts on it outside waits for `durable` first.
 */
export type TransactionSync = 'Now' | 'Later'

/**
 * Brings commits that did not sync themselves to the disk, off the event loop: whoever must know that
 * they are there waits for `durable`, and all who wait at a time share one sync. It syncs the file and the
 * frames that SQLite itself would, so afterwards they are as safe as after a commit that synced.
 *
 * - `#written` and `#synced` count commits; what is above `#synced` may be undone by a loss of power.
 * - At most one sync is under way; it covers every commit before its beginning.
 * - `#effects` counts those that wait for a sync: as long as there are any, new ones queue behind them.
 * - A failed sync is final: a later one may report success for data that is gone.
 */
export class LogSync {
  readonly #path: string
  readonly #onFailure: (error: unknown) => unknown
  #written = 0
  #synced = 0
  #effects = 0
  #descriptor: number | undefined
  #flushing: Promise<void> | undefined
  #failure: { readonly error: unknown } | undefined

  /** `path` of the write-ahead log. `onFailure` hears of a failed sync and says what to throw. */
  constructor(path: string, onFailure: (error: unknown) => unknown) {
    this.#path = path
    this.#onFailure = onFailure
  }

  /** A commit is in the log, and perhaps not on disk. */
  written(): void {
    this.#written += 1
  }

  /** Resolves when every commit until now is on disk. */
  async durable(): Promise<void> {
    const wanted = this.#written
    while (this.#synced < wanted) {
      if (this.#failure) throw this.#failure.error
      this.#flushing ??= this.#flush().finally(() => {
        this.#flushing = undefined
      })
      await this.#flushing
    }
  }

  /** Calls `effect` when every commit until now is on disk: now if they are. In order; never if they cannot be. */
  whenDurable(effect: () => void): void {
    if (this.#synced >= this.#written && this.#effects === 0) {
      effect()
      return
    }
    this.#effects += 1
    const settled = (): void => {
      this.#effects -= 1
    }
    this.durable().then(() => {
      settled()
      effect()
    }, settled)
  }

  /** To be called after the database was closed, which synced everything. */
  close(): void {
    this.#synced = this.#written
    const descriptor = this.#descriptor
    this.#descriptor = undefined
    if (descriptor === undefined) return
    const flushing = this.#flushing ?? Promise.resolve()
    const release = (): void => closeSync(descriptor)
    flushing.then(release, release)
  }

  async #flush(): Promise<void> {
    const until = this.#written
    try {
      this.#descriptor ??= openSync(this.#path, 'r')
      await dataSync(this.#descriptor)
    } catch (error) {
      this.#failure = { error: this.#onFailure(error) }
      throw this.#failure.error
    }
    this.#synced = Math.max(this.#synced, until)
  }
}

function dataSync(descriptor: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fdatasync(descriptor, (error) => {
      if (error) reject(error)
      else resolve()
    })
  })
}
