import { fetchList, fetchObject, fetchTable, type ListQuery } from '../fetch.ts'
import { parseObject } from '../objects.ts'
import { type DataFormat, renderObjects, withoutManagedFields } from '../output-format.ts'
import { resourcePath } from '../resources.ts'
import { selectorQuery } from '../selection.ts'
import {
  cellsOf,
  headerOf,
  parseTable,
  type ServerColumn,
  type ServerTable,
  TABLE_ACCEPT,
} from '../server-table.ts'
import { printTable } from '../table.ts'
import type { ListTarget, Target } from '../targets.ts'
import { watch } from '../watch-stream.ts'
import type { GetRequest } from './get.ts'

/** `get -w`: what is there now, then every change, until the user stops it. */
export async function watchTarget(request: GetRequest, target: Target): Promise<number> {
  const list: ListTarget = { ...target, type: 'List' }
  const query = queryOf(request, target)
  // A name that is not there is an error now, not a silent wait.
  if (target.type === 'Object') await fetchObject(request.connection.client, target)
  return request.format.type === 'Table'
    ? watchTable(request, list, query)
    : watchObjects(request, list, query, request.format)
}

function queryOf(request: GetRequest, target: Target): ListQuery {
  if (target.type === 'List') return selectorQuery(request.options)
  return { fieldSelector: `metadata.name=${target.name}` }
}

async function watchTable(
  request: GetRequest,
  target: ListTarget,
  query: ListQuery,
): Promise<number> {
  const { client } = request.connection
  const table = await fetchTable(client, target, query)
  const print = tablePrinter(request, table.columns)
  if (!request.options.flag('watch-only')) print(table, 'ADDED')
  const path = resourcePath(target.resource, target.namespace)
  const changes = watch(
    client,
    { path, query: { ...query }, accept: TABLE_ACCEPT },
    table.resourceVersion,
    request.context.clock,
  )
  for await (const { type, object } of changes) print(parseTable(object), type)
  return 0
}

/** Prints the rows of one table after the other under one header, with columns that stay aligned. */
function tablePrinter(
  request: GetRequest,
  listColumns: readonly ServerColumn[],
): (table: ServerTable, event: string) => void {
  const showsEvents = request.options.flag('output-watch-events')
  let widths: readonly number[] = []
  let needsHeader = !request.options.off('headers')
  let columns = listColumns
  return (table, event) => {
    if (table.rows.length === 0) return
    // Only the first table of a watch must name the columns.
    if (table.columns.length > 0) columns = table.columns
    const prefix = (text: string): readonly string[] => (showsEvents ? [text] : [])
    const header = needsHeader ? [[...prefix('EVENT'), ...headerOf(columns, request.view)]] : []
    const rows = table.rows.map((row) => [...prefix(event), ...cellsOf(row, columns, request.view)])
    const printed = printTable([...header, ...rows], widths)
    request.context.stdout.write(printed.text)
    widths = printed.widths
    needsHeader = false
  }
}

async function watchObjects(
  request: GetRequest,
  target: ListTarget,
  query: ListQuery,
  format: DataFormat,
): Promise<number> {
  const { connection, context, options } = request
  const print = async (value: unknown): Promise<void> => {
    const object = parseObject(value)
    const shown = options.flag('show-managed-fields') ? object : withoutManagedFields(object)
    const separator = format.type === 'Yaml' ? '---\n' : ''
    context.stdout.write(separator + (await renderObjects(format, [shown], { asList: false })))
  }
  const list = await fetchList(connection.client, target.resource, target.namespace, query)
  if (!options.flag('watch-only')) for (const item of list.items) await print(item)
  const path = resourcePath(target.resource, target.namespace)
  const changes = watch(
    connection.client,
    { path, query: { ...query } },
    list.resourceVersion,
    context.clock,
  )
  for await (const { object } of changes) await print(object)
  return 0
}
