import { isJsonObject, type JsonObject } from '../lib/json.ts'
import { CliError } from './errors.ts'
import { plainText } from './json-text.ts'

/** An object of the API as the command line reads it: only metadata is looked at by name. */
export interface ApiObject extends JsonObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: ApiMetadata
}

export interface ApiMetadata extends JsonObject {
  readonly name: string
  readonly namespace?: string
  readonly uid?: string
  readonly resourceVersion?: string
}

export interface ApiList {
  readonly items: readonly ApiObject[]
  readonly resourceVersion: string
}

/** Checks that an answer is an object with apiVersion, kind and metadata. */
export function parseObject(value: unknown): ApiObject {
  if (!isApiObject(value)) {
    throw new CliError('the server sent something that is no Kubernetes object: is it Capstan?')
  }
  return value
}

function isApiObject(value: unknown): value is ApiObject {
  return (
    isJsonObject(value) &&
    typeof value['apiVersion'] === 'string' &&
    typeof value['kind'] === 'string' &&
    isJsonObject(value['metadata'])
  )
}

/** Reads a `RunList` and the like; items of typed lists lack apiVersion and kind, which are filled in. */
export function parseList(value: unknown, apiVersion: string, kind: string): ApiList {
  if (!isJsonObject(value) || !Array.isArray(value['items'])) {
    throw new CliError('the server sent something that is no Kubernetes list: is it Capstan?')
  }
  const metadata = isJsonObject(value['metadata']) ? value['metadata'] : {}
  return {
    items: value['items'].map((item) => parseObject({ apiVersion, kind, ...item })),
    resourceVersion: plainText(metadata['resourceVersion']),
  }
}

/** The value at a path of member names; undefined where any of them is missing. */
export function valueAt(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (current, name) => (isJsonObject(current) ? current[name] : undefined),
    value,
  )
}

export function textAt(value: unknown, ...path: readonly string[]): string | undefined {
  const found = valueAt(value, ...path)
  return typeof found === 'string' ? found : undefined
}

export function numberAt(value: unknown, ...path: readonly string[]): number | undefined {
  const found = valueAt(value, ...path)
  return typeof found === 'number' ? found : undefined
}

export function listAt(value: unknown, ...path: readonly string[]): readonly JsonObject[] {
  const found = valueAt(value, ...path)
  return Array.isArray(found) ? found.filter(isJsonObject) : []
}

/** A copy without these members; empty for anything that is no object. */
export function omit(value: unknown, names: readonly string[]): JsonObject {
  if (!isJsonObject(value)) return {}
  return Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)))
}
