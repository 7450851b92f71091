import type { Representation } from './accept.ts'
import type { ChangeBatch } from './change-batch.ts'
import type { CellContext } from './columns.ts'
import type { ApiError } from './errors.ts'
import { groupVersion, type ResourceReader, type WatchItem } from './resource.ts'
import { failureStatus } from './status.ts'
import { type IncludeObject, renderRowTable, renderTable, toPartialMetadata } from './table.ts'
import type { WireObject } from './wire.ts'

/** Marks the bookmark that ends the initial events of a streaming list. */
const INITIAL_EVENTS_END = { 'k8s.io/initial-events-end': 'true' }

export interface FrameOptions {
  readonly reader: ResourceReader
  readonly representation: Representation
  readonly includeObject: IncludeObject
  readonly cells: () => CellContext
}

export type FrameType = 'ADDED' | 'MODIFIED' | 'DELETED'

/** Renders watch events, one JSON object a line. */
export interface FrameWriter {
  event(type: FrameType, item: WatchItem, batch: ChangeBatch): string
  initial(object: WireObject): string
  bookmark(resourceVersion: number, endsInitialEvents: boolean): string
}

/** One per watch: the first Table of a watch carries the column definitions, later ones do not. */
export function createFrameWriter(options: FrameOptions): FrameWriter {
  const { reader, representation, includeObject } = options
  const table = { columns: reader.info.columns, includeObject }
  let hasSentColumns = representation !== 'Table'

  function render(type: FrameType, object: WireObject, withColumns: boolean): string {
    return frame(type, toRepresentation(object, withColumns))
  }

  function toRepresentation(object: WireObject, withColumns: boolean): unknown {
    if (representation === 'Object') return object
    if (representation === 'PartialObjectMetadata') return toPartialMetadata(object)
    const rendered = renderRowTable(object, { ...table, context: options.cells() })
    return withColumns ? rendered : { ...rendered, columnDefinitions: null }
  }

  return {
    event(type, item, batch) {
      const withColumns = !hasSentColumns
      hasSentColumns = true
      const variant = [type, representation, includeObject, withColumns].join()
      return batch.frame(item, variant, () => render(type, item.object, withColumns))
    },
    initial(object) {
      const withColumns = !hasSentColumns
      hasSentColumns = true
      return render('ADDED', object, withColumns)
    },
    bookmark(resourceVersion, endsInitialEvents) {
      const metadata = {
        resourceVersion: String(resourceVersion),
        creationTimestamp: null,
        ...(endsInitialEvents ? { annotations: INITIAL_EVENTS_END } : {}),
      }
      if (representation === 'Table') {
        return frame(
          'BOOKMARK',
          renderTable([], metadata, { ...table, columns: [], context: options.cells() }),
        )
      }
      const { kind } = reader.info
      return frame('BOOKMARK', { kind, apiVersion: groupVersion(reader.info), metadata })
    },
  }
}

/** How a stream tells that it cannot go on; the HTTP status was sent long ago. */
export function errorFrame(error: ApiError): string {
  return frame('ERROR', failureStatus(error))
}

function frame(type: string, object: unknown): string {
  return `${JSON.stringify({ type, object })}\n`
}
