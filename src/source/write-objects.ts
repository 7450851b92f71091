import { API_VERSION, type CapstanObject, keyOf, type ObjectMeta, WIRE } from '../kinds/meta.ts'
import { renderTime } from '../lib/instant.ts'
import { uuidV5 } from '../lib/names.ts'
import { deleteCascading } from '../store/cascade.ts'
import type { Store } from '../store/types.ts'
import { bodyOf, type DesiredObject } from './desired.ts'
import { sourceAnnotation, steeredSpec, withoutDirectives } from './object-rules.ts'
import { renderPlace } from './problem.ts'
import type { Orphan } from './prune.ts'
import type { Handover, Step } from './sync.ts'

/** All functions of this file run inside a transaction. */
export interface WriteContext {
  readonly store: Store
  /** Root of the folder. */
  readonly source: string
  /** Of Runs that are created now. */
  readonly runAnnotations: Readonly<Record<string, string>>
  readonly nowMs: number
  /** By name, as far as they were needed: thousands of objects share a namespace. */
  readonly namespaceUids: Map<string, string>
}

/** What came of a step. `Stale`: the object is no longer what the decision saw; nothing was written. */
export type StepResult = 'Kept' | 'Created' | 'Updated' | 'Replaced' | 'Stale'

/** Applies one step, and notes that the folder owns the object. */
export function applyStep(context: WriteContext, step: Step): StepResult {
  const { store } = context
  const { object } = step
  const live = store.objects.get(object)
  const seen = step.facts.live?.metadata
  if (
    live?.metadata.uid !== seen?.uid ||
    live?.metadata.resourceVersion !== seen?.resourceVersion
  ) {
    return 'Stale'
  }
  const result = write(context, step, live)
  // Until the new content exists, the inventory names the old one: so it is still new after a restart.
  if (result !== 'Replaced') own(context, object)
  return result
}

function write(
  context: WriteContext,
  { type, object }: Step,
  live: CapstanObject | undefined,
): StepResult {
  if (type === 'Keep') return 'Kept'
  if (!live) return create(context, object)
  if (type === 'Replace') return replace(context, object, live)
  const body = bodyOf(object)
  const annotations = ownAnnotations(context, object)
  context.store.objects.update(
    type === 'Steer'
      ? {
          ...live,
          metadata: {
            ...live.metadata,
            annotations: { ...withoutDirectives(live.metadata.annotations), ...annotations },
          },
          spec: steeredSpec(object.kind, live.spec, body.spec),
        }
      : {
          ...live,
          metadata: { ...live.metadata, labels: body.labels ?? {}, annotations },
          spec: body.spec,
        },
  )
  return 'Updated'
}

function create(context: WriteContext, object: DesiredObject): StepResult {
  const { store, nowMs, runAnnotations } = context
  const { kind, namespace, name, uid } = object
  const body = bodyOf(object)
  const isRun = kind === 'Run'
  store.objects.ensureNamespace(namespace, namespaceUid(context, namespace), nowMs)
  const metadata: Omit<ObjectMeta, 'resourceVersion' | 'generation'> = {
    name,
    namespace,
    uid,
    creationTimestamp: renderTime(nowMs),
    ...(body.generateName !== undefined && { generateName: body.generateName }),
    labels: body.labels ?? {},
    annotations: { ...(isRun && runAnnotations), ...ownAnnotations(context, object) },
    finalizers: [...new Set([...(body.finalizers ?? []), ...(isRun ? [WIRE.finalizerTask] : [])])],
    ...(body.ownerReferences && { ownerReferences: body.ownerReferences }),
  }
  store.objects.create({ apiVersion: API_VERSION, kind, metadata, spec: body.spec })
  return 'Created'
}

function namespaceUid({ namespaceUids }: WriteContext, namespace: string): string {
  const uid = namespaceUids.get(namespace) ?? uuidV5('Namespace', namespace)
  namespaceUids.set(namespace, uid)
  return uid
}

function ownAnnotations({ source }: WriteContext, object: DesiredObject): Record<string, string> {
  return {
    ...bodyOf(object).annotations,
    [WIRE.annotationContentHash]: object.contentHash,
    [WIRE.annotationSource]: sourceAnnotation(source, object.file),
  }
}

/** Only asks the old run to go: whether the new one may start is decided when it is gone, which the store announces. */
function replace(context: WriteContext, object: DesiredObject, live: CapstanObject): StepResult {
  const { store, source, nowMs } = context
  store.events.record(
    {
      regarding: { ...keyOf(live), uid: live.metadata.uid },
      type: 'Normal',
      reason: 'Replaced',
      message: `The content changed in ${renderPlace(source, object)}: this run is deleted and the new one follows.`,
    },
    nowMs,
  )
  store.objects.markDeleted(object, nowMs)
  return 'Replaced'
}

function own({ store, source }: WriteContext, object: DesiredObject): void {
  const { kind, namespace, name, file, contentHash } = object
  store.sources.putObject({ kind, namespace, name, source, path: file, contentHash })
}

/** A folder that is no longer followed forgets the file: it is read again should the folder come back. */
export function handOver({ store }: WriteContext, { from, to }: Handover): void {
  store.sources.putObject(to)
  if (from.source !== to.source) store.sources.removeFile(from.source, from.path)
}

/** Deletes an object that no file names any more, and gives up owning it. */
export function prune({ store, source, nowMs }: WriteContext, { row, live }: Orphan): boolean {
  const { kind, namespace, name } = row
  const key = { kind, namespace, name }
  store.sources.removeObject(key)
  const present = store.objects.get(key)
  if (!present || present.metadata.uid !== live?.metadata.uid) return false
  store.events.record(
    {
      regarding: { ...key, uid: present.metadata.uid },
      type: 'Normal',
      reason: 'Pruned',
      message: `${renderPlace(source, { file: row.path })} no longer names this object, so it is deleted.`,
    },
    nowMs,
  )
  // What it owns goes with it, as it would with kubectl delete.
  deleteCascading(store, key, { propagation: 'Background', nowMs })
  return true
}

/** Gives up owning an object that stays, or is gone already. */
export function release({ store }: WriteContext, { row }: Orphan): void {
  store.sources.removeObject({ kind: row.kind, namespace: row.namespace, name: row.name })
}
