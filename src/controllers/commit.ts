import type { NewEventRecord } from '../kinds/event.ts'
import type { CapstanObject, ObjectKey } from '../kinds/meta.ts'
import { keyOf } from '../kinds/meta.ts'
import type { JsonObject } from '../lib/json.ts'
import type { EventInput, Store } from '../store/types.ts'

/** What a reconcile found out, to be seen by everyone at once or by nobody. */
export interface Commit {
  readonly object: CapstanObject<unknown, unknown>
  readonly status: object
  readonly events: readonly EventInput[]
  /** What the event log keeps of it. */
  readonly records?: readonly NewEventRecord[]
  /** Nothing is left to decide about the Run until something changes (`ObjectStore.settle`). */
  readonly settled?: boolean | undefined
  /** Further writes of the same decision; they run first, inside the transaction. */
  readonly writes?: () => void
}

/**
 * Writes status, events and whatever belongs to the same decision in one transaction. The only place
 * that writes a status. An equal status keeps its resourceVersion; a namesake of an object that was
 * deleted meanwhile is left alone, because the uid must match. It is not synced by itself: what is decided
 * from the world can be decided again, and calls to AWS wait for `store.durable` first.
 */
export function commit(store: Store, change: Commit, nowMs: number): void {
  const key: ObjectKey = keyOf(change.object)
  store.transaction(() => {
    change.writes?.()
    store.objects.setStatus(key, change.object.metadata.uid, change.status as JsonObject)
    if (change.settled === true) store.objects.settle(change.object.metadata.uid)
    for (const event of change.events) store.events.record(event, nowMs)
    if (change.records) store.eventLog.append(change.records)
  }, 'Later')
}
