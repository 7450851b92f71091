import type { CellContext, Column } from './columns.ts'
import type { WireObject } from './wire.ts'

/** meta.k8s.io/v1 Table: what `kubectl get` prints. */
export interface Table {
  readonly kind: 'Table'
  readonly apiVersion: 'meta.k8s.io/v1'
  readonly metadata: ListMeta
  readonly columnDefinitions: readonly object[]
  readonly rows: readonly object[]
}

export interface ListMeta {
  readonly resourceVersion: string
  readonly continue?: string
}

/** How much of each object goes with its row: kubectl needs the names, `--sort-by` the whole. */
export const INCLUDE_OBJECT = ['None', 'Metadata', 'Object'] as const
export type IncludeObject = (typeof INCLUDE_OBJECT)[number]

export interface TableOptions {
  readonly columns: readonly Column[]
  readonly includeObject: IncludeObject
  readonly context: CellContext
}

export function renderTable(
  objects: readonly WireObject[],
  metadata: ListMeta,
  options: TableOptions,
): Table {
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: options.columns.map(renderColumn),
    rows: objects.map((object) => renderRow(object, options)),
  }
}

/** A table of one row, as a watch sends it. */
export function renderRowTable(object: WireObject, options: TableOptions): Table {
  return renderTable([object], { resourceVersion: object.metadata.resourceVersion }, options)
}

function renderColumn({ name, type, description, priority }: Column): object {
  const format = name === 'Name' ? 'name' : ''
  // Dates travel as finished text; the type `date` would make clients parse them.
  return { name, type: type === 'date' ? 'string' : type, format, description, priority }
}

export function renderRow(
  object: WireObject,
  { columns, includeObject, context }: TableOptions,
): object {
  const cells = columns.map((column) => column.cell(object, context))
  if (includeObject === 'None') return { cells }
  return { cells, object: includeObject === 'Object' ? object : toPartialMetadata(object) }
}

export function toPartialMetadata({ metadata }: WireObject): object {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata }
}
