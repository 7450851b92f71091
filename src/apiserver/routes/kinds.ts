import type { CapstanObject, Kind, ObjectKey } from '../../kinds/meta.ts'
import { isJsonObject, type JsonObject } from '../../lib/json.ts'
import type { Store } from '../../store/types.ts'
import { bodyText, parseObjectBody, readObjectBody } from '../body.ts'
import { notFound } from '../errors.ts'
import { checkDuplicates } from '../field-validation.ts'
import { listObjects, parseListQuery } from '../list.ts'
import { patchObject } from '../object-patcher.ts'
import {
  createObject,
  deleteObject,
  updateObject,
  updateStatus,
  type WriteResult,
} from '../object-writer.ts'
import type { WriteScope } from '../ownership.ts'
import { createKindReader } from '../readers/kinds.ts'
import { type ApiRequest, type ApiResponse, jsonResponse } from '../request.ts'
import { KIND_RESOURCES } from '../resources.ts'
import { listResponse, objectResponse, warningHeaders } from '../respond.ts'
import { successStatus } from '../status.ts'
import { parseDeleteOptions, parseWriteOptions } from '../write-options.ts'
import { readVerbs } from './read.ts'
import type {
  ResourceCall,
  ResourceHandler,
  ServedResource,
  VerbHandlers,
} from './resource-call.ts'

/** One of Capstan's own kinds with all verbs and `/status`. */
export function serveKind(store: Store, kind: Kind): ServedResource {
  const reader = createKindReader(store, kind)
  const info = KIND_RESOURCES[kind]
  return {
    info,
    reader,
    verbs: {
      ...readVerbs(reader),
      create: (call) => create(call, kind),
      update: (call) => update(call, kind, updateObject),
      patch: (call) => patch(call, kind, 'object'),
      delete: (call) => remove(call, kind),
      deletecollection: (call) => removeAll(call, kind),
    },
    subresources: { status: statusVerbs(kind, readVerbs(reader).get) },
  }
}

function statusVerbs(kind: Kind, get: ResourceHandler | undefined): VerbHandlers {
  return {
    ...(get ? { get } : {}),
    update: (call) => update(call, kind, updateStatus),
    patch: (call) => patch(call, kind, 'status'),
  }
}

/** The object that a path names; 404 when there is none. */
export function existingObject(
  { context, namespace, name }: ResourceCall,
  kind: Kind,
): CapstanObject {
  const object = context.store.objects.get({ kind, namespace: namespace ?? '', name })
  if (!object) throw notFound(KIND_RESOURCES[kind], name)
  return object
}

function create({ context, request, namespace = '' }: ResourceCall, kind: Kind): ApiResponse {
  const options = parseWriteOptions(request)
  const { object, duplicates } = readObjectBody(request)
  const warnings = checkDuplicates(kind, duplicates, options.fieldValidation)
  const result = createObject(context, { kind, namespace }, object, options)
  return objectResponse(context, request, {
    info: KIND_RESOURCES[kind],
    status: 201,
    object: result.object,
    warnings: [...warnings, ...result.warnings],
  })
}

function update(call: ResourceCall, kind: Kind, write: typeof updateObject): ApiResponse {
  const { context, request } = call
  const existing = existingObject(call, kind)
  const options = parseWriteOptions(request)
  const { object, duplicates } = readObjectBody(request)
  const warnings = checkDuplicates(kind, duplicates, options.fieldValidation)
  const result = write(context, existing, object, options)
  return objectResponse(context, request, {
    info: KIND_RESOURCES[kind],
    object: result.object,
    warnings: [...warnings, ...result.warnings],
  })
}

function patch(call: ResourceCall, kind: Kind, target: WriteScope): ApiResponse {
  const { context, request, namespace = '', name } = call
  const key: ObjectKey = { kind, namespace, name }
  const { isNew, ...result }: WriteResult & { readonly isNew: boolean } = patchObject(
    context,
    { key, target },
    request,
  )
  const status = isNew ? 201 : 200
  return objectResponse(context, request, { info: KIND_RESOURCES[kind], status, ...result })
}

function remove({ context, request, namespace = '', name }: ResourceCall, kind: Kind): ApiResponse {
  const info = KIND_RESOURCES[kind]
  const options = parseDeleteOptions(request.query, optionalBody(request))
  const key: ObjectKey = { kind, namespace, name }
  const { object, isGone, warnings } = deleteObject(context, key, options)
  if (!isGone) return objectResponse(context, request, { info, object, warnings })
  const { uid } = object.metadata
  const status = successStatus({ name, group: info.group, kind: info.plural, uid })
  return jsonResponse(200, status, warningHeaders(warnings))
}

/** Deletes everything that the selectors choose, and answers what that was. */
function removeAll({ context, request, namespace }: ResourceCall, kind: Kind): ApiResponse {
  const { store, hub } = context
  const reader = createKindReader(store, kind)
  const options = parseDeleteOptions(request.query, optionalBody(request))
  const query = parseListQuery(reader, namespace, request.query)
  const result = listObjects(reader, query, hub.resourceVersion())
  store.transaction(() => {
    for (const { metadata } of result.items) {
      const key = { kind, namespace: metadata.namespace ?? '', name: metadata.name }
      deleteObject(context, key, options)
    }
  })
  return listResponse(context, request, KIND_RESOURCES[kind], result)
}

/** DeleteOptions may be left out. */
export function optionalBody(request: ApiRequest): JsonObject | undefined {
  if (request.body.length === 0 || bodyText(request).trim() === '') return undefined
  const body: unknown = parseObjectBody(request)
  return isJsonObject(body) ? body : undefined
}
