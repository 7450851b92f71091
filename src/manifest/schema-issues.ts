import type { ErrorObject } from 'ajv'
import type { PathStep } from '../kinds/placeholder.ts'
import { isJsonObject, type Json, type JsonObject, ownMember } from '../lib/json.ts'
import { nearest } from '../lib/nearest.ts'
import type { Issue, ProblemCode } from './problem.ts'

/** Lists of allowed words up to this length are printed whole. */
const MAX_WORDS_LISTED = 16

type Describe = (error: ErrorObject, path: readonly PathStep[]) => Issue | undefined

/** What each keyword of JSON Schema says when it is broken. Keywords that are missing here only repeat others. */
const DESCRIBE: Readonly<Record<string, Describe>> = {
  additionalProperties: unknownField,
  required: missingField,
  type: wrongType,
  anyOf: wrongAlternative,
  enum: notAllowed,
  const: notAllowed,
  minimum: (error, path) => outOfRange(path, `at least ${paramOf(error, 'limit')}`, error.data),
  maximum: (error, path) => outOfRange(path, `at most ${paramOf(error, 'limit')}`, error.data),
  exclusiveMinimum: (error, path) =>
    outOfRange(path, `more than ${paramOf(error, 'limit')}`, error.data),
  exclusiveMaximum: (error, path) =>
    outOfRange(path, `less than ${paramOf(error, 'limit')}`, error.data),
  multipleOf: (error, path) =>
    outOfRange(path, `a multiple of ${paramOf(error, 'multipleOf')}`, error.data),
  minLength: (error, path) => wrongLength(error, path, 'least', 'characters'),
  maxLength: (error, path) => wrongLength(error, path, 'most', 'characters'),
  minItems: (error, path) => wrongLength(error, path, 'least', 'items'),
  maxItems: (error, path) => wrongLength(error, path, 'most', 'items'),
  minProperties: (error, path) => wrongLength(error, path, 'least', 'keys'),
  maxProperties: (error, path) => wrongLength(error, path, 'most', 'keys'),
  uniqueItems: (_, path) => issue('NotAllowed', path, 'the items must differ'),
  pattern: wrongPattern,
  propertyNames: wrongName,
  format: wrongFormat,
}

/**
 * Issues from what ajv found (allErrors and verbose). One fault gives one issue: an alternative that was
 * not meant says nothing, and neither do keywords that only repeat what is inside of them. Looks no
 * further once `max` are found: a large object can be wrong in a hundred thousand places.
 */
export function toIssues(
  errors: readonly ErrorObject[],
  max = Number.POSITIVE_INFINITY,
): readonly Issue[] {
  const placesOf = (wanted: string): ReadonlySet<string> =>
    new Set(
      errors.filter(({ keyword }) => keyword === wanted).map(({ instancePath }) => instancePath),
    )
  const alternatives = placesOf('anyOf')
  const wrongTypes = placesOf('type')
  const isRepetition = ({ keyword, instancePath, propertyName }: ErrorObject): boolean => {
    // What is wrong with the name of a key is said by propertyNames.
    if (propertyName !== undefined) return true
    const isAlternative = alternatives.has(instancePath)
    // anyOf names the types that a value may have; what else a value of the wrong type breaks does not matter.
    return keyword === 'type' ? isAlternative : !isAlternative && wrongTypes.has(instancePath)
  }
  const issues: Issue[] = []
  for (const error of errors) {
    if (issues.length >= max) break
    const found = isRepetition(error)
      ? undefined
      : DESCRIBE[error.keyword]?.(error, toPath(error.instancePath))
    if (found) issues.push(found)
  }
  return issues
}

/** Steps of a JSON pointer. Digits are taken for an index, which only the message shows. */
export function toPath(pointer: string): readonly PathStep[] {
  if (pointer === '') return []
  return pointer
    .slice(1)
    .split('/')
    .map((part) => {
      const step = part.replaceAll('~1', '/').replaceAll('~0', '~')
      return /^\d+$/.test(step) ? Number(step) : step
    })
}

function issue(
  code: ProblemCode,
  path: readonly PathStep[],
  message: string,
  hint?: string,
): Issue {
  return { code, path, message, ...(hint !== undefined && { hint }) }
}

function paramOf(error: ErrorObject, name: string): string {
  return String((error.params as Record<string, unknown>)[name])
}

function parentOf(error: ErrorObject): JsonObject {
  return isJsonObject(error.parentSchema) ? error.parentSchema : {}
}

function unknownField(error: ErrorObject, path: readonly PathStep[]): Issue {
  const name = paramOf(error, 'additionalProperty')
  const properties = parentOf(error)['properties']
  const allowed = isJsonObject(properties) ? Object.keys(properties) : []
  const isPresent = (field: string): boolean =>
    isJsonObject(error.data) && Object.hasOwn(error.data, field)
  const near = nearest(
    name,
    allowed.filter((field) => !isPresent(field)),
  )
  const list = allowed.length <= MAX_WORDS_LISTED ? `; the fields are ${allowed.join(', ')}` : ''
  const way = near === undefined ? list : `; did you mean '${near}'?`
  const found: Issue = {
    code: 'UnknownField',
    path: [...path, name],
    atKey: true,
    message: `unknown field '${name}'${way}`,
  }
  const hint = ownMember(FIELD_HINTS, name)
  return hint === undefined || near !== undefined ? found : { ...found, hint }
}

