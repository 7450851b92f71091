import { API_VERSION, type CapstanObject, type Kind, type ObjectKey } from '../kinds/meta.ts'
import { renderTime } from '../lib/instant.ts'
import { canonicalJson, isJsonObject, type JsonObject } from '../lib/json.ts'
import { deleteCascading } from '../store/cascade.ts'
import type { NewObject } from '../store/types.ts'
import {
  alreadyExists,
  badRequest,
  conflict,
  forbidden,
  invalid,
  notFound,
  STALE_VERSION,
} from './errors.ts'
import { type CheckedObject, checkFields } from './field-validation.ts'
import {
  finalizersAfter,
  finalizersAtBirth,
  generateName,
  metadataOf,
  parseUserMeta,
  withUserMeta,
} from './object-meta.ts'
import type { ApiContext } from './ports.ts'
import { KIND_RESOURCES, NAMESPACES } from './resources.ts'
import { immutableRunCause } from './run-rules.ts'
import { textAt } from './wire.ts'
import type { DeleteOptions, WriteOptions } from './write-options.ts'

/** What a write gives back: the object as it is now (or, on a dry run, would be) and warnings. */
export interface WriteResult {
  readonly object: CapstanObject
  readonly warnings: readonly string[]
}

/** Creates an object out of a request body. */
export function createObject(
  context: ApiContext,
  target: { readonly kind: Kind; readonly namespace: string },
  input: JsonObject,
  options: WriteOptions,
): WriteResult {
  const { kind, namespace } = target
  requireNamespace(context, namespace)
  const named = withName(context, kind, checkEnvelope(kind, namespace, input))
  const checked = checkFields(context.validate, kind, named, options.fieldValidation)
  const object = buildNewObject(context, target, checked)
  if (context.store.objects.get({ kind, namespace, name: object.metadata.name })) {
    throw alreadyExists(KIND_RESOURCES[kind], object.metadata.name)
  }
  const { store } = context
  const created = options.dryRun
    ? { ...object, metadata: { ...object.metadata, generation: 1, resourceVersion: '' } }
    : store.transaction(() => store.objects.create(object))
  return { object: created, warnings: checked.warnings }
}

function buildNewObject(
  { random, clock }: ApiContext,
  { kind, namespace }: { readonly kind: Kind; readonly namespace: string },
  { object }: CheckedObject,
): NewObject {
  const metadata = metadataOf(object)
  const { generateName: prefix } = metadata
  const user = parseUserMeta(metadata)
  const finalizers = finalizersAtBirth(kind, user.finalizers)
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
      ...(finalizers.length === 0 ? {} : { finalizers }),
    },
    spec: specOf(object),
  }
}

/** Replaces the user's part of metadata and the spec of `existing`. */
export function updateObject(
  context: ApiContext,
  existing: CapstanObject,
  input: JsonObject,
  options: WriteOptions,
): WriteResult {
  const { kind, metadata } = existing
  const body = checkIdentity(existing, checkEnvelope(kind, metadata.namespace, input))
  const checked = checkFields(context.validate, kind, body, options.fieldValidation)
  const user = parseUserMeta(metadataOf(checked.object))
  const finalizers = finalizersAfter(existing, user.finalizers)
  checkFinalizers(existing, finalizers)
  const { finalizers: _asked, ...rest } = user
  const next: CapstanObject = {
    ...existing,
    metadata: withUserMeta(metadata, {
      ...rest,
      ...(finalizers.length === 0 ? {} : { finalizers }),
    }),
    spec: specOf(checked.object),
  }
  checkImmutable(existing, next.spec)
  return { object: writeUpdate(context, existing, next, options), warnings: checked.warnings }
}

/** Replaces status alone. Its content is the writer's business. */
export function updateStatus(
  context: ApiContext,
  existing: CapstanObject,
  input: JsonObject,
  options: WriteOptions,
): WriteResult {
  const { kind, metadata } = existing
  const body = checkIdentity(existing, checkEnvelope(kind, metadata.namespace, input))
  const status = body['status'] ?? {}
  if (!isJsonObject(status)) throw badRequest('status must be an object')
  const { store } = context
  const { namespace, name, uid } = metadata
  const object = options.dryRun
    ? { ...existing, status }
    : store.transaction(() => store.objects.setStatus({ kind, namespace, name }, uid, status))
  if (!object) throw notFound(KIND_RESOURCES[kind], name)
  return { object, warnings: [] }
}

