import { keyOf, type ObjectKey, renderKey } from '../../kinds/meta.ts'
import type { TriggerSourceRow } from '../../store/automations.ts'
import type { Store } from '../../store/types.ts'
import { toRow } from './bucket-row.ts'
import { armTrigger } from './engine.ts'
import { sourcesOf, type TriggerSource } from './source.ts'

/**
 * The triggers that count, by namespace. What is in here follows from the objects; what the database
 * holds of each (since when it counts, what it remembers) is brought in line whenever an object changes.
 */
export interface Registry {
  readonly byId: ReadonlyMap<string, ActiveSource>
  inNamespace(namespace: string): readonly ActiveSource[]
  /** Reads the object again: switches its triggers on, off, or lets them begin afresh. */
  sync(key: ObjectKey, nowMs: number): void
  /** All objects, and rows of objects that are gone. */
  syncAll(nowMs: number): void
}

/** A trigger that is switched on. Events up to `sinceSeq` are none of its business. */
export interface ActiveSource extends TriggerSource {
  readonly sinceSeq: number
}

export function createRegistry(store: Store): Registry {
  const byId = new Map<string, ActiveSource>()
  const byNamespace = new Map<string, readonly ActiveSource[]>()

  function forget(id: string, namespace: string): void {
    byId.delete(id)
    const rest = (byNamespace.get(namespace) ?? []).filter((source) => source.id !== id)
    if (rest.length > 0) byNamespace.set(namespace, rest)
    else byNamespace.delete(namespace)
  }

  function remember(source: ActiveSource): void {
    const { namespace } = source.owner
    forget(source.id, namespace)
    byId.set(source.id, source)
    byNamespace.set(namespace, [...(byNamespace.get(namespace) ?? []), source])
  }

  function sync(key: ObjectKey, nowMs: number): void {
    const object = store.objects.get(key)
    const sources = object ? sourcesOf(object) : []
    store.transaction(() => {
      for (const { id } of store.automations.sourcesOf(key)) {
        if (!sources.some((source) => source.id === id)) {
          store.automations.removeSource(id)
          forget(id, key.namespace)
        }
      }
      for (const source of sources) {
        const sinceSeq = settle(store, source, nowMs)
        if (sinceSeq === undefined) forget(source.id, key.namespace)
        else remember({ ...source, sinceSeq })
      }
    })
  }

  return {
    byId,
    inNamespace: (namespace) => byNamespace.get(namespace) ?? [],
    sync,
    syncAll(nowMs) {
      const wanted = new Map<string, ObjectKey>()
      const known = store.automations.sources().map(({ kind, namespace, name }) => ({
        kind,
        namespace,
        name,
      }))
      for (const key of [...known, ...ownersOf(store)]) wanted.set(renderKey(key), key)
      for (const key of wanted.values()) sync(key, nowMs)
    },
  }
}

function ownersOf(store: Store): readonly ObjectKey[] {
  const deployments = store.objects
    .list({ kind: 'Deployment' })
    .filter((deployment) => sourcesOf(deployment).length > 0)
  return [...store.objects.keys('Automation'), ...deployments.map(keyOf)]
}

/** Brings the row of one trigger in line; returns since when it counts, undefined while it does not. */
function settle(store: Store, source: TriggerSource, nowMs: number): number | undefined {
  const { automations } = store
  const { id, definition, enabled } = source
  const row = automations.source(id)
  const isSame = row?.definition === definition && enabled === (row.sinceSeq !== undefined)
  if (isSame) return row.sinceSeq
  const sinceSeq = enabled ? store.eventLog.newestSeq() : undefined
  // While nobody listened nobody read: the first one to listen begins at the end.
  const isAlone = automations.sources().every((one) => one.sinceSeq === undefined)
  if (sinceSeq !== undefined && isAlone) automations.setCursor(sinceSeq, nowMs)
  automations.putSource(rowOf(source, row, sinceSeq))
  automations.clearBuckets(id)
  if (enabled) arm(store, source, nowMs)
  return sinceSeq
}

function rowOf(
  { id, owner, definition }: TriggerSource,
  row: TriggerSourceRow | undefined,
  sinceSeq: number | undefined,
): TriggerSourceRow {
  const { sinceSeq: _, ...before } = row ?? { fired: 0, rateCount: 0 }
  const { kind, namespace, name } = owner
  const next = { ...before, id, kind, namespace, name, definition }
  return sinceSeq === undefined ? next : { ...next, sinceSeq }
}

function arm(store: Store, { id, node }: TriggerSource, nowMs: number): void {
  for (const write of armTrigger(node, nowMs)) {
    const bucket = toRow(id, node, write)
    if (bucket) store.automations.putBucket(bucket)
  }
}