/** Where people look for something else under a name that other tools use. */
const FIELD_HINTS: Readonly<Record<string, string>> = {
  awsvpcConfiguration:
    'write subnets, securityGroups and assignPublicIp directly under networkConfiguration',
  environment: 'the environment is a map under template.env',
  jobVariables: 'values of the pool are called variables',
  job_variables: 'values of the pool are called variables',
  containers: 'further containers are called sidecars',
  args: 'everything that is to be run stands in command',
  schedule: 'schedules is a list',
  tags: 'tags of the task are called labels',
}

function missingField(error: ErrorObject, path: readonly PathStep[]): Issue {
  const name = paramOf(error, 'missingProperty')
  return issue('Missing', [...path, name], `'${name}' is missing`)
}

function wrongType(error: ErrorObject, path: readonly PathStep[]): Issue {
  return mismatch(path, [paramOf(error, 'type')], error.data)
}

function mismatch(path: readonly PathStep[], types: readonly string[], data: unknown): Issue {
  const expected = [...new Set(types.map((type) => TYPE_WORDS[type] ?? type))].join(' or ')
  const isFraction = typeof data === 'number' && types.includes('integer')
  const message = `expected ${expected}, found ${isFraction ? 'a fraction' : describeValue(data)}`
  const isPlain = typeof data === 'number' || typeof data === 'boolean'
  if (isPlain && types.includes('string')) {
    return { ...issue('WrongType', path, message, 'write it in quotes'), wantsText: true }
  }
  return issue('WrongType', path, message, data === null ? EMPTY_HINT : undefined)
}

const EMPTY_HINT = 'give it a value, or remove the key'

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  object: 'a map',
  array: 'a list',
  null: 'null',
}

/** The sort of a value. The value itself is never shown: it may be a secret. */
function describeValue(data: unknown): string {
  if (data === null) return 'nothing'
  if (Array.isArray(data)) return 'a list'
  if (typeof data === 'string') return 'text'
  return typeof data === 'object' ? 'a map' : `a ${typeof data}`
}

/** None of the alternatives has the type of the value; where one has, its own errors say more. */
function wrongAlternative(error: ErrorObject, path: readonly PathStep[]): Issue | undefined {
  const branches = Array.isArray(error.schema) ? (error.schema as readonly Json[]) : []
  const types = branches.flatMap(typesOf)
  return types.some((type) => isOfType(error.data, type))
    ? undefined
    : mismatch(path, types, error.data)
}

/** Types that an alternative takes; a reference in one always names a map. */
function typesOf(branch: Json): readonly string[] {
  if (!isJsonObject(branch)) return []
  return typeof branch['type'] === 'string' ? [branch['type']] : ['object']
}

function isOfType(data: unknown, type: string): boolean {
  if (type === 'array') return Array.isArray(data)
  if (type === 'object') return isJsonObject(data)
  if (type === 'integer') return Number.isInteger(data)
  return type === 'null' ? data === null : typeof data === type
}

function notAllowed(error: ErrorObject, path: readonly PathStep[]): Issue {
  const { allowedValues, allowedValue } = error.params as Record<string, unknown>
  const words = (Array.isArray(allowedValues) ? allowedValues : [allowedValue]).map(
    (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value)),
  )
  const near = typeof error.data === 'string' ? nearest(error.data, words) : undefined
  const way = near === undefined ? '' : `; did you mean ${near}?`
  return issue(
    'NotAllowed',
    path,
    `must be ${words.length > 1 ? 'one of ' : ''}${words.join(', ')}${way}`,
  )
}

function outOfRange(path: readonly PathStep[], range: string, data: unknown): Issue {
  return issue('OutOfRange', path, `must be ${range}, found ${String(data)}`)
}

function wrongLength(
  error: ErrorObject,
  path: readonly PathStep[],
  bound: 'least' | 'most',
  unit: string,
): Issue {
  const limit = paramOf(error, 'limit')
  if (bound === 'least' && limit === '1') return issue('OutOfRange', path, 'must not be empty')
  return issue('OutOfRange', path, `must have at ${bound} ${limit} ${unit}`)
}

function wrongPattern(error: ErrorObject, path: readonly PathStep[]): Issue {
  const wanted = parentOf(error)['x-message']
  return issue(
    'InvalidFormat',
    path,
    typeof wanted === 'string' ? `must be ${wanted}` : 'has the wrong form',
  )
}

function wrongName(error: ErrorObject, path: readonly PathStep[]): Issue {
  const name = paramOf(error, 'propertyName')
  const wanted = isJsonObject(error.schema) ? error.schema['x-message'] : undefined
  const message = `'${name}' must be ${typeof wanted === 'string' ? wanted : 'another name'}`
  return { code: 'InvalidFormat', path: [...path, name], atKey: true, message }
}

const FORMAT_WORDS: Readonly<Record<string, string>> = {
  'date-time': 'a time such as 2026-03-01T08:00:00Z (RFC 3339)',
  uri: 'a URL such as https://example.com/path',
}

function wrongFormat(error: ErrorObject, path: readonly PathStep[]): Issue {
  const format = paramOf(error, 'format')
  return issue(
    'InvalidFormat',
    path,
    `must be ${FORMAT_WORDS[format] ?? `of the format ${format}`}`,
  )
}
