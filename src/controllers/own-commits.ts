import type { ObjectKey, ObjectMeta } from '../kinds/meta.ts'
import type { Change } from '../store/types.ts'

/**
 * Tells what a reconcile writes about its own object from what others write about it. Listeners hear of a
 * commit before it returns, so whatever they hear meanwhile of this object is its own.
 */
export class OwnCommits {
  #keys: readonly ObjectKey[] = []

  /** Runs one synchronous commit of the objects' own reconciles, and returns what that returns. */
  during<T>(keys: ObjectKey | readonly ObjectKey[], commit: () => T): T {
    this.#keys = [keys].flat()
    try {
      return commit()
    } finally {
      this.#keys = []
    }
  }

  /** Whether the change is a status that the object's own reconcile is writing, and nothing else: it has decided by it already. */
  isOwnStatus({ type, kind, namespace, name, object, previous }: Change): boolean {
    return (
      type === 'MODIFIED' &&
      this.#keys.some(
        (key) => key.kind === kind && key.namespace === namespace && key.name === name,
      ) &&
      object !== undefined &&
      previous !== undefined &&
      isSameBut(object.metadata, previous.metadata)
    )
  }
}

/** Every other writer changes the metadata: a new spec its generation, a deletion its time. */
function isSameBut(now: ObjectMeta, before: ObjectMeta): boolean {
  const { resourceVersion: _, ...rest } = now
  const { resourceVersion: __, ...restBefore } = before
  return JSON.stringify(rest) === JSON.stringify(restBefore)
}
