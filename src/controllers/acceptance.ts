import { setCondition } from '../kinds/conditions.ts'
import { type CapstanObject, type CommonStatus, parseKey } from '../kinds/meta.ts'
import type { Clock } from '../lib/clock.ts'
import { isoTime } from '../lib/instant.ts'
import { awaitChange, type Outcome } from '../runtime/outcome.ts'
import type { Store } from '../store/types.ts'
import { commit } from './commit.ts'

/**
 * Reconciles a kind that is stored and shown but not acted on as a whole: the condition
 * `Ready=Unknown` says in `message` what does not happen yet, so that nobody waits for it.
 */
export function createAcceptanceReconciler(
  deps: { readonly store: Store; readonly clock: Clock },
  message: string,
): (key: string) => Promise<Outcome> {
  return (text) => {
    const object = deps.store.objects.get(parseKey(text)) as
      | CapstanObject<unknown, CommonStatus>
      | undefined
    if (object) {
      const nowMs = deps.clock.nowMs()
      const status = acceptedStatus(object, message, nowMs)
      commit(deps.store, { object, status, events: [] }, nowMs)
    }
    return Promise.resolve(awaitChange())
  }
}

function acceptedStatus(
  object: CapstanObject<unknown, CommonStatus>,
  message: string,
  nowMs: number,
): CommonStatus {
  const observedGeneration = object.metadata.generation
  const conditions = setCondition(
    object.status?.conditions ?? [],
    { type: 'Ready', status: 'Unknown', reason: 'NotActedOn', message, observedGeneration },
    isoTime(nowMs),
  )
  return { ...object.status, observedGeneration, conditions }
}
