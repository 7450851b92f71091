import { isJsonObject, type Json, type JsonObject, parseJson } from '../lib/json.ts'

/** Where client-side `kubectl apply` keeps the manifest as it was applied, whole. */
export const LAST_APPLIED_ANNOTATION = 'kubectl.kubernetes.io/last-applied-configuration'
/** The field manager of client-side `kubectl apply`. */
const CLIENT_SIDE_APPLY = 'kubectl-client-side-apply'
/** Objects nest about 15 deep; text in an annotation may claim anything. */
const MAX_DEPTH = 64

/**
 * A merge patch cannot carry null as a value, and in a spec null has a meaning of its own
 * (`env: {X: null}` unsets X). What client-side apply wanted stands in its annotation, so the nulls of
 * the manifest's spec are put back from there.
 */
export function restoreNulls(object: JsonObject, fieldManager: string): JsonObject {
  if (fieldManager !== CLIENT_SIDE_APPLY) return object
  const spec = object['spec']
  const applied = parseLastApplied(object)?.['spec']
  if (!isJsonObject(spec) || !isJsonObject(applied)) return object
  return { ...object, spec: withNulls(spec, applied, 0) }
}

/** The manifest in the annotation; undefined when there is none that can be read. */
export function parseLastApplied(object: JsonObject): JsonObject | undefined {
  const metadata = object['metadata']
  const annotations = isJsonObject(metadata) ? metadata['annotations'] : undefined
  const text = isJsonObject(annotations) ? annotations[LAST_APPLIED_ANNOTATION] : undefined
  if (typeof text !== 'string') return undefined
  const parsed = parseJson(text)
  return isJsonObject(parsed) ? parsed : undefined
}

function withNulls(target: JsonObject, applied: JsonObject, depth: number): JsonObject {
  if (depth >= MAX_DEPTH) return target
  const entries = Object.entries(applied).flatMap(([key, value]): [string, Json][] => {
    const current = Object.hasOwn(target, key) ? target[key] : undefined
    if (value === null && current === undefined) return [[key, null]]
    if (!isJsonObject(value)) return []
    // A map whose only members are nulls is not sent at all by a merge patch.
    if (current === undefined && hasNull(value)) return [[key, withNulls({}, value, depth + 1)]]
    return isJsonObject(current) ? [[key, withNulls(current, value, depth + 1)]] : []
  })
  return { ...target, ...Object.fromEntries(entries.filter(([key]) => key !== '__proto__')) }
}

function hasNull(value: JsonObject): boolean {
  return Object.values(value).some((member) => member === null)
}
