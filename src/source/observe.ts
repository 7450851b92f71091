import { KINDS, type ObjectKey, renderKey } from '../kinds/meta.ts'
import type { Slicer } from '../runtime/slicer.ts'
import type { SourceObjectRow, Store } from '../store/types.ts'
import type { DesiredObject, ReadFile } from './desired.ts'
import type { ObjectFacts } from './object-rules.ts'
import { type Orphan, PRUNE_FLOOR } from './prune.ts'

/** What these files own, as the inventory says. */
export async function observeOwned(
  store: Store,
  source: string,
  look: { readonly files: readonly ReadFile[]; readonly gone: ReadonlySet<string> },
  slicer: Slicer,
): Promise<readonly SourceObjectRow[]> {
  const owned: SourceObjectRow[] = []
  for (const path of new Set([...look.files.map((file) => file.path), ...look.gone])) {
    owned.push(...store.sources.objectsOfFile(source, path))
    await slicer.pause()
  }
  return owned
}

/** What the store says about every object that these files name. */
export async function observeObjects(
  store: Store,
  files: readonly ReadFile[],
  slicer: Slicer,
): Promise<(object: DesiredObject) => ObjectFacts> {
  const terminating = new Set(
    store.objects
      .namespaces()
      .filter((namespace) => namespace.terminating)
      .map((namespace) => namespace.name),
  )
  const facts = new Map<DesiredObject, ObjectFacts>()
  for (const object of files.flatMap((file) => file.objects)) {
    facts.set(object, observeObject(store, object, terminating))
    await slicer.pause()
  }
  return (object) => facts.get(object) ?? observeObject(store, object, terminating)
}

function observeObject(
  store: Store,
  object: DesiredObject,
  terminating: ReadonlySet<string>,
): ObjectFacts {
  const key = toKey(object)
  return {
    owner: store.sources.owner(key),
    live: store.objects.get(key),
    hasRun: object.kind === 'Run' && store.history.get(object.uid) !== undefined,
    namespaceTerminating: terminating.has(object.namespace),
  }
}

/** Orphans with what is left of them, and how many objects of the folder exist where that matters. */
export async function observeOrphans(
  store: Store,
  source: string,
  rows: readonly SourceObjectRow[],
  slicer: Slicer,
): Promise<{ readonly orphans: readonly Orphan[]; readonly liveCount: number }> {
  const orphans: Orphan[] = []
  for (const row of rows) {
    orphans.push({ row, live: store.objects.get(toKey(row)) })
    await slicer.pause()
  }
  // Counting reads every key; up to the floor the share makes no difference.
  const liveCount = rows.length > PRUNE_FLOOR ? countLive(store, source) : rows.length
  return { orphans, liveCount }
}

function countLive(store: Store, source: string): number {
  const live = new Set(KINDS.flatMap((kind) => store.objects.keys(kind).map(renderKey)))
  return store.sources.objects(source).filter((row) => live.has(renderKey(row))).length
}

/** better-sqlite3 refuses named parameters that a statement does not have. */
function toKey({ kind, namespace, name }: ObjectKey): ObjectKey {
  return { kind, namespace, name }
}
