import type { CliContext, Connection } from '../context.ts'
import { isReason, ManyErrors, UsageError } from '../errors.ts'
import { fetchTable, fetchTarget } from '../fetch.ts'
import { findValues } from '../jsonpath/evaluate.ts'
import { parsePath } from '../jsonpath/parse.ts'
import type { ApiObject } from '../objects.ts'
import type { Options } from '../options.ts'
import {
  type DataFormat,
  type OutputFormat,
  parseOutputFormat,
  renderObjects,
  withoutManagedFields,
} from '../output-format.ts'
import { type Resource, renderType } from '../resources.ts'
import { selectorQuery, selectTargets } from '../selection.ts'
import { cellsOf, headerOf, type ServerTable, type TableView } from '../server-table.ts'
import { createComparison } from '../sort.ts'
import { printTable } from '../table.ts'
import type { Target } from '../targets.ts'
import { copyTo } from '../terminal.ts'

/** What one `get` works with. */
export interface GetRequest {
  readonly context: CliContext
  readonly connection: Connection
  readonly options: Options
  readonly format: OutputFormat
  readonly view: TableView
}

/** `capstan get`: tables as the server lays them out, or whole objects with -o. */
export async function get(
  context: CliContext,
  words: readonly string[],
  options: Options,
): Promise<number> {
  const connection = await context.connect(options)
  const raw = options.text('raw')
  if (raw !== undefined) return getRaw(context, connection, raw)
  if (options.flag('history')) {
    const { getHistory } = await import('./get-history.ts')
    return getHistory(context, connection, words, options)
  }
  const format = parseOutputFormat(options.text('output'))
  const targets = await selectTargets(context, connection, words, options)
  const request = { context, connection, options, format, view: readView(options, format) }
  if (options.flag('watch') || options.flag('watch-only')) {
    const [target] = targets
    if (!target || targets.length > 1) {
      throw new UsageError('you may only watch one kind, or one object, at a time')
    }
    const { watchTarget } = await import('./get-watch.ts')
    return watchTarget(request, target)
  }
  return format.type === 'Table'
    ? printTables(request, targets)
    : printObjects(request, targets, format)
}

async function getRaw(context: CliContext, connection: Connection, path: string): Promise<number> {
  const body = await connection.client.stream({ path, accept: '*/*' })
  await copyTo(context.stdout, body)
  return 0
}

function readView(options: Options, format: OutputFormat): TableView {
  return {
    wide: format.type === 'Table' && format.wide,
    showNamespace: options.flag('all-namespaces'),
    showLabels: options.flag('show-labels'),
    labelColumns: options.texts('label-columns').flatMap((text) => text.split(',')),
  }
}

async function printTables(request: GetRequest, targets: readonly Target[]): Promise<number> {
  const { context, options } = request
  const query = { ...selectorQuery(options), wholeObjects: options.text('sort-by') !== undefined }
  const groups: { readonly resource: Resource; tables: readonly ServerTable[] }[] = []
  const errors = await eachTarget(request, targets, async (target) => {
    const table = await fetchTable(request.connection.client, target, query)
    const last = groups.at(-1)
    if (last?.resource === target.resource) last.tables = [...last.tables, table]
    else groups.push({ resource: target.resource, tables: [table] })
  })
  const kinds = new Set(targets.map((target) => target.resource))
  const filled = groups.filter(({ tables }) => tables.some((table) => table.rows.length > 0))
  const texts = filled.map(({ resource, tables }) =>
    renderGroup(request, tables, {
      ...request.view,
      showNamespace: request.view.showNamespace && resource.namespaced,
      typePrefix: kinds.size > 1 ? renderType(resource) : undefined,
    }),
  )
  context.stdout.write(texts.join('\n'))
  if (filled.length === 0 && errors.length === 0 && !options.flag('ignore-not-found')) {
    context.stderr.write(`${renderNothingFound(targets)}\n`)
  }
  return finish(errors)
}

function renderGroup(request: GetRequest, tables: readonly ServerTable[], view: TableView): string {
  const columns = tables[0]?.columns ?? []
  const rows = sortRows(
    tables.flatMap((table) => table.rows),
    (row) => row.object,
    request.options.text('sort-by'),
  )
  const header = request.options.off('headers') ? [] : [headerOf(columns, view)]
  return printTable([...header, ...rows.map((row) => cellsOf(row, columns, view))]).text
}

function renderNothingFound(targets: readonly Target[]): string {
  const namespace = targets.find((target) => target.namespace !== undefined)?.namespace
  return namespace === undefined
    ? 'No resources found'
    : `No resources found in ${namespace} namespace.`
}

async function printObjects(
  request: GetRequest,
  targets: readonly Target[],
  format: DataFormat,
): Promise<number> {
  const { context, options } = request
  const found: ApiObject[] = []
  const errors = await eachTarget(request, targets, async (target) => {
    const query = selectorQuery(options)
    found.push(...(await fetchTarget(request.connection.client, target, query)))
  })
  const objects = sortRows(
    options.flag('show-managed-fields') ? found : found.map(withoutManagedFields),
    (object) => object,
    options.text('sort-by'),
  )
  const asList = targets.length > 1 || targets.some((target) => target.type === 'List')
  if (asList || objects.length > 0) {
    const noHeaders = options.off('headers')
    context.stdout.write(await renderObjects(format, objects, { asList, noHeaders }))
  }
  return finish(errors)
}

/** Goes on after a refusal, as kubectl does; what was refused is returned. */
async function eachTarget(
  request: GetRequest,
  targets: readonly Target[],
  visit: (target: Target) => Promise<void>,
): Promise<readonly unknown[]> {
  const errors: unknown[] = []
  for (const target of targets) {
    try {
      await visit(target)
    } catch (error) {
      const isIgnored = isReason(error, 'NotFound') && request.options.flag('ignore-not-found')
      if (!isIgnored) errors.push(error)
    }
  }
  return errors
}

function finish(errors: readonly unknown[]): number {
  if (errors.length > 0) throw new ManyErrors(errors)
  return 0
}

/** In order of the first value at the path; objects without one come first. */
function sortRows<Row>(
  rows: readonly Row[],
  objectOf: (row: Row) => unknown,
  sortBy: string | undefined,
): readonly Row[] {
  if (sortBy === undefined) return rows
  const path = parsePath(sortBy)
  const compare = createComparison()
  return rows
    .map((row) => ({ row, value: findValues(path, objectOf(row))[0] }))
    .sort((a, b) => compare(a.value, b.value))
    .map(({ row }) => row)
}
