import type { Kind } from '../kinds/meta.ts'
import { isJsonObject, type JsonObject } from '../lib/json.ts'
import { type Issue, renderPath } from '../manifest/problem.ts'
import { type ApiError, badRequest, invalid, type StatusCause } from './errors.ts'
import type { ValidateObject } from './ports.ts'
import { KIND_RESOURCES } from './resources.ts'
import type { FieldValidation } from './write-options.ts'

export interface CheckedObject {
  /** Without the fields that its kind does not have. */
  readonly object: JsonObject
  /** For the Warning headers. */
  readonly warnings: readonly string[]
}

/** An object with more unknown fields than this is no slip of the pen. */
const MAX_PRUNED = 1_000
/** Fields can be unknown to one alternative of a schema after the other; each round looks at the whole object. */
const MAX_PRUNE_ROUNDS = 10

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
    const first = validate(kind, current)
    const texts = (issues: readonly Issue[]): readonly string[] =>
      issues.map(({ path }) => `unknown field "${renderPath(path)}"`)
    if (mode === 'Strict' && unknownIn(first).length > 0) {
      throw strictError(kind, texts(unknownIn(first)))
    }
    // The few that are told first are all there is, but for objects that are wrong in many places.
    const issues = first.length > 0 ? validate(kind, current, MAX_PRUNED + 1) : first
    const unknown = unknownIn(issues)
    if (unknown.length === 0) {
      if (first.length > 0) throw invalid(KIND_RESOURCES[kind], nameOf(object), first.map(toCause))
      return { object: current, warnings: mode === 'Warn' ? warnings : [] }
    }
    if (unknown.length + warnings.length > MAX_PRUNED) break
    warnings.push(...texts(unknown))
    const pruned = unknown.reduce((rest, { path }) => withoutPath(rest, path), current)
    // A field that cannot be taken away (it was written under another name) cannot be ignored either.
    if (pruned === current)
      throw invalid(KIND_RESOURCES[kind], nameOf(object), unknown.map(toCause))
    current = pruned
  }
  throw badRequest(`the object has more than ${MAX_PRUNED} unknown fields`)
}

function unknownIn(issues: readonly Issue[]): readonly Issue[] {
  return issues.filter(({ code }) => code === 'UnknownField')
}

/**
 * What is done about fields that stand twice in a body: an error, warnings or nothing, as for unknown
 * fields. The last of them counts where it is no error.
 */
export function checkDuplicates(
  kind: string,
  duplicates: readonly string[],
  mode: FieldValidation,
): readonly string[] {
  const texts = duplicates.map((path) => `duplicate field "${path}"`)
  if (texts.length > 0 && mode === 'Strict') throw strictError(kind, texts)
  return mode === 'Warn' ? texts : []
}

function strictError(kind: string, texts: readonly string[]): ApiError {
  return badRequest(
    `${kind} in version "v1" cannot be handled as a ${kind}: strict decoding error: ${texts.join(', ')}`,
  )
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
