import type { CapstanObject } from '../../kinds/meta.ts'
import { isJsonObject, type Json, type JsonObject } from '../../lib/json.ts'
import { applyJsonPatch } from '../../lib/json-patch.ts'
import { bodyText, contentType, parseJson, parseObjectBody, unsupportedMediaType } from '../body.ts'
import { badRequest, conflict, invalid, STALE_VERSION } from '../errors.ts'
import { updateObject } from '../object-writer.ts'
import { mergePatch } from '../patch.ts'
import { type ApiResponse, jsonResponse } from '../request.ts'
import { KIND_RESOURCES } from '../resources.ts'
import { toJsonObject, valueAt } from '../wire.ts'
import { parseWriteOptions } from '../write-options.ts'
import { existingObject } from './kinds.ts'
import type { ResourceCall, VerbHandlers } from './resource-call.ts'

/** `kubectl scale workpool/etl --replicas=7` sets concurrencyLimit. */
export const SCALE_VERBS: VerbHandlers = {
  get: (call) => jsonResponse(200, renderScale(existingObject(call, 'WorkPool'))),
  update: (call) => writeScale(call, parseObjectBody(call.request)),
  patch: (call) => writeScale(call, patchedScale(call)),
}

/** autoscaling/v1 Scale; replicas is left out where the pool has no limit. */
export function renderScale(pool: CapstanObject): JsonObject {
  const limit = valueAt(pool, 'spec.concurrencyLimit')
  const active = valueAt(pool, 'status.active')
  const { name, namespace, uid, resourceVersion, creationTimestamp } = pool.metadata
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: typeof limit === 'number' ? { replicas: limit } : {},
    status: { replicas: typeof active === 'number' ? active : 0 },
  }
}

function patchedScale(call: ResourceCall): JsonObject {
  const { request } = call
  const current = renderScale(existingObject(call, 'WorkPool'))
  const patch = parseJson(bodyText(request))
  const patched = patchScale(current, patch, contentType(request))
  if (!isJsonObject(patched)) throw badRequest('a Scale must be a JSON object')
  return patched
}

function patchScale(current: JsonObject, patch: unknown, type: string): Json {
  if (type === 'application/json-patch+json') {
    const result = applyJsonPatch(current, patch)
    if ('problem' in result) throw badRequest(result.problem)
    return result.value
  }
  if (type !== 'application/merge-patch+json') {
    throw unsupportedMediaType(type, [
      'application/json-patch+json',
      'application/merge-patch+json',
    ])
  }
  if (!isJsonObject(patch)) throw badRequest('a merge patch must be a JSON object')
  return mergePatch(current, patch)
}

function writeScale(call: ResourceCall, scale: JsonObject): ApiResponse {
  const pool = existingObject(call, 'WorkPool')
  const asked = valueAt(scale, 'metadata.resourceVersion') ?? ''
  if (asked !== '' && asked !== pool.metadata.resourceVersion) {
    throw conflict(KIND_RESOURCES.WorkPool, pool.metadata.name, STALE_VERSION)
  }
  const replicas = valueAt(scale, 'spec.replicas')
  const { concurrencyLimit: _before, ...rest } = pool.spec
  const spec =
    replicas === undefined ? rest : { ...rest, concurrencyLimit: checkReplicas(pool, replicas) }
  const result = updateObject(
    call.context,
    pool,
    { ...toJsonObject(pool), spec },
    { ...parseWriteOptions(call.request), subresource: 'scale' },
  )
  return jsonResponse(200, renderScale(result.object))
}

function checkReplicas(pool: CapstanObject, replicas: unknown): number {
  if (typeof replicas === 'number' && Number.isSafeInteger(replicas) && replicas >= 0)
    return replicas
  throw invalid({ group: 'autoscaling', plural: 'scales', kind: 'Scale' }, pool.metadata.name, [
    {
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${JSON.stringify(replicas)}: must be a whole number greater than or equal to 0`,
      field: 'spec.replicas',
    },
  ])
}
