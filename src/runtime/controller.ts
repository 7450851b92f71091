import type { Clock } from '../lib/clock.ts'
import type { Random } from '../lib/random.ts'
import type { BackoffPolicy } from './backoff.ts'
import type { Log } from './logger.ts'
import type { Part } from './manager.ts'
import type { Outcome } from './outcome.ts'
import { type Result, type ResultCounts, Settler } from './settler.ts'
import { createSlicer } from './slicer.ts'
import type { WorkQueue } from './workqueue.ts'

export interface ReconcileContext {
  /** Aborts when the program cannot wait for this reconcile any longer. */
  readonly signal: AbortSignal
  /** To be awaited between two pieces of work that wait for nothing else (`Slicer.pause`). */
  readonly pause: () => Promise<void> | undefined
  /** Tells the lines of one reconcile from those of another. */
  readonly reconcileId: string
  /** Carries controller, key and reconcileId. */
  readonly log: Log
}

export interface ControllerOptions {
  readonly name: string
  readonly queue: Pick<WorkQueue, 'get' | 'done' | 'addAfter' | 'close' | 'stats'>
  /** Reconciles at the same time, each of another key. */
  readonly workers: number
  /** May be called at any time, twice, or late: it reads the world afresh and gets nothing but the key. */
  readonly reconcile: (key: string, context: ReconcileContext) => Promise<Outcome>
  readonly clock: Clock
  readonly log: Log
  readonly random: Random
  readonly backoff?: BackoffPolicy
}

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

  async function work(signal: AbortSignal): Promise<void> {
    for (;;) {
      await slicer.pause()
      const key = await queue.get(stopping.signal)
      if (key === undefined) return
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
