import { WIRE } from '../../kinds/meta.ts'
import type { Change, Store } from '../../store/types.ts'
import { findPod, isSamePod, parsePodName, podsOf } from '../pod-facade.ts'
import type { ResourceReader, WatchItem } from '../resource.ts'
import { PODS } from '../resources.ts'
import { textAt, type WireObject } from '../wire.ts'

/** Reads the Pods that stand for the attempts of runs. A page of pods is a page of runs. */
export function createPodReader(store: Store): ResourceReader {
  return {
    info: PODS,
    fieldPaths: ['metadata.name', 'metadata.namespace', 'spec.nodeName', 'status.phase'],
    readField: textAt,
    positionOf: (pod) => ({
      namespace: pod.metadata.namespace ?? '',
      name: pod.metadata.labels?.[WIRE.tagRun] ?? pod.metadata.name,
    }),
    get(namespace, name) {
      for (const address of parsePodName(name)) {
        const run = store.objects.get({ kind: 'Run', namespace, name: address.run })
        const pod = run && findPod(run, address)
        if (pod) return pod
      }
      return undefined
    },
    list({ namespace, limit, after }) {
      const runs = store.objects.list({
        kind: 'Run',
        ...(namespace === undefined ? {} : { namespace }),
        ...(limit === undefined ? {} : { limit }),
        ...(after ? { after } : {}),
      })
      const items = runs.flatMap(podsOf)
      const last = runs.at(-1)
      if (limit === undefined || runs.length < limit || !last) return { items }
      return { items, next: { namespace: last.metadata.namespace, name: last.metadata.name } }
    },
    toWatchItems,
  }
}

/** One change of a run is told as what it changed about each of its pods. */
function toWatchItems(change: Change): readonly WatchItem[] {
  if (change.kind !== 'Run') return []
  const { object, previous } = change
  if (!object) return []
  const pods = podsOf(object)
  if (change.type === 'DELETED') return pods.map((pod) => ({ type: 'DELETED', object: pod }))
  const before = new Map(previous ? podsOf(previous).map((pod) => [pod.metadata.uid, pod]) : [])
  return pods.flatMap((pod) => toPodItem(pod, before.get(pod.metadata.uid), previous !== undefined))
}

function toPodItem(
  pod: WireObject,
  before: WireObject | undefined,
  isPreviousKnown: boolean,
): readonly WatchItem[] {
  if (before)
    return isSamePod(pod, before) ? [] : [{ type: 'MODIFIED', object: pod, previous: before }]
  return [{ type: isPreviousKnown ? 'ADDED' : 'MODIFIED', object: pod }]
}
