import { renderTime } from '../../lib/instant.ts'
import type { NamespaceRow } from '../../store/namespace-row.ts'
import type { Change, Store } from '../../store/types.ts'
import { ownPosition, type ResourceReader } from '../resource.ts'
import { NAMESPACES } from '../resources.ts'
import { textAt, type WireObject } from '../wire.ts'

/** Kubernetes puts it on every namespace, so that selectors can name one. */
export const NAME_LABEL = 'kubernetes.io/metadata.name'

/** Reads namespaces; they are few, so a list is never paged. */
export function createNamespaceReader(store: Store): ResourceReader {
  const find = (name: string): NamespaceRow | undefined =>
    store.objects.namespaces().find((row) => row.name === name)
  return {
    info: NAMESPACES,
    fieldPaths: ['metadata.name', 'status.phase'],
    readField: textAt,
    get(_namespace, name) {
      const row = find(name)
      return row && renderNamespace(row)
    },
    positionOf: ownPosition,
    list: () => ({ items: store.objects.namespaces().map(renderNamespace) }),
    toWatchItems(change) {
      if (change.kind !== 'Namespace') return []
      const row = find(change.name)
      const object = row?.uid === change.uid ? renderNamespace(row) : renderGone(change)
      return [{ type: change.type, object }]
    },
  }
}

export function renderNamespace(row: NamespaceRow): WireObject {
  const namespace = {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name: row.name,
      uid: row.uid,
      resourceVersion: String(row.resourceVersion),
      creationTimestamp: renderTime(row.createdAtMs),
      labels: { ...row.labels, [NAME_LABEL]: row.name },
      ...(row.annotations ? { annotations: row.annotations } : {}),
    },
    spec: { finalizers: ['kubernetes'] },
    status: { phase: row.terminating ? 'Terminating' : 'Active' },
  }
  return namespace
}

/** What a watcher is told of a namespace whose row is gone already. */
function renderGone(change: Change): WireObject {
  return renderNamespace({
    name: change.name,
    uid: change.uid,
    createdAtMs: 0,
    terminating: true,
    resourceVersion: change.resourceVersion,
  })
}
