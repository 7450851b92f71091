import { isJsonObject, type Json, type JsonObject } from '../../lib/json.ts'

/** The value as a map; an empty one for everything else. */
export function asMap(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {}
}

/** The value as a list; an empty one for everything else. */
export function asList(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : []
}

/** The text, or undefined for everything else and for empty text. */
export function asText(value: Json | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Members whose value is not undefined. */
export function members(value: Json | undefined): readonly (readonly [string, Json])[] {
  return Object.entries(asMap(value)).filter(
    (entry): entry is [string, Json] => entry[1] !== undefined,
  )
}

/** A map without these keys. */
export function without(value: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key)))
}

/** Nothing in it: null, empty text, list or map. Zero and false are something. */
export function isEmpty(value: Json | undefined): boolean {
  if (value === undefined || value === null || value === '') return true
  if (Array.isArray(value)) return value.length === 0
  return isJsonObject(value) && members(value).length === 0
}

/** A deep copy without members and items that are null. */
export function withoutNulls(value: Json): Json {
  if (Array.isArray(value)) {
    return (value as readonly Json[]).filter((item) => item !== null).map(withoutNulls)
  }
  if (!isJsonObject(value)) return value
  return Object.fromEntries(
    members(value)
      .filter(([, item]) => item !== null)
      .map(([key, item]) => [key, withoutNulls(item)]),
  )
}

/** A scalar as text, a list or a map as JSON. */
export function toText(value: Json): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
