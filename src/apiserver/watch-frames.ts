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

/**
 * Every Table carries its columns, although the first would do: kubectl leaves the first event of a
 * `--watch-only` out, and printed the later ones without any cells.
 */
export function createFrameWriter(options: FrameOptions): FrameWriter {
  const { reader, representation, includeObject } = options
  const table = { columns: reader.info.columns, includeObject }

  function render(type: FrameType, object: WireObject): string {
    if (representation === 'Object') return frame(type, object)
    if (representation === 'PartialObjectMetadata') return frame(type, toPartialMetadata(object))
    return frame(type, renderRowTable(object, { ...table, context: options.cells() }))
  }

  return {
    event(type, item, batch) {
      const variant = [type, representation, includeObject].join()
      return batch.frame(item, variant, () => render(type, item.object))
    },
    initial: (object) => render('ADDED', object),
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
