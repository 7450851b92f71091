import { compile } from 'json-schema-to-typescript'
import { allDefinitions, refName, type Schema, type Schemas } from './schemas.ts'

const HEADER = `// Generated from schemas/ by \`npm run gen\`. Do not edit.
import type { Json, JsonObject } from '../lib/json.ts'

`

const WRITTEN_TEMPLATE = `
/** Fields of a template that merge key by key. */
export type MergedMapField = 'env' | 'secrets' | 'labels' | 'cloudwatchLogsOptions'

/**
 * A template as people write it: null removes what a weaker level set, and any value may be a
 * placeholder. TemplateSpec is what is left after merging and rendering.
 */
export type WrittenTemplate = {
  readonly [Field in keyof TemplateSpec]?:
    | (Field extends MergedMapField ? Readonly<Record<string, Scalar>> : TemplateSpec[Field])
    | string
    | null
}
`

/** The whole of src/kinds/generated.ts: the types of every spec, and the schemas as data. */
export async function renderGeneratedModule(schemas: Schemas): Promise<string> {
  const definitions = Object.fromEntries(
    [...allDefinitions(schemas)].map(([name, schema]) => [name, toTypeSchema(schema)]),
  )
  const source = { title: 'Unused', type: 'object', additionalProperties: false, definitions }
  const types = await compile(source as Parameters<typeof compile>[0], 'Unused', {
    bannerComment: '',
    unreachableDefinitions: true,
    ignoreMinAndMaxItems: true,
    unknownAny: true,
    style: { semi: false, singleQuote: true, printWidth: 100 },
  })
  return HEADER + tidy(types) + WRITTEN_TEMPLATE + renderData(schemas)
}

/** The schema as the type generator wants it: references by name, null as a type, nothing but shape and text. */
function toTypeSchema(schema: Schema): Record<string, unknown> {
  if (schema.$ref !== undefined) {
    const name = refName(schema.$ref)
    return withDescription({ tsType: name === 'TemplateSpec' ? 'WrittenTemplate' : name }, schema)
  }
  if (schema.tsType !== undefined) return withDescription({ tsType: schema.tsType }, schema)
  const { properties, items, anyOf, additionalProperties, required, type } = schema
  return withDescription(
    {
      ...(type !== undefined && { type: schema.nullable ? [type, 'null'] : type }),
      ...(schema.enum && { enum: schema.enum }),
      ...(required && { required }),
      ...(properties && { properties: mapValues(properties, toTypeSchema) }),
      ...(items && { items: toTypeSchema(items) }),
      ...(anyOf && { anyOf: anyOf.map(toTypeSchema) }),
      ...(additionalProperties !== undefined && {
        additionalProperties: additionalProperties && toTypeSchema(additionalProperties),
      }),
    },
    schema,
  )
}

function withDescription(result: Record<string, unknown>, schema: Schema): Record<string, unknown> {
  return schema.description === undefined ? result : { ...result, description: schema.description }
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, map: (value: T) => U) {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]))
}

/** Readonly members and lists, without the generator's remarks on itself. */
function tidy(types: string): string {
  return types
    .replace(/export interface Unused \{\}\n/, '')
    .replace(/ \*\n \* This interface was referenced by[^/]*\*\//g, ' */')
    .replace(/\/\*\*\n \* This interface was referenced by[^/]*\*\/\n/g, '')
    .replace(/^export interface (\w+) \{/gm, 'export type $1 = {')
    .replace(/^( *)\/\*\*\n *\* (.*)\n *\*\/$/gm, '$1/** $2 */')
    .replace(/^( +)(['"\w$-]+\??:|\[k: string\]:)/gm, '$1readonly $2')
    .replace(/(\w+|\([^()]*\))\[\]/g, 'readonly $1[]')
}

function renderData(schemas: Schemas): string {
  const names = Object.keys(schemas).map((name) => `'${name}'`)
  return `
export type SchemaName = ${names.join(' | ')}

/** The files of schemas/, as data, so that nothing has to find them at run time. */
export const SCHEMAS: Readonly<Record<SchemaName, JsonObject>> = ${JSON.stringify(schemas, null, 2)}
`
}
