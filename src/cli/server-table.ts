import { isJsonObject, type JsonObject } from '../lib/json.ts'
import { CliError } from './errors.ts'
import { escapeTerminal } from './escape-terminal.ts'
import { plainText } from './json-text.ts'
import { textAt, valueAt } from './objects.ts'

/** Asks for a Table, as kubectl does. */
export const TABLE_ACCEPT = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json'

/** The server's own columns of a list (meta.k8s.io/v1 Table). */
export interface ServerTable {
  readonly columns: readonly ServerColumn[]
  readonly rows: readonly ServerRow[]
  readonly resourceVersion: string
  /** Token of the next page; empty after the last one. */
  readonly continueToken: string
}

export interface ServerColumn {
  readonly name: string
  /** 0 is always shown, everything above only with `-o wide`. */
  readonly priority: number
}

export interface ServerRow {
  readonly cells: readonly string[]
  readonly object: JsonObject
}

/** Throws when the answer is no Table. */
export function parseTable(value: unknown): ServerTable {
  if (!isJsonObject(value) || value['kind'] !== 'Table') {
    throw new CliError('the server sent something that is no Table: is it Capstan?')
  }
  return {
    columns: objectsOf(value['columnDefinitions']).map((column) => ({
      name: plainText(column['name']),
      priority: Number(column['priority'] ?? 0),
    })),
    rows: objectsOf(value['rows']).map((row) => ({
      cells: Array.isArray(row['cells']) ? row['cells'].map(renderCell) : [],
      object: isJsonObject(row['object']) ? row['object'] : {},
    })),
    resourceVersion: textAt(value, 'metadata', 'resourceVersion') ?? '',
    continueToken: textAt(value, 'metadata', 'continue') ?? '',
  }
}

function objectsOf(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : []
}

function renderCell(cell: unknown): string {
  return cell === null ? '' : escapeTerminal(plainText(cell))
}

/** What the user wants to see of the rows. */
export interface TableView {
  readonly wide: boolean
  readonly showNamespace: boolean
  readonly showLabels: boolean
  /** Labels with a column of their own. */
  readonly labelColumns: readonly string[]
  /** Goes before each name with a slash: `run.capstan.dev`. */
  readonly typePrefix?: string | undefined
}

export function headerOf(columns: readonly ServerColumn[], view: TableView): readonly string[] {
  return [
    ...(view.showNamespace ? ['NAMESPACE'] : []),
    ...shown(columns, view).map(({ column }) => column.name.toUpperCase()),
    ...view.labelColumns.map((label) => (label.split('/').at(-1) ?? label).toUpperCase()),
    ...(view.showLabels ? ['LABELS'] : []),
  ]
}

export function cellsOf(
  row: ServerRow,
  columns: readonly ServerColumn[],
  view: TableView,
): readonly string[] {
  const labels = valueAt(row.object, 'metadata', 'labels')
  return [
    ...(view.showNamespace ? [textAt(row.object, 'metadata', 'namespace') ?? ''] : []),
    ...shown(columns, view).map(({ column, index }) => {
      const cell = row.cells[index] ?? ''
      return view.typePrefix && column.name === 'Name' ? `${view.typePrefix}/${cell}` : cell
    }),
    ...view.labelColumns.map((label) => textAt(labels, label) ?? ''),
    ...(view.showLabels ? [renderLabels(labels)] : []),
  ]
}

function shown(
  columns: readonly ServerColumn[],
  view: TableView,
): readonly { readonly column: ServerColumn; readonly index: number }[] {
  return columns
    .map((column, index) => ({ column, index }))
    .filter(({ column }) => view.wide || column.priority === 0)
}

/** `a=b,c=d` in order of the names; `<none>` when there are none. */
export function renderLabels(labels: unknown): string {
  const entries = isJsonObject(labels) ? Object.entries(labels) : []
  if (entries.length === 0) return '<none>'
  return entries
    .map(([name, value]) => `${name}=${plainText(value)}`)
    .sort()
    .join(',')
}
