import type { Kind } from '../kinds/meta.ts'
import { isJsonObject, type JsonObject } from '../lib/json.ts'
import { type Issue, renderPath } from '../manifest/problem.ts'
import { badRequest, invalid, type StatusCause } from './errors.ts'
import type { ValidateObject } from './ports.ts'
import { KIND_RESOURCES } from './resources.ts'
import type { FieldValidation } from './write-options.ts'

export interface CheckedObject {
  /** Without the fields that its kind does not have. */
  readonly object: JsonObject
  /** For the Warning headers. */
  readonly warnings: readonly string[]
}

/** Unknown fields are found a batch at a time; an object with more batches than this is refused. */
const MAX_PRUNE_ROUNDS = 50

/**
 * Checks an object against its kind. Unknown fields are an error, a warning or dropped silently,
 * as `mode` says; every other problem is an Invalid with one cause per problem.
 */
export function checkFields(
  validate: ValidateObject,
  kind: Kind,
  object: JsonObject,
  mode: FieldValidation,
): CheckedObject {
  const warnings: string[] = []
  let current = object
  for (let round = 0; round < MAX_PRUNE_ROUNDS; round++) {
    const issues = validate(kind, current)
    const unknown = issues.filter(({ code }) => code === 'UnknownField')
    if (unknown.length === 0) {
      if (issues.length > 0)
        throw invalid(KIND_RESOURCES[kind], nameOf(object), issues.map(toCause))
      return { object: current, warnings: mode === 'Warn' ? warnings : [] }
    }
    const texts = unknown.map(({ path }) => `unknown field "${renderPath(path)}"`)
    if (mode === 'Strict') {
      throw badRequest(
        `${kind} in version "v1" cannot be handled as a ${kind}: strict decoding error: ${texts.join(', ')}`,
      )
    }
    warnings.push(...texts)
    const pruned = unknown.reduce((rest, { path }) => withoutPath(rest, path), current)
    // A field that cannot be taken away (it was written under another name) cannot be ignored either.
    if (pruned === current)
      throw invalid(KIND_RESOURCES[kind], nameOf(object), unknown.map(toCause))
    current = pruned
  }
  throw badRequest('the object has too many unknown fields')
}

function toCause({ code, path, message, hint }: Issue): StatusCause {
  const field = path.length === 0 ? '<root>' : renderPath(path)
  if (code === 'Missing') return { reason: 'FieldValueRequired', message: 'Required value', field }
  const advice = hint === undefined ? '' : ` (${hint})`
  return { reason: 'FieldValueInvalid', message: `Invalid value: ${message}${advice}`, field }
}

function nameOf(object: JsonObject): string {
  const metadata = object['metadata']
  const name = isJsonObject(metadata) ? (metadata['name'] ?? metadata['generateName']) : undefined
  return typeof name === 'string' ? name : ''
}

/** The object without the member at `path`; the object itself when nothing is there. */
function withoutPath(object: JsonObject, path: Issue['path']): JsonObject {
  return removeAt(object, path) as JsonObject
}

function removeAt(value: unknown, [step, ...rest]: Issue['path']): unknown {
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value
    const next = removeAt(items[Number(step)], rest)
    return next === items[Number(step)] ? items : items.with(Number(step), next)
  }
  // Keys that consist of digits come as numbers.
  const key = String(step)
  if (!isJsonObject(value) || !Object.hasOwn(value, key)) return value
  if (rest.length === 0)
    return Object.fromEntries(Object.entries(value).filter(([name]) => name !== key))
  const next = removeAt(value[key], rest)
  return next === value[key] ? value : { ...value, [key]: next }
}
