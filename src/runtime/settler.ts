import { assertNever } from '../lib/assert.ts'
import { TerminalError, WaitingError } from '../lib/errors.ts'
import type { Random } from '../lib/random.ts'
import { type BackoffPolicy, backoffMs, RECONCILE_BACKOFF } from './backoff.ts'
import type { Log } from './logger.ts'
import type { Outcome } from './outcome.ts'
import type { WorkQueue } from './workqueue.ts'

/** How a reconcile ended. */
export type Result = Outcome | { readonly type: 'Error'; readonly error: unknown }

export interface ResultCounts {
  readonly awaitChange: number
  readonly requeueAfter: number
  readonly retryableErrors: number
  readonly waitingErrors: number
  readonly terminalErrors: number
}

export interface SettlerOptions {
  readonly queue: Pick<WorkQueue, 'addAfter'>
  readonly random: Random
  readonly backoff?: BackoffPolicy
}

/** The outcome switch: the one place that decides whether and when a key comes again. */
export class Settler {
  readonly #options: SettlerOptions
  readonly #counts: { -readonly [Name in keyof ResultCounts]: number } = {
    awaitChange: 0,
    requeueAfter: 0,
    retryableErrors: 0,
    waitingErrors: 0,
    terminalErrors: 0,
  }
  /** Failures in a row of each key whose last reconcile failed retryably; no others. */
  readonly #failures = new Map<string, number>()

  constructor(options: SettlerOptions) {
    this.#options = options
  }

  get counts(): ResultCounts {
    return { ...this.#counts }
  }

  settle(key: string, result: Result, log: Log): void {
    switch (result.type) {
      case 'AwaitChange':
        this.#counts.awaitChange += 1
        this.#failures.delete(key)
        return
      case 'RequeueAfter':
        this.#counts.requeueAfter += 1
        this.#failures.delete(key)
        this.#options.queue.addAfter(key, result.delayMs)
        return
      case 'Error':
        this.#settleError(key, result.error, log)
        return
      default:
        assertNever(result)
    }
  }

  #settleError(key: string, error: unknown, log: Log): void {
    if (error instanceof WaitingError) this.#settleWaiting(key, error, log)
    else if (error instanceof TerminalError) this.#settleTerminal(key, error, log)
    else this.#settleRetryable(key, error, log)
  }

  #settleWaiting(key: string, error: WaitingError, log: Log): void {
    this.#counts.waitingErrors += 1
    this.#failures.delete(key)
    log.debug('reconcile waits', { why: error.message, afterMs: error.afterMs })
    this.#options.queue.addAfter(key, error.afterMs)
  }

  #settleTerminal(key: string, error: TerminalError, log: Log): void {
    this.#counts.terminalErrors += 1
    this.#failures.delete(key)
    log.warn('reconcile failed until something changes', { reason: error.reason, error })
  }

  #settleRetryable(key: string, error: unknown, log: Log): void {
    const { queue, random, backoff = RECONCILE_BACKOFF } = this.#options
    const failures = (this.#failures.get(key) ?? 0) + 1
    const delayMs = Math.ceil(backoffMs(backoff, failures, random.fraction()))
    this.#counts.retryableErrors += 1
    this.#failures.set(key, failures)
    log.error('reconcile failed, will be retried', { failures, delayMs, error })
    queue.addAfter(key, delayMs)
  }
}
