import { API_VERSION, type CapstanObject, type Kind, type ObjectKey } from '../kinds/meta.ts'
import { renderTime } from '../lib/instant.ts'
import { canonicalJson, isJsonObject, type JsonObject } from '../lib/json.ts'
import { deleteCascading } from '../store/cascade.ts'
import type { NewObject } from '../store/types.ts'
import { deletionWarnings, onTheirWayOut, runsUnderWay } from './deletion-warnings.ts'
import { alreadyExists, badRequest, notFound } from './errors.ts'
import { type CheckedObject, checkFields } from './field-validation.ts'
import {
  checkEnvelope,
  checkFinalizers,
  checkIdentity,
  checkImmutable,
  checkPreconditions,
  checkSize,
  requireNamespace,
  specOf,
  withName,
} from './object-checks.ts'
import {
  finalizersAfter,
  finalizersAtBirth,
  metadataOf,
  parseUserMeta,
  withUserMeta,
} from './object-meta.ts'
import { ownAfterUpdate, ownAtBirth, type Writer } from './ownership.ts'
import type { ApiContext } from './ports.ts'
import { KIND_RESOURCES } from './resources.ts'
import { textAt } from './wire.ts'
import type { DeleteOptions, WriteOptions } from './write-options.ts'

/** What a write gives back: the object as it is now (or, on a dry run, would be) and warnings. */
export interface WriteResult {
  readonly object: CapstanObject
  readonly warnings: readonly string[]
}

/** managedFields of what a write has made; `checked` is the body without unknown fields. */
export type Own = (next: CapstanObject, checked: CheckedObject) => readonly JsonObject[]

/** The writer of a plain POST, PUT or PATCH. */
export function updateWriter(
  { clock }: ApiContext,
  { fieldManager }: WriteOptions,
  subresource = '',
): Writer {
  return {
    id: { name: fieldManager, operation: 'Update', subresource },
    time: renderTime(clock.nowMs()),
  }
}

/** Creates an object out of a request body. */
export function createObject(
  context: ApiContext,
  target: { readonly kind: Kind; readonly namespace: string },
  input: JsonObject,
  options: WriteOptions & { readonly writer?: Writer },
): WriteResult {
  const { kind, namespace } = target
  const { store } = context
  requireNamespace(context, namespace)
  const named = withName(context, kind, checkEnvelope(kind, namespace, input))
  const checked = checkFields(context.validate, kind, named, options.fieldValidation)
  const writer = options.writer ?? updateWriter(context, options)
  const object = buildNewObject(context, target, { ...checked, writer })
  if (store.objects.get({ kind, namespace, name: object.metadata.name })) {
    throw alreadyExists(KIND_RESOURCES[kind], object.metadata.name)
  }
  const created = options.dryRun
    ? { ...object, metadata: { ...object.metadata, generation: 1, resourceVersion: '' } }
    : store.transaction(() => store.objects.create(object))
  return { object: created, warnings: checked.warnings }
}

function buildNewObject(
  { random, clock }: ApiContext,
  { kind, namespace }: { readonly kind: Kind; readonly namespace: string },
  { object, writer }: CheckedObject & { readonly writer: Writer },
): NewObject {
  const metadata = metadataOf(object)
  const { generateName: prefix } = metadata
  const user = parseUserMeta(metadata)
  const finalizers = finalizersAtBirth(kind, user.finalizers)
  const managedFields = ownAtBirth(object, writer)
  return {
    apiVersion: API_VERSION,
    kind,
    metadata: {
      name: textAt(metadata, 'name'),
      namespace,
      uid: random.uuid(),
      creationTimestamp: renderTime(clock.nowMs()),
      ...(typeof prefix === 'string' ? { generateName: prefix } : {}),
      ...user,
      ...(finalizers.length > 0 ? { finalizers } : {}),
      ...(managedFields.length > 0 ? { managedFields } : {}),
    },
    spec: specOf(object),
  }
}

