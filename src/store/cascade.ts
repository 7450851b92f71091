import { type CapstanObject, keyOf, type ObjectKey } from '../kinds/meta.ts'
import type { Store } from './types.ts'

/** What happens to the objects that a deleted one owns (Kubernetes' propagationPolicy). */
export type Propagation = 'Background' | 'Foreground' | 'Orphan'

/** Holds an owner that is deleted in the foreground until its dependents are gone. */
export const FOREGROUND_FINALIZER = 'foregroundDeletion'

/** Ownership deeper than this is a loop or a mistake. */
const MAX_OWNERSHIP_DEPTH = 10

/**
 * Deletes an object and deals with what it owns, in one transaction: there is no moment at which the
 * owner is gone and its dependents were forgotten. Returns the object's last state; undefined when it was not there.
 */
export function deleteCascading(
  store: Store,
  key: ObjectKey,
  options: { readonly propagation: Propagation; readonly nowMs: number },
): CapstanObject | undefined {
  return store.transaction(() => {
    const owner = store.objects.get(key)
    if (!owner) return undefined
    const { propagation, nowMs } = options
    if (propagation === 'Orphan') orphanDependents(store, owner)
    else deleteDependents(store, owner, nowMs)
    const mustWait =
      propagation === 'Foreground' &&
      store.objects.ownedKeys(owner.metadata.uid).length > 0 &&
      owner.metadata.deletionTimestamp === undefined
    if (mustWait) addForegroundFinalizer(store, owner)
    return store.objects.markDeleted(key, nowMs)
  })
}

/** Releases an owner that was deleted in the foreground, once the last object that it owned is gone. */
export function finishForegroundDeletion(store: Store, ownerUid: string): void {
  const owner = store.objects.getByUid(ownerUid)
  if (!owner || owner.metadata.deletionTimestamp === undefined) return
  if (!owner.metadata.finalizers?.includes(FOREGROUND_FINALIZER)) return
  if (store.objects.ownedKeys(ownerUid).length > 0) return
  store.transaction(() => {
    store.objects.removeFinalizer(keyOf(owner), ownerUid, FOREGROUND_FINALIZER)
  })
}

function deleteDependents(store: Store, owner: CapstanObject, nowMs: number, depth = 0): void {
  if (depth >= MAX_OWNERSHIP_DEPTH) return
  for (const key of store.objects.ownedKeys(owner.metadata.uid)) {
    const dependent = store.objects.get(key)
    if (!dependent || hasOtherOwner(store, dependent, owner.metadata.uid)) continue
    if (dependent.metadata.deletionTimestamp !== undefined) continue
    store.objects.markDeleted(key, nowMs)
    deleteDependents(store, dependent, nowMs, depth + 1)
  }
}

/** An object with several owners lives as long as one of them does. */
function hasOtherOwner(store: Store, dependent: CapstanObject, ownerUid: string): boolean {
  return (dependent.metadata.ownerReferences ?? []).some(
    ({ uid }) => uid !== ownerUid && store.objects.getByUid(uid) !== undefined,
  )
}

function orphanDependents(store: Store, owner: CapstanObject): void {
  for (const key of store.objects.ownedKeys(owner.metadata.uid)) {
    const dependent = store.objects.get(key)
    if (!dependent) continue
    const { ownerReferences = [], ...metadata } = dependent.metadata
    const others = ownerReferences.filter(({ uid }) => uid !== owner.metadata.uid)
    store.objects.update({
      ...dependent,
      metadata: others.length === 0 ? metadata : { ...metadata, ownerReferences: others },
    })
  }
}

function addForegroundFinalizer(store: Store, owner: CapstanObject): void {
  const finalizers = [...(owner.metadata.finalizers ?? []), FOREGROUND_FINALIZER]
  store.objects.update({ ...owner, metadata: { ...owner.metadata, finalizers } })
}
