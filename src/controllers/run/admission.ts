import type { WorkPoolSpec } from '../../kinds/generated.ts'
import { isFinalState } from '../../kinds/run.ts'
import type { Store } from '../../store/types.ts'
import type { RunObject } from './world.ts'

/**
 * Whether the pool has room for one more task. Observing, deciding and committing a launch happen
 * without a pause in between, so two runs never take the same slot.
 * Returns the sentence that tells what the run waits for, with numbers; undefined when it may go.
 */
export function admissionOf(
  store: Store,
  run: RunObject,
  poolName: string,
  pool: WorkPoolSpec | undefined,
): string | undefined {
  const limit = pool?.concurrencyLimit
  if (limit === undefined || isFinalState(run.status?.state?.type)) return undefined
  const active = store.attempts.countLive(run.metadata.namespace, poolName)
  if (active < limit) return undefined
  return `Waits for a slot of WorkPool ${poolName}: ${active} of ${limit} are taken.`
}
