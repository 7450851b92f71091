import type { Kind } from '../../kinds/meta.ts'
import type { Store } from '../../store/types.ts'
import { ownPosition, type ResourceReader, type WatchItem } from '../resource.ts'
import { KIND_RESOURCES } from '../resources.ts'
import { textAt, type WireObject } from '../wire.ts'

/** What can be selected on. Kubernetes offers the metadata paths alone; the others save a client a scan. */
const FIELD_PATHS: Readonly<Record<Kind, readonly string[]>> = {
  WorkPool: ['metadata.name', 'metadata.namespace'],
  Deployment: ['metadata.name', 'metadata.namespace', 'spec.workPool'],
  Run: [
    'metadata.name',
    'metadata.namespace',
    'spec.deployment',
    'spec.workPool',
    'status.state.name',
    'status.state.type',
  ],
  Automation: ['metadata.name', 'metadata.namespace'],
}

/** Reads one of Capstan's own kinds. */
export function createKindReader(store: Store, kind: Kind): ResourceReader {
  const texts = new WeakMap<WireObject, () => string>()
  return {
    info: KIND_RESOURCES[kind],
    fieldPaths: FIELD_PATHS[kind],
    readField: textAt,
    positionOf: ownPosition,
    jsonOf: (object) => texts.get(object)?.(),
    get: (namespace, name) => store.objects.get({ kind, namespace, name }),
    list({ namespace, limit, after }) {
      const found = store.objects.listStored({
        kind,
        ...(namespace === undefined ? {} : { namespace }),
        // One more than asked for tells whether there is a next page.
        ...(limit === undefined ? {} : { limit: limit + 1 }),
        ...(after ? { after } : {}),
      })
      for (const { object, json } of found) texts.set(object, json)
      const items = found.map(({ object }) => object)
      if (limit === undefined || items.length <= limit) return { items }
      const page = items.slice(0, limit)
      const last = page.at(-1)
      return { items: page, ...(last ? { next: ownPosition(last) } : {}) }
    },
    toWatchItems(change): readonly WatchItem[] {
      if (change.kind !== kind) return []
      const { object, previous } = change
      if (!object) return []
      return [{ type: change.type, object, ...(previous ? { previous } : {}) }]
    },
  }
}
