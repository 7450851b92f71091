import type { HealthPort } from '../apiserver/ports.ts'
import { heldRuns, recoverySilence, recoveryUnderWay } from '../controllers/recovery/record.ts'
import type { StoreUnusable } from '../store/errors.ts'
import type { Store } from '../store/types.ts'
import type { PartAges } from './part-ages.ts'

/** Three times the rarest look at a task, and the SDK's own retries: beyond it the observer is stuck. */
const OBSERVER_STALE_MS = 180_000
/** Six probes of our own listener (intake-probe.ts) that nobody answered. */
const INTAKE_STALE_MS = 30_000
/** A folder is looked at every ten seconds, and a large one takes seconds. */
const SOURCES_STALE_MS = 120_000

/** What the process says about itself on /livez and /readyz. */
export function createHealth(deps: {
  readonly store: Store
  readonly agesMs: () => PartAges
  /** Why the database cannot be relied on, or cannot be written for now. */
  readonly storeProblem: () => StoreUnusable | undefined
  /** Folders whose first complete look is still to come, or that cannot be read. */
  readonly sourcesNotReady: () => readonly string[]
}): HealthPort {
  return {
    live: () => [{ name: 'ping', ok: true }],
    ready() {
      const problem = deps.storeProblem()
      const ages = deps.agesMs()
      const waiting = deps.sourcesNotReady()
      const recovering = recoveryUnderWay(deps.store)
      // Counting them takes a look at every run, and probes come often.
      const held = recovering === undefined ? heldRuns(deps.store).length : 0
      return [
        { name: 'store', ok: problem === undefined, ...(problem && { message: problem.message }) },
        {
          name: 'observer',
          ok: ages.observer < OBSERVER_STALE_MS,
          message: `last look at tasks ${secondsOf(ages.observer)} ago`,
        },
        {
          name: 'intake',
          ok: (ages.intake ?? 0) < INTAKE_STALE_MS,
          message: `heartbeats could last come in ${secondsOf(ages.intake ?? 0)} ago`,
        },
        {
          name: 'recovery',
          ok: recovering === undefined && held === 0,
          ...(recovering !== undefined && { message: withSilence(deps.store, recovering) }),
          ...(held > 0 && { message: `${held} runs are held: capstan approve run/NAME` }),
        },
        {
          name: 'sources',
          ok: waiting.length === 0 && (ages.sources ?? 0) < SOURCES_STALE_MS,
          message:
            waiting.length > 0
              ? waiting.join('; ')
              : `last look at a folder ${secondsOf(ages.sources ?? 0)} ago`,
        },
      ]
    },
  }
}

function secondsOf(ms: number): string {
  return `${Math.round(ms / 1000)} s`
}

function withSilence(store: Store, reason: string): string {
  const silence = recoverySilence(store)
  return silence === '' ? reason : `${reason}; ${silence}`
}
