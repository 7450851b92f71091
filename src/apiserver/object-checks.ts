import { API_VERSION, type CapstanObject, type Kind } from '../kinds/meta.ts'
import { isJsonObject, type JsonObject } from '../lib/json.ts'
import { MAX_BODY_BYTES } from './body.ts'
import {
  ApiError,
  badRequest,
  conflict,
  forbidden,
  invalid,
  notFound,
  STALE_VERSION,
} from './errors.ts'
import { generateName, metadataOf } from './object-meta.ts'
import type { ApiContext } from './ports.ts'
import { KIND_RESOURCES, NAMESPACES } from './resources.ts'
import { immutableRunCause } from './run-rules.ts'
import type { DeleteOptions } from './write-options.ts'

/** What is checked of a write besides the fields of its kind. Each throws the refusal that Kubernetes would give. */

/** apiVersion and kind may be left out; where they stand they must be the path's. */
export function checkEnvelope(kind: Kind, namespace: string, input: JsonObject): JsonObject {
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

export function withName({ random }: ApiContext, kind: Kind, input: JsonObject): JsonObject {
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
export function checkIdentity(existing: CapstanObject, input: JsonObject): JsonObject {
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

export function checkPreconditions(existing: CapstanObject, options: DeleteOptions): void {
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

export function checkFinalizers(existing: CapstanObject, finalizers: readonly string[]): void {
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

/** Patches are small and could make an object grow without end; a body of this size is refused as well. */
export function checkSize(object: CapstanObject): void {
  const length = JSON.stringify(object).length
  if (length <= MAX_BODY_BYTES) return
  throw new ApiError(
    'RequestEntityTooLarge',
    `${object.kind} "${object.metadata.name}" would have ${length} characters: limit is ${MAX_BODY_BYTES}`,
  )
}

export function checkImmutable(existing: CapstanObject, spec: JsonObject): void {
  if (existing.kind !== 'Run') return
  const cause = immutableRunCause(existing, spec)
  if (cause) throw invalid(KIND_RESOURCES.Run, existing.metadata.name, [cause])
}

export function requireNamespace({ store }: ApiContext, namespace: string): void {
  const row = store.objects.namespaces().find(({ name }) => name === namespace)
  if (!row) throw notFound(NAMESPACES, namespace)
  if (row.terminating) {
    throw forbidden(
      `unable to create new content in namespace ${namespace} because it is being terminated`,
    )
  }
}

export function specOf(object: JsonObject): JsonObject {
  const spec = object['spec'] ?? {}
  if (!isJsonObject(spec)) throw badRequest('spec must be an object')
  return spec
}
