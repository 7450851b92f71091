import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** A JSON Schema, or any part of one, as far as the generators look into it. */
export interface Schema {
  readonly $ref?: string
  readonly title?: string
  readonly description?: string
  readonly type?: string
  readonly nullable?: boolean
  readonly enum?: readonly (string | number)[]
  readonly const?: string
  readonly default?: unknown
  readonly format?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly maxLength?: number
  readonly maxItems?: number
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly additionalProperties?: Schema | false
  readonly $defs?: Readonly<Record<string, Schema>>
  readonly tsType?: string
}

export const SCHEMA_NAMES = [
  'common',
  'template',
  'workpool',
  'deployment',
  'run',
  'automation',
] as const
export type SchemaName = (typeof SCHEMA_NAMES)[number]
export type Schemas = Readonly<Record<SchemaName, Schema>>

/** Absolute path of a file of this repository. */
export function repositoryPath(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url))
}

export function readSchemas(): Schemas {
  const entries = SCHEMA_NAMES.map((name) => {
    const text = readFileSync(repositoryPath(`schemas/${name}.schema.json`), 'utf8')
    return [name, JSON.parse(text) as Schema] as const
  })
  return Object.fromEntries(entries) as unknown as Schemas
}

/** What a `$ref` names: the last part of its pointer, or TemplateSpec for the template schema as a whole. */
export function refName(ref: string): string {
  if (ref === 'template.schema.json') return 'TemplateSpec'
  const name = ref.split('/').at(-1)
  if (name === undefined) throw new Error(`not a reference to a definition: ${ref}`)
  return name
}

/** All definitions of all files by name; a name stands for one type, so it may exist once only. */
export function allDefinitions(schemas: Schemas): ReadonlyMap<string, Schema> {
  const definitions = new Map<string, Schema>()
  for (const schema of Object.values(schemas)) {
    for (const [name, definition] of Object.entries(schema.$defs ?? {})) {
      if (definitions.has(name)) throw new Error(`two definitions are called ${name}`)
      definitions.set(name, definition)
    }
  }
  const { $defs: _parts, ...template } = schemas.template
  return definitions.set('TemplateSpec', template)
}
