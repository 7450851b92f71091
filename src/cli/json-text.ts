import { isJsonObject } from '../lib/json.ts'

/** JSON as `kubectl -o json` prints it: members in order of their names. */
export function renderJson(value: unknown): string {
  return `${JSON.stringify(sorted(value), undefined, 4)}\n`
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isJsonObject(value)) return value
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((name) => [name, sorted(value[name])]),
  )
}

/** Text as it is, everything else as JSON on one line; nothing for undefined. */
export function plainText(value: unknown): string {
  if (value === undefined) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}
