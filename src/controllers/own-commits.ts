import type { ObjectKey } from '../kinds/meta.ts'
import type { Change } from '../store/types.ts'

/**
 * Tells what a reconcile writes about its own object from what others write about it. Listeners hear of a
 * commit before it returns, so whatever they hear meanwhile of this object is its own.
 */
export class OwnCommits {
  #key: ObjectKey | undefined

  /** Runs one synchronous commit of the object's own reconcile. */
  during(key: ObjectKey, commit: () => void): void {
    this.#key = key
    try {
      commit()
    } finally {
      this.#key = undefined
    }
  }

  /** A status that its own reconcile has just found out: it has decided by it already. */
  isOwnStatus({ type, kind, namespace, name, object, previous }: Change): boolean {
    const key = this.#key
    return (
      type === 'MODIFIED' &&
      key?.kind === kind &&
      key.namespace === namespace &&
      key.name === name &&
      object?.metadata.generation === previous?.metadata.generation
    )
  }
}
