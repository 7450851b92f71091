import { canonicalJson, isJsonObject, type Json, type JsonObject } from '../lib/json.ts'

/**
 * The merge patch (RFC 7386) of `kubectl apply`: what the manifest wants otherwise than the live object,
 * plus the removal of what the last applied manifest had and this one has not. Fields that others set
 * are left alone. Empty when there is nothing to do.
 */
export function threeWayPatch(
  lastApplied: JsonObject,
  manifest: JsonObject,
  live: JsonObject,
): JsonObject {
  const changes: Record<string, Json> = {}
  for (const name of new Set([...Object.keys(lastApplied), ...Object.keys(manifest)])) {
    const change = memberChange(lastApplied[name], manifest[name], live[name])
    if (change !== undefined) changes[name] = change
  }
  return changes
}

function memberChange(
  before: Json | undefined,
  wanted: Json | undefined,
  live: Json | undefined,
): Json | undefined {
  if (wanted === null && live === null) return undefined
  // A null cannot travel in a merge patch; it means removal here, and the server finds the intent in the annotation.
  if (wanted === undefined || wanted === null) {
    const wasOurs = wanted === null || before !== undefined
    return wasOurs && live !== undefined ? null : undefined
  }
  if (isJsonObject(wanted) && isJsonObject(live)) {
    const inner = threeWayPatch(isJsonObject(before) ? before : {}, wanted, live)
    return Object.keys(inner).length === 0 ? undefined : inner
  }
  return canonicalJson(wanted) === canonicalJson(live) ? undefined : wanted
}

/** The merge patch that turns one text's value into the other's: what an editor changed. */
export function twoWayPatch(before: JsonObject, after: JsonObject): JsonObject {
  return threeWayPatch(before, after, before)
}
