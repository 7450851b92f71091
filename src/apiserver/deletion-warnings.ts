import type { CapstanObject, ObjectKey } from '../kinds/meta.ts'
import { isFinalState, type Run } from '../kinds/run.ts'
import type { Store } from '../store/types.ts'

/** Names that a warning lists; it is a header, and a person reads it. */
const MAX_NAMES = 5

/** Runs under way that an object owns: they are stopped when it is deleted, unless it leaves behind what it owns. */
export function runsUnderWay(store: Store, owner: CapstanObject): readonly ObjectKey[] {
  return store.objects
    .ownedKeys(owner.metadata.uid)
    .filter((key) => key.kind === 'Run' && isUnderWay(readRun(store, key)))
}

/** Of these runs, those that are on their way out now: another owner may have kept some. */
export function onTheirWayOut(store: Store, runs: readonly ObjectKey[]): readonly ObjectKey[] {
  return runs.filter((key) => readRun(store, key)?.metadata.deletionTimestamp !== undefined)
}

/** Says what a deletion takes along that somebody may be waiting for. */
export function deletionWarnings(
  { kind, metadata }: CapstanObject,
  runs: readonly ObjectKey[],
): readonly string[] {
  if (runs.length === 0) return []
  const names = runs.slice(0, MAX_NAMES).map(({ name }) => name)
  const more = runs.length - names.length
  const list = names.join(', ') + (more > 0 ? ` and ${more} more` : '')
  const what = runs.length === 1 ? 'a run' : `${runs.length} runs`
  const owner = `${kind.toLowerCase()} "${metadata.name}"`
  return [`${owner} takes along ${what} under way: ${list} (--cascade=orphan leaves them running)`]
}

function readRun(store: Store, key: ObjectKey): Run | undefined {
  return store.objects.get(key) as Run | undefined
}

function isUnderWay(run: Run | undefined): boolean {
  if (!run || run.metadata.deletionTimestamp !== undefined) return false
  return !isFinalState(run.status?.state?.type)
}
