import type { Clock } from '../lib/clock.ts'
import type { Random } from '../lib/random.ts'
import { createController, type ReconcileContext } from '../runtime/controller.ts'
import type { Log } from '../runtime/logger.ts'
import type { Part } from '../runtime/manager.ts'
import type { Outcome } from '../runtime/outcome.ts'
import { WorkQueue } from '../runtime/workqueue.ts'
import type { Change, Store } from '../store/types.ts'

export interface ChoreDeps {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

/** Queues a piece of the chore; asking again before it is done changes nothing but the time. */
export type AskChore = (key: string, delayMs: number) => void

export interface ChoreOptions {
  readonly name: string
  readonly workers: number
  /** As any reconcile: may be called at any time, twice, or late. */
  readonly reconcile: (key: string, context: ReconcileContext, ask: AskChore) => Promise<Outcome>
  /** What to do at the start; called once changes are heard, so that none is missed. */
  readonly begin: (ask: AskChore) => void
  /** Called with every committed change. */
  readonly onChange: (change: Change, ask: AskChore) => void
}

/** Background work that belongs to no object: a controller like any other, with keys of its own. */
export function createChore(deps: ChoreDeps, options: ChoreOptions): Part {
  const { name, workers, reconcile, begin, onChange } = options
  const queue = new WorkQueue(deps.clock)
  const ask: AskChore = (key, delayMs) => queue.addAfter(key, delayMs)
  const controller = createController({
    ...deps,
    name,
    queue,
    workers,
    reconcile: (key, context) => reconcile(key, context, ask),
  })
  let unsubscribe = (): void => {}
  return {
    name,
    start(signal, fail) {
      unsubscribe = deps.store.subscribe((changes) => {
        for (const change of changes) onChange(change, ask)
      })
      begin(ask)
      return controller.start(signal, fail)
    },
    async stop() {
      unsubscribe()
      await controller.stop()
    },
  }
}
