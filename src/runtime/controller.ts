import type { Clock } from '../lib/clock.ts'
import type { Random } from '../lib/random.ts'
import type { BackoffPolicy } from './backoff.ts'
import type { Log } from './logger.ts'
import type { Part } from './manager.ts'
import { awaitChange, type Outcome } from './outcome.ts'
import { type Result, type ResultCounts, Settler } from './settler.ts'
import { createSlicer } from './slicer.ts'
import type { WorkQueue } from './workqueue.ts'

export interface ReconcileContext {
  /** Aborts when the program cannot wait for this reconcile any longer. */
  readonly signal: AbortSignal
  /** To be awaited between two pieces of work that wait for nothing else (`Slicer.pause`). */
  readonly pause: () => Promise<void> | undefined
  /** Marks the log lines of one reconcile. */
  readonly reconcileId: string
  /** Carries controller, key and reconcileId. */
  readonly log: Log
}

export interface ControllerOptions {
  readonly name: string
  readonly queue: Pick<WorkQueue, 'get' | 'done' | 'addAfter' | 'close' | 'stats'> & QueueAhead
  /** Reconciles at the same time, each of another key. */
  readonly workers: number
  /** May be called at any time, twice, or late: it reads the world afresh and gets nothing but the key. */
  readonly reconcile: (key: string, context: ReconcileContext) => Promise<Outcome>
  /** See Together; undefined: each key is reconciled by itself. */
  readonly together?: Together | undefined
  readonly clock: Clock
  readonly log: Log
  readonly random: Random
  readonly backoff?: BackoffPolicy
}

/**
 * Reconciles `key` together with some of the keys that come next, where that is cheaper and all of them await a
 * change afterwards. Synchronous; never throws. It takes each of these keys off the queue (`pass`) before its
 * commit is announced, so a later change makes the key ready again. Returns the keys that it reconciled, `key`
 * first; empty where `key` has to be reconciled by itself.
 */
export type Together = (key: string, queue: QueueAhead) => readonly string[]

export type QueueAhead = Pick<WorkQueue, 'upcoming' | 'pass' | 'add'>

export interface ControllerStats extends ResultCounts {
  readonly reconciles: number
  /** Time spent in reconciles, all workers together. */
  readonly busyMs: number
  readonly ready: number
  readonly processing: number
  readonly delayed: number
}

export interface Controller extends Part {
  stats(): ControllerStats
}

/** Workers that take keys from a queue, reconcile them, and do with each result what its type says. */
export function createController(options: ControllerOptions): Controller {
  const { name, queue, workers, clock, random } = options
  const stopping = new AbortController()
  const settler = new Settler(options)
  const idPrefix = random.hex(3)
  const slicer = createSlicer(clock)
  let reconciles = 0
  let busyMs = 0
  let working: Promise<unknown> = Promise.resolve()

  function passTogether(key: string): boolean {
    const startedMs = clock.monotonicMs()
    const passed = options.together?.(key, queue) ?? []
    if (passed.length === 0) return false
    for (const one of passed) settler.settle(one, awaitChange(), options.log)
    queue.done(key)
    reconciles += passed.length
    busyMs += clock.monotonicMs() - startedMs
    return true
  }

  async function work(signal: AbortSignal): Promise<void> {
    for (;;) {
      const key = await queue.get(stopping.signal)
      if (key === undefined) return
      // One commit may have woken every worker.
      await slicer.pause()
      if (passTogether(key)) continue
      reconciles += 1
      const reconcileId = `${idPrefix}-${reconciles}`
      const log = options.log.with({ controller: name, key, reconcileId })
      const startedMs = clock.monotonicMs()
      const result = await attempt(options, key, {
        signal,
        reconcileId,
        log,
        pause: () => slicer.pause(),
      })
      busyMs += clock.monotonicMs() - startedMs
      if (!signal.aborted) settler.settle(key, result, log)
      queue.done(key)
    }
  }

  return {
    name,
    start(signal, fail) {
      working = Promise.all(Array.from({ length: workers }, () => work(signal).catch(fail)))
    },
    async stop() {
      stopping.abort()
      await working
      queue.close()
    },
    stats: () => ({ ...settler.counts, reconciles, busyMs, ...queue.stats() }),
  }
}

async function attempt(
  { reconcile }: ControllerOptions,
  key: string,
  context: ReconcileContext,
): Promise<Result> {
  try {
    return await reconcile(key, context)
  } catch (error) {
    return { type: 'Error', error }
  }
}
