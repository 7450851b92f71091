import { isJsonObject, type Json, type JsonObject } from '../../lib/json.ts'

/**
 * Brings JSON Schema down to the OpenAPI 3.0 dialect that kubectl reads. kubectl rejects the whole
 * document for a numeric exclusiveMinimum or a boolean schema, and `explain` fails on a list of types
 * (measured, kubectl 1.29 to 1.33).
 */

/** Prefix of Capstan's own definitions, in the manner of Kubernetes' Go packages. */
export const DEFINITION_PREFIX = 'dev.capstan.v1.'
export const OBJECT_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'

/** Keywords that OpenAPI has no word for, or whose meaning differs. What they say, the server checks itself. */
const DROPPED: ReadonlySet<string> = new Set([
  '$schema',
  '$id',
  '$defs',
  '$comment',
  'anyOf',
  'const',
  'else',
  'examples',
  'if',
  'not',
  'oneOf',
  'patternProperties',
  'propertyNames',
  'then',
  'title',
  'tsType',
  'x-message',
])

/** Keywords whose value is one schema, and those whose values are schemas by name. */
const SCHEMA_KEYWORDS: readonly string[] = ['items', 'additionalProperties']
const SCHEMA_MAP_KEYWORDS: readonly string[] = ['properties']

/** Gives the definition that a `$ref` means; the schema files refer to each other by file name. */
export type ResolveRef = (ref: string) => string

/** A schema in OpenAPI's dialect; `resolve` turns the references. */
export function toOpenApiSchema(schema: JsonObject, resolve: ResolveRef): JsonObject {
  const { $ref: ref, ...rest } = schema
  const converted = convertMembers(rest, resolve)
  if (typeof ref === 'string') return withReference(converted, resolve(ref))
  if (isOpen(schema)) return { ...converted, 'x-kubernetes-preserve-unknown-fields': true }
  return converted
}

/** OpenAPI ignores what stands beside a $ref, so a reference with a description is wrapped. */
function withReference(members: JsonObject, ref: string): JsonObject {
  const reference = { $ref: ref }
  return Object.keys(members).length === 0 ? reference : { ...members, allOf: [reference] }
}

/** A value of several types, or any value at all: OpenAPI's structural schemas have no better word. */
function isOpen(schema: JsonObject): boolean {
  return schema['anyOf'] !== undefined || schema['oneOf'] !== undefined
}

function convertMembers(schema: JsonObject, resolve: ResolveRef): JsonObject {
  const entries = Object.entries(schema).flatMap(([keyword, value]): [string, Json][] => {
    if (DROPPED.has(keyword) || value === undefined) return []
    return convertMember(keyword, value, resolve)
  })
  return Object.fromEntries(entries)
}

function convertMember(keyword: string, value: Json, resolve: ResolveRef): [string, Json][] {
  if (keyword === 'exclusiveMinimum' && typeof value === 'number') {
    return [
      ['minimum', value],
      ['exclusiveMinimum', true],
    ]
  }
  if (keyword === 'exclusiveMaximum' && typeof value === 'number') {
    return [
      ['maximum', value],
      ['exclusiveMaximum', true],
    ]
  }
  if (keyword === 'type' && Array.isArray(value)) return convertTypes(value)
  if (SCHEMA_KEYWORDS.includes(keyword)) return convertSubschema(keyword, value, resolve)
  if (SCHEMA_MAP_KEYWORDS.includes(keyword) && isJsonObject(value)) {
    return [[keyword, convertMap(value, resolve)]]
  }
  return [[keyword, value]]
}

function convertTypes(types: readonly Json[]): [string, Json][] {
  const others = types.filter((type) => type !== 'null')
  const nullable: [string, Json][] = types.includes('null') ? [['nullable', true]] : []
  const [only] = others
  return others.length === 1 && only !== undefined ? [['type', only], ...nullable] : nullable
}

/** `false` is what a structural schema means anyway; an empty schema takes everything. */
function convertSubschema(keyword: string, value: Json, resolve: ResolveRef): [string, Json][] {
  if (!isJsonObject(value)) return []
  if (Object.keys(value).length === 0) return [['x-kubernetes-preserve-unknown-fields', true]]
  return [[keyword, toOpenApiSchema(value, resolve)]]
}

function convertMap(schemas: JsonObject, resolve: ResolveRef): JsonObject {
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [
      name,
      isJsonObject(schema) ? toOpenApiSchema(schema, resolve) : {},
    ]),
  )
}
