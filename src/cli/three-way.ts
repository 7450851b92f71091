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
  if (wanted === undefined || wanted === null) return removal(before, wanted, live)
  if (isJsonObject(wanted) && isJsonObject(live)) {
    const inner = threeWayPatch(isJsonObject(before) ? before : {}, wanted, live)
    return Object.keys(inner).length === 0 ? undefined : inner
  }
  return canonicalJson(wanted) === canonicalJson(live) ? undefined : wanted
}

/** A null cannot travel in a merge patch: it means removal here, and the server finds the intent in the annotation. */
function removal(
  before: Json | undefined,
  wanted: null | undefined,
  live: Json | undefined,
): null | undefined {
  const isAsWanted = live === undefined || (wanted === null && live === null)
  const isOurs = wanted === null || before !== undefined
  return isOurs && !isAsWanted ? null : undefined
}

/** The merge patch that turns one text's value into the other's: what an editor changed. */
export function twoWayPatch(before: JsonObject, after: JsonObject): JsonObject {
  return threeWayPatch(before, after, before)
}
