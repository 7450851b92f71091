import { ownMember } from '../lib/json.ts'
import { UsageError } from './errors.ts'
import { renderJson } from './json-text.ts'
import { findValues, renderTemplate, renderValue } from './jsonpath/evaluate.ts'
import { parsePath, parseTemplate } from './jsonpath/parse.ts'
import type { Path, TemplateNode } from './jsonpath/syntax.ts'
import type { ApiObject } from './objects.ts'
import { OUTPUT_WORDS } from './output-words.ts'
import { readText } from './read-text.ts'
import { renderReference, resourceOfKind } from './resources.ts'
import { printTable } from './table.ts'

/** What `-o` asked for. */
export type OutputFormat =
  | { readonly type: 'Table'; readonly wide: boolean }
  | { readonly type: 'Name' }
  | { readonly type: 'Json' }
  | { readonly type: 'Yaml' }
  | { readonly type: 'JsonPath'; readonly template: readonly TemplateNode[] }
  | { readonly type: 'CustomColumns'; readonly columns: readonly CustomColumn[] }

/** The formats that show whole objects. */
export type DataFormat = Exclude<OutputFormat, { readonly type: 'Table' }>

export interface CustomColumn {
  readonly header: string
  readonly path: Path
}

/** Reads the value of `-o`; absent means the plain table. */
export function parseOutputFormat(text: string | undefined): OutputFormat {
  if (text === undefined || text === '') return { type: 'Table', wide: false }
  const at = text.indexOf('=')
  const word = at === -1 ? text : text.slice(0, at)
  const parse = ownMember(FORMATS, word)
  if (parse) return parse(at === -1 ? '' : text.slice(at + 1))
  throw new UsageError(
    `unable to match a printer suitable for the output format "${word}", allowed formats are: ${OUTPUT_WORDS.join(' ')}`,
  )
}

/** By the word in front of `=`; each gets what stands behind it. */
const FORMATS: Readonly<Partial<Record<string, (argument: string) => OutputFormat>>> = {
  wide: () => ({ type: 'Table', wide: true }),
  name: () => ({ type: 'Name' }),
  json: () => ({ type: 'Json' }),
  yaml: () => ({ type: 'Yaml' }),
  jsonpath: (argument) => {
    if (argument === '') throw new UsageError('template format specified but no template given')
    return { type: 'JsonPath', template: parseTemplate(relax(argument)) }
  },
  'jsonpath-file': (file) => ({ type: 'JsonPath', template: parseTemplate(readText(file)) }),
  'custom-columns': (argument) => ({
    type: 'CustomColumns',
    columns: parseCustomColumns(argument),
  }),
  'custom-columns-file': (file) => ({
    type: 'CustomColumns',
    columns: parseColumnsFile(readText(file)),
  }),
}

/** `.metadata.name` without braces is meant as a path, since as text it would print itself. */
function relax(template: string): string {
  return /^[.$][^{]*$/.test(template) ? `{${template}}` : template
}

function parseCustomColumns(text: string): readonly CustomColumn[] {
  if (text === '')
    throw new UsageError('custom-columns format specified but no custom columns given')
  return text.split(',').map((column) => {
    const at = column.indexOf(':')
    if (at < 1) {
      throw new UsageError(`unexpected custom-columns spec: ${column}, expected HEADER:PATH`)
    }
    return { header: column.slice(0, at), path: parsePath(column.slice(at + 1)) }
  })
}

/** Two lines: the headers, and under them the paths. */
function parseColumnsFile(text: string): readonly CustomColumn[] {
  const [headers = [], paths = []] = text
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
  if (headers.length !== paths.length) {
    throw new UsageError(`the file has ${headers.length} headers and ${paths.length} paths`)
  }
  return headers.map((header, index) => ({ header, path: parsePath(paths[index] ?? '') }))
}

/** The text for one object, or for a List of the objects. */
export async function renderObjects(
  format: DataFormat,
  objects: readonly ApiObject[],
  options: { readonly asList: boolean; readonly noHeaders?: boolean },
): Promise<string> {
  switch (format.type) {
    case 'Name':
      return objects.map((object) => `${nameOf(object)}\n`).join('')
    case 'CustomColumns':
      return renderCustomColumns(format.columns, objects, options.noHeaders === true)
    case 'Json':
      return renderJson(documentOf(objects, options.asList))
    case 'Yaml': {
      const { renderYaml } = await import('./yaml-text.ts')
      return renderYaml(documentOf(objects, options.asList))
    }
    case 'JsonPath':
      return renderTemplate(format.template, documentOf(objects, options.asList))
  }
}

/** kubectl's List around the objects, unless exactly one was asked for by name. */
function documentOf(objects: readonly ApiObject[], asList: boolean): unknown {
  if (!asList) return objects[0]
  return { apiVersion: 'v1', items: objects, kind: 'List', metadata: { resourceVersion: '' } }
}

/** `run.capstan.dev/hello`. */
export function nameOf(object: ApiObject): string {
  const resource = resourceOfKind(object.apiVersion, object.kind)
  if (resource) return renderReference(resource, object.metadata.name)
  return `${object.kind.toLowerCase()}/${object.metadata.name}`
}

function renderCustomColumns(
  columns: readonly CustomColumn[],
  objects: readonly ApiObject[],
  noHeaders: boolean,
): string {
  const rows = objects.map((object) =>
    columns.map(({ path }) => {
      const values = findValues(path, object)
      return values.length === 0 ? '<none>' : values.map((value) => renderValue(value)).join(',')
    }),
  )
  const header = noHeaders ? [] : [columns.map((column) => column.header)]
  return printTable([...header, ...rows]).text
}

/** Without managedFields, which only machines read. */
export function withoutManagedFields(object: ApiObject): ApiObject {
  if (object.metadata['managedFields'] === undefined) return object
  const { managedFields: _, ...metadata } = object.metadata
  return { ...object, metadata: metadata as ApiObject['metadata'] }
}
