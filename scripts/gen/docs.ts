import { allDefinitions, refName, type Schema, type SchemaName, type Schemas } from './schemas.ts'

const BEGIN = '<!-- fields: generated from schemas/ by `npm run gen` -->'
const END = '<!-- end of fields -->'

/** The page with its field tables renewed; what stands outside the markers is written by hand and stays. */
export function renderPage(schemas: Schemas, page: SchemaName, current: string): string {
  const fields = `${BEGIN}\n${renderFields(schemas, page)}${END}`
  const begin = current.indexOf(BEGIN)
  const end = current.indexOf(END)
  if (begin < 0 || end < begin) {
    return `${current || `# ${page}\n`}\n${fields}\n`
  }
  return current.slice(0, begin) + fields + current.slice(end + END.length)
}

function renderFields(schemas: Schemas, page: SchemaName): string {
  const definitions = allDefinitions(schemas)
  const start =
    page === 'template' ? 'TemplateSpec' : refName(schemas[page].properties?.['spec']?.$ref ?? '')
  const sections: string[] = []
  const names = [start]
  for (const name of names) {
    const schema = definitions.get(name)
    if (schema?.properties === undefined) continue
    sections.push(renderSection(name === start ? 'Fields' : name, schema))
    for (const found of referencesOf(schema)) {
      const elsewhere = found === 'TemplateSpec'
      if (!elsewhere && !names.includes(found)) names.push(found)
    }
  }
  return sections.join('\n')
}

function renderSection(title: string, schema: Schema): string {
  const rows = Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const required = schema.required?.includes(name) ? ' (required)' : ''
    const cells = [
      `\`${name}\`${required}`,
      renderType(property),
      renderDefault(property),
      property.description ?? '',
    ]
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  })
  const level = title === 'Fields' ? '##' : '###'
  const intro = title === 'Fields' ? '' : `${schema.description ?? ''}\n\n`
  return `${level} ${title}\n\n${intro}| field | type | default | meaning |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n`
}

function renderDefault(schema: Schema): string {
  return schema.default === undefined ? '' : `\`${JSON.stringify(schema.default)}\``
}

function renderType(schema: Schema): string {
  if (schema.$ref !== undefined) return renderReference(refName(schema.$ref))
  if (schema.anyOf) return schema.anyOf.map(renderType).join(' or ')
  if (schema.enum) return schema.enum.map((word) => `\`${word}\``).join(', ')
  if (schema.type === 'array') return `list of ${renderType(schema.items ?? {})}`
  if (schema.type === 'object' && schema.additionalProperties) {
    return `map of ${renderType(schema.additionalProperties)}`
  }
  return `${schema.type ?? 'any'}${renderRange(schema)}`
}

function renderRange({ minimum, maximum, format }: Schema): string {
  if (format !== undefined) return ` (${format})`
  if (minimum !== undefined && maximum !== undefined) return ` ${minimum}–${maximum}`
  return minimum === undefined ? '' : ` ≥ ${minimum}`
}

/** Words for definitions that need no table of their own. */
const PLAIN_WORDS: Readonly<Record<string, string>> = {
  ObjectName: 'name',
  Slug: 'name',
  Scalar: 'text, number, boolean or null',
  StringMap: 'map of string',
  ParameterValues: 'object',
  ValueSchema: 'JSON Schema',
  LabelFilter: 'map of string or list',
  TaskSize: 'string or integer',
}

function renderReference(name: string): string {
  if (name === 'TemplateSpec') return '[template](template.md)'
  return PLAIN_WORDS[name] ?? `[${name}](#${name.toLowerCase()})`
}

/** Names of the definitions that a schema refers to, in the order of its text. */
function referencesOf(schema: Schema): readonly string[] {
  const found = JSON.stringify(schema).match(/(?<="\$ref":")[^"]+/g)
  return found?.map(refName) ?? []
}