/** Replaces the user's part of metadata and the spec of `existing`. */
export function updateObject(
  context: ApiContext,
  existing: CapstanObject,
  input: JsonObject,
  options: WriteOptions & { readonly own?: Own; readonly subresource?: string },
): WriteResult {
  const { kind, metadata } = existing
  const body = checkIdentity(existing, checkEnvelope(kind, metadata.namespace, input))
  const checked = checkFields(context.validate, kind, body, options.fieldValidation)
  const sent = metadataOf(checked.object)
  const { finalizers: asked, ...user } = parseUserMeta(sent)
  const finalizers = finalizersAfter(existing, asked)
  checkFinalizers(existing, finalizers)
  const next: CapstanObject = {
    ...existing,
    metadata: withUserMeta(metadata, {
      ...user,
      ...(finalizers.length === 0 ? {} : { finalizers }),
    }),
    spec: specOf(checked.object),
  }
  checkSize(next)
  checkImmutable(existing, next.spec)
  const managedFields = options.own
    ? options.own(next, checked)
    : ownAfterUpdate(
        { existing, next, sent, scope: 'object' },
        updateWriter(context, options, options.subresource),
      )
  const object = writeUpdate(context, existing, withManagedFields(next, managedFields), options)
  return { object, warnings: checked.warnings }
}

/** Replaces status alone. Its content is the writer's business. */
export function updateStatus(
  context: ApiContext,
  existing: CapstanObject,
  input: JsonObject,
  options: WriteOptions & { readonly own?: Own },
): WriteResult {
  const { kind, metadata } = existing
  const body = checkIdentity(existing, checkEnvelope(kind, metadata.namespace, input))
  const status = body['status'] ?? {}
  if (!isJsonObject(status)) throw badRequest('status must be an object')
  const next = { ...existing, status }
  checkSize(next)
  const managedFields = options.own
    ? options.own(next, { object: body, warnings: [] })
    : ownAfterUpdate(
        { existing, next, sent: metadataOf(body), scope: 'status' },
        updateWriter(context, options, 'status'),
      )
  const owned = withManagedFields(next, managedFields)
  const object = options.dryRun ? owned : writeStatus(context, owned, status)
  return { object, warnings: [] }
}

/** Status and its managers change together or not at all. */
function writeStatus(
  { store }: ApiContext,
  next: CapstanObject,
  status: JsonObject,
): CapstanObject {
  const { kind, metadata } = next
  const { namespace, name, uid } = metadata
  const written = store.transaction(() => {
    store.objects.update(next, metadata.resourceVersion)
    return store.objects.setStatus({ kind, namespace, name }, uid, status)
  })
  if (!written) throw notFound(KIND_RESOURCES[kind], name)
  return written
}

/** The last state of an object that was deleted, and whether it is gone for good. */
export interface DeleteResult extends WriteResult {
  readonly isGone: boolean
}

/** Marks an object deleted. The warnings say what that takes along. */
export function deleteObject(
  context: ApiContext,
  key: ObjectKey,
  options: DeleteOptions,
): DeleteResult {
  const { store, clock } = context
  const existing = store.objects.get(key)
  if (!existing) throw notFound(KIND_RESOURCES[key.kind], key.name)
  checkPreconditions(existing, options)
  const { propagationPolicy: propagation } = options
  const runs = propagation === 'Orphan' ? [] : runsUnderWay(store, existing)
  if (options.dryRun) {
    const isGone = (existing.metadata.finalizers ?? []).length === 0
    return { object: existing, isGone, warnings: deletionWarnings(existing, runs) }
  }
  const object = deleteCascading(store, key, { propagation, nowMs: clock.nowMs() })
  const now = store.objects.get(key)
  return {
    object: now ?? object ?? existing,
    isGone: now?.metadata.uid !== existing.metadata.uid,
    warnings: deletionWarnings(existing, onTheirWayOut(store, runs)),
  }
}

function writeUpdate(
  { store }: ApiContext,
  existing: CapstanObject,
  next: CapstanObject,
  options: WriteOptions,
): CapstanObject {
  if (!options.dryRun) {
    return store.transaction(() => store.objects.update(next, existing.metadata.resourceVersion))
  }
  const isSameSpec = canonicalJson(next.spec) === canonicalJson(existing.spec)
  const { generation } = existing.metadata
  return {
    ...next,
    metadata: { ...next.metadata, generation: isSameSpec ? generation : generation + 1 },
  }
}

function withManagedFields(
  object: CapstanObject,
  managedFields: readonly JsonObject[],
): CapstanObject {
  const { managedFields: _before, ...metadata } = object.metadata
  return {
    ...object,
    metadata: { ...metadata, ...(managedFields.length > 0 ? { managedFields } : {}) },
  }
}
