import type { Ajv, Options, ValidateFunction } from 'ajv'
import { fullFormats } from 'ajv-formats/dist/formats.js'
import type { PathStep } from '../kinds/placeholder.ts'
import type { ShapeIssue } from '../kinds/values.ts'
import { errorMessage } from '../lib/errors.ts'
import { isJsonObject, type Json, type JsonObject } from '../lib/json.ts'
import { ajvLibrary } from './ajv-library.ts'
import type { Issue } from './problem.ts'
import { toIssues } from './schema-issues.ts'

/** Checks values against schemas that users wrote: parameterSchema of Deployments, variables of WorkPools. */
export interface UserSchemas {
  /** What is wrong with the schema itself; paths start at it. */
  readonly checkSchema: (schema: JsonObject) => readonly Issue[]
  /** What is wrong with the values; a schema that is itself wrong is one issue at the root. */
  readonly checkValues: (schema: JsonObject, values: JsonObject) => readonly ShapeIssue[]
}

/** Compiled schemas that are kept; a controller has one per Deployment that launches now and then. */
const MAX_COMPILED = 200

/** Formats that need no expensive expression. */
const FORMATS = ['date', 'date-time', 'time', 'duration', 'uuid', 'ipv4', 'ipv6'] as const

type Compiled =
  | { readonly ok: true; readonly validate: ValidateFunction }
  | { readonly ok: false; readonly issues: readonly Issue[] }

/**
 * Keeps what it compiled. Patterns are refused, because an expression of a user's could stop the
 * controller for minutes, and so are references to other documents.
 */
export function createUserSchemas(): UserSchemas {
  const compiled = new Map<string, Compiled>()
  let compileSchema: CompileSchema | undefined
  const compile = (schema: JsonObject): Compiled => {
    const text = JSON.stringify(schema)
    const known = compiled.get(text)
    if (known) return known
    compileSchema ??= createCompiler()
    const made = compileSchema(schema)
    const [oldest] = compiled.keys()
    if (compiled.size >= MAX_COMPILED && oldest !== undefined) compiled.delete(oldest)
    compiled.set(text, made)
    return made
  }
  return {
    checkSchema(schema) {
      const result = compile(schema)
      return result.ok ? [] : result.issues
    },
    checkValues(schema, values) {
      const result = compile(schema)
      return result.ok ? issuesOf(result.validate, values) : [NOT_USABLE]
    },
  }
}

const NOT_USABLE: ShapeIssue = {
  path: [],
  message: 'the schema is not valid, so nothing can be checked against it',
}

type CompileSchema = (schema: JsonObject) => Compiled

/**
 * The meta-schema is compiled once; each schema is compiled in an ajv instance of its own, because a shared one
 * would keep something of every schema that it has seen.
 */
function createCompiler(): CompileSchema {
  const judge = createAjv({})
  return (schema) => {
    const issues = forbiddenKeywords(schema, [])
    if (issues.length > 0) return { ok: false, issues }
    const typed = { type: 'object', ...schema }
    try {
      // Throws; a promise is for schemas that say $async.
      void judge.validateSchema(typed, true)
      const ajv = createAjv({ meta: false, validateSchema: false })
      return { ok: true, validate: ajv.compile(typed) }
    } catch (error) {
      const message = `not a valid JSON Schema: ${errorMessage(error)}`
      return { ok: false, issues: [{ code: 'InvalidSchema', path: [], message }] }
    }
  }
}

function createAjv(options: Options): Ajv {
  const { Ajv } = ajvLibrary()
  return new Ajv({
    allErrors: true,
    verbose: true,
    strict: false,
    logger: false,
    formats: Object.fromEntries(FORMATS.map((name) => [name, fullFormats[name]])),
    // Optimizing takes as long as all else, and the values are few.
    code: { optimize: false },
    ...options,
  })
}

/** A schema can refer to itself without end; that only shows when it is used. */
function issuesOf(validate: ValidateFunction, values: JsonObject): readonly ShapeIssue[] {
  try {
    if (validate(values)) return []
  } catch {
    return [NOT_USABLE]
  }
  return toIssues(validate.errors ?? []).map(({ path, message }) => ({ path, message }))
}

/** Longest chain of nested schemas; deeper ones are a mistake or an attack. */
const MAX_SCHEMA_DEPTH = 32

function forbiddenKeywords(schema: Json, path: readonly PathStep[]): readonly Issue[] {
  if (path.length > MAX_SCHEMA_DEPTH) {
    return [
      { code: 'InvalidSchema', path, message: `nested deeper than ${MAX_SCHEMA_DEPTH} levels` },
    ]
  }
  if (Array.isArray(schema)) {
    return schema.flatMap((item: Json, index) => forbiddenKeywords(item, [...path, index]))
  }
  if (!isJsonObject(schema)) return []
  return Object.entries(schema).flatMap(([key, value]): readonly Issue[] => {
    if (value === undefined || DATA_KEYWORDS.includes(key)) return []
    const at = [...path, key]
    // Below these, keys are names of properties and not keywords.
    if (NAMED_SCHEMAS.includes(key) && isJsonObject(value)) {
      return Object.entries(value).flatMap(([name, item]) =>
        item === undefined ? [] : forbiddenKeywords(item, [...at, name]),
      )
    }
    const refusal = refusalOf(key, value)
    if (refusal === undefined) return forbiddenKeywords(value, at)
    return [{ code: 'InvalidSchema', path: at, atKey: true, message: refusal }]
  })
}

const DATA_KEYWORDS: readonly string[] = ['default', 'examples', 'enum', 'const']
const NAMED_SCHEMAS: readonly string[] = ['properties', '$defs', 'definitions', 'dependentSchemas']

function refusalOf(keyword: string, value: Json): string | undefined {
  if (keyword === 'pattern' || keyword === 'patternProperties') {
    return `'${keyword}' is not supported, because an expression can take minutes to match; use enum, format or maxLength`
  }
  if (keyword === '$ref' && !(typeof value === 'string' && value.startsWith('#'))) {
    return 'only references inside the schema (#/...) are supported'
  }
  return keyword === '$id' || keyword === '$async' || keyword === '$dynamicRef'
    ? `'${keyword}' is not supported`
    : undefined
}
