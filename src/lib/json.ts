/** A value that JSON can carry. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [key: string]: Json | undefined
}

/** The value of a JSON text; undefined, which JSON cannot say, for any other text. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** True for objects that are neither null nor an array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The object's own member under a key that came from outside: every object inherits `constructor` and `toString`. */
export function ownMember<Value>(
  object: Readonly<Record<string, Value>>,
  key: string,
): Value | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined
}

/** JSON text with sorted keys and without undefined members: equal values give equal text. */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'string') return quoted(value)
  if (Array.isArray(value)) return `[${textOfItems(value)}]`
  if (isJsonObject(value)) return `{${textOfMembers(value)}}`
  return (JSON.stringify(value) as string | undefined) ?? 'null'
}

function textOfItems(items: readonly unknown[]): string {
  let text = ''
  for (const item of items) text += `${text === '' ? '' : ','}${canonicalJson(item ?? null)}`
  return text
}

function textOfMembers(value: JsonObject): string {
  let text = ''
  for (const key of sortedKeys(value)) {
    const member = value[key]
    if (member === undefined) continue
    text += `${text === '' ? '' : ','}${quoted(key)}:${canonicalJson(member)}`
  }
  return text
}

/** Keys that were read from canonical text are in order already. */
function sortedKeys(value: JsonObject): readonly string[] {
  const keys = Object.keys(value)
  const isSorted = keys.every((key, index) => index === 0 || (keys[index - 1] ?? '') <= key)
  return isSorted ? keys : keys.sort()
}

/** Text with nothing to escape, as most is: testing for it costs less than calling JSON.stringify. */
const PLAIN = /^[ !#-[\]-~]*$/

function quoted(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text)
}
