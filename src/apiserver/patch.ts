import { isJsonObject, type Json, type JsonObject } from '../lib/json.ts'

/** RFC 7386. null removes a member; anything but an object replaces what was there. */
export function mergePatch(target: Json | undefined, patch: Json): Json {
  if (!isJsonObject(patch)) return patch
  const result: Record<string, Json | undefined> = isJsonObject(target) ? { ...target } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key]
    else if (value !== undefined) result[key] = mergePatch(result[key], value)
  }
  return result satisfies JsonObject
}
