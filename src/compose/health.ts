import type { HealthPort } from '../apiserver/ports.ts'
import { heldRuns, recoveryUnderWay } from '../controllers/recovery/controller.ts'
import type { TaskObserver } from '../controllers/run/task-observer.ts'
import type { SqliteStore } from '../store/open.ts'

/** Three times the rarest look at a task, and the SDK's own retries: beyond it the observer is stuck. */
const OBSERVER_STALE_MS = 180_000

/** What the process says about itself on /livez and /readyz. */
export function createHealth(deps: {
  readonly store: SqliteStore
  readonly observer: TaskObserver
  /** Folders whose first complete look is still to come, or that cannot be read. */
  readonly sourcesNotReady: () => readonly string[]
}): HealthPort {
  return {
    live: () => [{ name: 'ping', ok: true }],
    ready() {
      const problem = deps.store.fileProblem()
      const staleMs = deps.observer.staleMs()
      const waiting = deps.sourcesNotReady()
      const recovering = recoveryUnderWay(deps.store)
      const held = heldRuns(deps.store).length
      return [
        { name: 'store', ok: problem === undefined, ...(problem && { message: problem.message }) },
        {
          name: 'observer',
          ok: staleMs < OBSERVER_STALE_MS,
          message: `last look at tasks ${Math.round(staleMs / 1000)} s ago`,
        },
        {
          name: 'recovery',
          ok: recovering === undefined && held === 0,
          ...(recovering !== undefined && { message: recovering }),
          ...(held > 0 && { message: `${held} runs are held: capstan approve run/NAME` }),
        },
        {
          name: 'sources',
          ok: waiting.length === 0,
          ...(waiting.length > 0 && { message: waiting.join('; ') }),
        },
      ]
    },
  }
}
