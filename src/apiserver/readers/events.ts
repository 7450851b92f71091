import { API_VERSION } from '../../kinds/meta.ts'
import { defined } from '../../lib/defined.ts'
import { renderTime } from '../../lib/instant.ts'
import type { EventRow, EventStore, Store } from '../../store/types.ts'
import { ownPosition, type PageOptions, type ResourceReader } from '../resource.ts'
import { EVENTS } from '../resources.ts'
import { textAt, type WireObject } from '../wire.ts'

/** Who the events say they come from. */
const COMPONENT = 'capstan'

/** Reads core/v1 events. The store keeps a bounded number of them, so a list is never paged. */
export function createEventReader(store: Store): ResourceReader {
  return {
    info: EVENTS,
    fieldPaths: [
      'involvedObject.apiVersion',
      'involvedObject.kind',
      'involvedObject.name',
      'involvedObject.namespace',
      'involvedObject.uid',
      'metadata.name',
      'metadata.namespace',
      'reason',
      'reportingComponent',
      'source',
      'type',
    ],
    readField: (event, path) => textAt(event, path === 'source' ? 'source.component' : path),
    get(namespace, name) {
      const row = store.events.get(namespace, name)
      return row && renderEvent(row)
    },
    positionOf: ownPosition,
    list: (options) => ({ items: store.events.list(narrow(options)).map(renderEvent) }),
    toWatchItems(change) {
      if (change.kind !== 'Event') return []
      const row = store.events.get(change.namespace, change.name)
      if (!row)
        return change.type === 'DELETED' ? [{ type: 'DELETED', object: goneEvent(change) }] : []
      return [{ type: change.type, object: renderEvent(row) }]
    },
  }
}

/** What the store can select by itself: `describe` asks for the events of one uid. */
function narrow({ namespace, fields = [] }: PageOptions): Parameters<EventStore['list']>[0] {
  const wanted = (path: string): string | undefined =>
    fields.find((field) => field.path === path && !field.negated)?.value
  return defined({
    namespace,
    regardingUid: wanted('involvedObject.uid'),
    regardingKind: wanted('involvedObject.kind'),
    regardingName: wanted('involvedObject.name'),
  })
}

/** The core/v1 form of an event; `series` is left out, kubectl shows count and the two times. */
export function renderEvent(row: EventRow): WireObject {
  const event = {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: {
      name: row.name,
      namespace: row.regarding.namespace,
      uid: row.uid,
      resourceVersion: String(row.resourceVersion),
      creationTimestamp: renderTime(row.firstAtMs),
    },
    involvedObject: {
      apiVersion: API_VERSION,
      kind: row.regarding.kind,
      namespace: row.regarding.namespace,
      name: row.regarding.name,
      uid: row.regarding.uid,
    },
    reason: row.reason,
    message: row.message,
    source: { component: COMPONENT },
    firstTimestamp: renderTime(row.firstAtMs),
    lastTimestamp: renderTime(row.lastAtMs),
    count: row.count,
    type: row.type,
    eventTime: null,
    reportingComponent: COMPONENT,
    reportingInstance: '',
  }
  return event
}

function goneEvent(change: {
  name: string
  namespace: string
  uid: string
  resourceVersion: number
}): WireObject {
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: {
      name: change.name,
      namespace: change.namespace,
      uid: change.uid,
      resourceVersion: String(change.resourceVersion),
      creationTimestamp: renderTime(0),
    },
  }
}
