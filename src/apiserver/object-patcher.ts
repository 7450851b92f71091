import type { CapstanObject, ObjectKey } from '../kinds/meta.ts'
import { isJsonObject, type Json, type JsonObject } from '../lib/json.ts'
import { applyJsonPatch } from '../lib/json-patch.ts'
import { bodyText, contentType, parseJson, unsupportedMediaType } from './body.ts'
import { duplicateFields } from './duplicate-fields.ts'
import { ApiError, badRequest, notFound } from './errors.ts'
import { checkDuplicates } from './field-validation.ts'
import { restoreNulls } from './last-applied.ts'
import { applyObject } from './object-applier.ts'
import { updateObject, updateStatus, type WriteResult } from './object-writer.ts'
import type { WriteScope } from './ownership.ts'
import { mergePatch } from './patch.ts'
import type { ApiContext } from './ports.ts'
import type { ApiRequest } from './request.ts'
import { KIND_RESOURCES } from './resources.ts'
import { toJsonObject } from './wire.ts'
import { parseWriteOptions, type WriteOptions } from './write-options.ts'

const APPLY_TYPE = 'application/apply-patch+yaml'
const MERGE_TYPE = 'application/merge-patch+json'
const PATCH_TYPES = ['application/json-patch+json', MERGE_TYPE] as const
/** More operations than any tool sends; each costs a walk. */
const MAX_PATCH_OPERATIONS = 10_000

/** Applies a PATCH body to an object. */
export function patchObject(
  context: ApiContext,
  where: { readonly key: ObjectKey; readonly target: WriteScope },
  request: ApiRequest,
): WriteResult & { readonly isNew: boolean } {
  const { key, target } = where
  const type = contentType(request)
  if (type === APPLY_TYPE) return applyObject(context, where, request)
  if (!PATCH_TYPES.some((known) => known === type)) {
    throw unsupportedMediaType(type, [...PATCH_TYPES, APPLY_TYPE])
  }
  const options = parseWriteOptions(request)
  const existing = context.store.objects.get(key)
  if (!existing) throw notFound(KIND_RESOURCES[key.kind], key.name)
  const text = bodyText(request)
  const patch = parseJson(text)
  const warnings = checkDuplicates(key.kind, duplicateFields(text), options.fieldValidation)
  const patched = applyPatch(existing, patch, { isMerge: type === MERGE_TYPE, options })
  const write = target === 'status' ? updateStatus : updateObject
  const result = write(context, existing, patched, options)
  return { ...result, warnings: [...warnings, ...result.warnings], isNew: false }
}

function applyPatch(
  object: CapstanObject,
  patch: unknown,
  { isMerge, options }: { readonly isMerge: boolean; readonly options: WriteOptions },
): JsonObject {
  const current = toJsonObject(object)
  if (!isMerge) return applyOperations(current, patch)
  if (!isJsonObject(patch)) throw badRequest('a merge patch must be a JSON object')
  const merged = mergePatch(current, patch)
  if (!isJsonObject(merged)) throw badRequest('a merge patch must be a JSON object')
  return restoreNulls(merged, options.fieldManager)
}

function applyOperations(current: JsonObject, patch: unknown): JsonObject {
  if (Array.isArray(patch) && patch.length > MAX_PATCH_OPERATIONS) {
    throw new ApiError(
      'RequestEntityTooLarge',
      `the allowed maximum of operations in a JSON patch is ${MAX_PATCH_OPERATIONS}, got ${patch.length}`,
    )
  }
  const result = applyJsonPatch(current as Json, patch)
  if ('value' in result) {
    if (isJsonObject(result.value)) return result.value
    throw badRequest('the patch replaces the object by something that is none')
  }
  // A patch that is well-formed but does not fit is Invalid, as in Kubernetes; the rest is a bad request.
  if (result.index === undefined) throw badRequest(result.problem)
  throw new ApiError(
    'Invalid',
    `the server rejected our request due to an error in our request: ${result.problem}`,
    // kubectl prints the message where the details are there and name no object.
    {},
  )
}
