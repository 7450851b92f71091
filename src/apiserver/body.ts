import { type Document, isScalar, parseDocument, visit } from 'yaml'
import { errorMessage } from '../lib/errors.ts'
import { isJsonObject, type JsonObject } from '../lib/json.ts'
import { duplicateFields } from './duplicate-fields.ts'
import { ApiError, badRequest } from './errors.ts'
import { decodeKubernetesObject, PROTOBUF_TYPE } from './kubernetes-protobuf.ts'
import type { ApiRequest } from './request.ts'

/** Largest request body, as in Kubernetes (etcd's limit doubled). */
export const MAX_BODY_BYTES = 3 * 1024 * 1024
/** Deepest nesting of a body. Legal objects need about 15; recursion over a body must end. */
export const MAX_BODY_DEPTH = 64
/** Keys that would reach into JavaScript's own object model. */
const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__'])
/** Aliases may not blow a small body up to a huge one. */
const MAX_YAML_ALIASES = 100
/** Parsing YAML holds everything else up, some 0.5 s for a million characters. */
const MAX_YAML_LENGTH = 512 * 1024
const YAML_OPTIONS = { prettyErrors: false, version: '1.2', uniqueKeys: false } as const

/** Media type of the body, without parameters; '' when none is named. */
export function contentType(request: ApiRequest): string {
  return (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
}

const JSON_TYPES = ['', 'application/json', '*/*']
const YAML_TYPES = ['application/yaml', 'application/x-yaml', 'text/yaml']

/** An object and the fields that its text has twice, of which the last counts. */
export interface ReadBody {
  readonly object: JsonObject
  readonly duplicates: readonly string[]
}

/** The object in a body. No Content-Type means JSON: `kubectl scale` sends none with its PUT. */
export function parseObjectBody(request: ApiRequest): JsonObject {
  return readObjectBody(request).object
}

export function readObjectBody(request: ApiRequest): ReadBody {
  const type = contentType(request)
  if (JSON_TYPES.includes(type)) return readJsonObject(bodyText(request))
  if (YAML_TYPES.includes(type)) return readYamlObject(bodyText(request))
  const decoded = type === PROTOBUF_TYPE ? decodeKubernetesObject(request.body) : undefined
  if (decoded) return { object: decoded, duplicates: [] }
  throw unsupportedMediaType(type, ['application/json', 'application/yaml'])
}

export function readJsonObject(text: string): ReadBody {
  const object = toObject(parseJson(text))
  return { object, duplicates: duplicateFields(text) }
}

/** JSON or YAML, whichever the text is; apply patches are called YAML and mostly are JSON. */
export function readYamlObject(text: string): ReadBody {
  if (text.trimStart().startsWith('{') && isJsonText(text)) return readJsonObject(text)
  if (text.length > MAX_YAML_LENGTH) {
    throw new ApiError(
      'RequestEntityTooLarge',
      `YAML may have ${MAX_YAML_LENGTH} characters: send JSON, which may have ${MAX_BODY_BYTES}`,
    )
  }
  try {
    // The parser's own search for duplicates takes quadratic time.
    const document = parseDocument(text, YAML_OPTIONS)
    const problem = document.errors[0]
    if (problem) throw badRequest(`error decoding YAML: ${problem.message}`)
    const value: unknown = document.toJS({ maxAliasCount: MAX_YAML_ALIASES })
    return { object: toObject(checkShape(value)), duplicates: duplicateKeys(document) }
  } catch (error) {
    if (error instanceof ApiError) throw error
    throw badRequest(`error decoding YAML: ${errorMessage(error)}`)
  }
}

function isJsonText(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** Names of keys that one map has twice. */
function duplicateKeys(document: Document): readonly string[] {
  const found: string[] = []
  visit(document, {
    Map(_key, { items }) {
      const keys = new Set<string>()
      for (const { key } of items) {
        const name = isScalar(key) ? String(key.value) : ''
        if (keys.has(name)) found.push(name)
        keys.add(name)
      }
    },
  })
  return found
}

/** Any JSON value; its depth and keys have been checked. */
export function parseJson(text: string): unknown {
  if (text.trim() === '') throw badRequest('the request has no body')
  return checkShape(parseJsonText(text))
}

/** V8 quotes the text around a mistake, which may be a secret; the position alone is told. */
function parseJsonText(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const position = /at position \d+/.exec(errorMessage(error))?.[0]
    throw badRequest(`error decoding JSON: invalid syntax ${position ?? ''}`.trimEnd())
  }
}

/** Refused rather than repaired: a replaced character would be stored as if it had been meant. */
export function bodyText(request: ApiRequest): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(request.body)
  } catch {
    throw badRequest('the body is not valid UTF-8')
  }
}

export function unsupportedMediaType(type: string, supported: readonly string[]): ApiError {
  return new ApiError(
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${supported.join(', ')} (got "${type}")`,
  )
}

function toObject(value: unknown): JsonObject {
  if (!isJsonObject(value)) throw badRequest('the body must be one JSON object')
  return value
}

function checkShape(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (depth >= MAX_BODY_DEPTH) {
    throw badRequest(`the body is nested deeper than ${MAX_BODY_DEPTH} levels`)
  }
  for (const key of Object.keys(value)) {
    if (FORBIDDEN_KEYS.has(key)) throw badRequest(`the key "${key}" is not allowed`)
  }
  for (const member of Object.values(value)) checkShape(member, depth + 1)
  return value
}