/** Marks an object deleted; answers its last state and whether it is gone for good. */
export function deleteObject(
  context: ApiContext,
  key: ObjectKey,
  options: DeleteOptions,
): { readonly object: CapstanObject; readonly isGone: boolean } {
  const { store, clock } = context
  const resource = KIND_RESOURCES[key.kind]
  const existing = store.objects.get(key)
  if (!existing) throw notFound(resource, key.name)
  checkPreconditions(existing, options)
  if (options.dryRun) {
    return { object: existing, isGone: (existing.metadata.finalizers ?? []).length === 0 }
  }
  const nowMs = clock.nowMs()
  const object = deleteCascading(store, key, { propagation: options.propagationPolicy, nowMs })
  const now = store.objects.get(key)
  return { object: now ?? object ?? existing, isGone: now?.metadata.uid !== existing.metadata.uid }
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

/** apiVersion and kind may be left out; where they stand they must be the path's. */
function checkEnvelope(kind: Kind, namespace: string, input: JsonObject): JsonObject {
  const { apiVersion = API_VERSION, kind: named = kind } = input
  if (apiVersion !== API_VERSION || named !== kind) {
    throw badRequest(
      `the object provided is ${JSON.stringify(apiVersion)} ${JSON.stringify(named)}, but this path takes ${API_VERSION} ${kind}`,
    )
  }
  const metadata = metadataOf(input)
  if ((metadata['namespace'] ?? namespace) !== namespace) {
    throw badRequest(
      'the namespace of the provided object does not match the namespace sent on the request',
    )
  }
  return { ...input, apiVersion, kind, metadata: { ...metadata, namespace } }
}

function withName({ random }: ApiContext, kind: Kind, input: JsonObject): JsonObject {
  const metadata = metadataOf(input)
  const { name, generateName: prefix } = metadata
  if (typeof name === 'string' && name !== '') return input
  if (typeof prefix !== 'string' || prefix === '') {
    throw invalid(KIND_RESOURCES[kind], '', [
      {
        reason: 'FieldValueRequired',
        message: 'Required value: name or generateName is required',
        field: 'metadata.name',
      },
    ])
  }
  const generated = generateName(prefix, () => random.fraction())
  return { ...input, metadata: { ...metadata, name: generated } }
}

/** A body that names another object, uid or version is not about this object as it is now. */
function checkIdentity(existing: CapstanObject, input: JsonObject): JsonObject {
  const { kind, metadata } = existing
  const { name = metadata.name, uid, resourceVersion, ...rest } = metadataOf(input)
  if (name !== metadata.name) {
    throw badRequest(
      `the name of the object (${JSON.stringify(name)}) does not match the name on the URL (${metadata.name})`,
    )
  }
  if (typeof uid === 'string' && uid !== '' && uid !== metadata.uid) {
    throw conflict(
      KIND_RESOURCES[kind],
      metadata.name,
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${metadata.uid}`,
    )
  }
  const isStale =
    resourceVersion !== undefined &&
    resourceVersion !== '' &&
    resourceVersion !== metadata.resourceVersion
  if (isStale) throw conflict(KIND_RESOURCES[kind], metadata.name, STALE_VERSION)
  return { ...input, metadata: { ...rest, name } }
}

function checkPreconditions(existing: CapstanObject, options: DeleteOptions): void {
  const { kind, metadata } = existing
  if (options.uid !== undefined && options.uid !== metadata.uid) {
    throw conflict(
      KIND_RESOURCES[kind],
      metadata.name,
      `Precondition failed: UID in precondition: ${options.uid}, UID in object meta: ${metadata.uid}`,
    )
  }
  const { resourceVersion } = options
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    throw conflict(KIND_RESOURCES[kind], metadata.name, STALE_VERSION)
  }
}

function checkFinalizers(existing: CapstanObject, finalizers: readonly string[]): void {
  const { kind, metadata } = existing
  if (metadata.deletionTimestamp === undefined) return
  const added = finalizers.filter((name) => !metadata.finalizers?.includes(name))
  if (added.length === 0) return
  throw invalid(KIND_RESOURCES[kind], metadata.name, [
    {
      reason: 'FieldValueForbidden',
      field: 'metadata.finalizers',
      message: `Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers ${added.join(', ')}`,
    },
  ])
}

function checkImmutable(existing: CapstanObject, spec: JsonObject): void {
  if (existing.kind !== 'Run') return
  const cause = immutableRunCause(existing, spec)
  if (cause) throw invalid(KIND_RESOURCES.Run, existing.metadata.name, [cause])
}

function requireNamespace({ store }: ApiContext, namespace: string): void {
  const row = store.objects.namespaces().find(({ name }) => name === namespace)
  if (!row) throw notFound(NAMESPACES, namespace)
  if (row.terminating) {
    throw forbidden(
      `unable to create new content in namespace ${namespace} because it is being terminated`,
    )
  }
}

function specOf(object: JsonObject): JsonObject {
  const spec = object['spec'] ?? {}
  if (!isJsonObject(spec)) throw badRequest('spec must be an object')
  return spec
}
