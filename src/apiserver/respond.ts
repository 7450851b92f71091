import { negotiate } from './accept.ts'
import type { CellContext } from './columns.ts'
import { type ContinueToken, type ListResult, renderContinueToken } from './list.ts'
import type { ApiContext } from './ports.ts'
import { wordQuery } from './query.ts'
import { type ApiRequest, type ApiResponse, JSON_TYPE, jsonResponse } from './request.ts'
import { groupVersion, type ResourceInfo, type ResourceReader } from './resource.ts'
import {
  INCLUDE_OBJECT,
  type ListMeta,
  renderRow,
  renderRowTable,
  renderTable,
  type TableOptions,
  toPartialMetadata,
} from './table.ts'
import { textAt, type WireObject } from './wire.ts'

/** Longest warning that is sent; a header must stay small. */
const MAX_WARNING_LENGTH = 1_000
const MAX_WARNINGS = 20

/** What table cells may look up; made per request, so that many rows ask for a deployment once. */
export function cellContext({ store, clock }: ApiContext): CellContext {
  const pools = new Map<string, string | undefined>()
  return {
    nowMs: clock.nowMs(),
    workPoolOfDeployment(namespace, name) {
      const key = `${namespace}/${name}`
      if (!pools.has(key)) {
        const deployment = store.objects.get({ kind: 'Deployment', namespace, name })
        pools.set(key, deployment && (textAt(deployment, 'spec.workPool') || 'default'))
      }
      return pools.get(key)
    },
  }
}

export interface ObjectAnswer {
  readonly info: ResourceInfo
  readonly object: WireObject
  readonly status?: number
  readonly warnings?: readonly string[]
}

/** One object in the representation that was asked for. */
export function objectResponse(
  context: ApiContext,
  request: ApiRequest,
  answer: ObjectAnswer,
): ApiResponse {
  const { info, object, status = 200, warnings = [] } = answer
  const representation = negotiate(request.headers['accept'])
  const headers = warningHeaders(warnings)
  if (representation === 'Table') {
    const table = renderRowTable(object, tableOptions(context, request, info))
    return jsonResponse(status, table, headers)
  }
  const body = representation === 'Object' ? object : toPartialMetadata(object)
  return jsonResponse(status, body, headers)
}

/** A page is cut after this many characters, and a long list is sent in pieces of it: objects can have 3 MB each. */
const MAX_PIECE_LENGTH = 2 * 1024 * 1024

/** What the reader of a list knows of its objects. */
interface ListedBy {
  readonly positionOf: ResourceReader['positionOf']
  readonly jsonOf: (object: WireObject) => string
}

/** One page of a list; with `positionOf` a shorter one where the objects are large. */
export function listResponse(
  context: ApiContext,
  request: ApiRequest,
  info: ResourceInfo,
  { positionOf, jsonOf, ...whole }: ListResult & Partial<ListedBy>,
): ApiResponse {
  const shape = listShape(context, request, { info, jsonOf })
  const first = takePiece(shape, whole.items, positionOf ? MAX_PIECE_LENGTH : undefined)
  const last = first.rest.length > 0 ? whole.items.at(-first.rest.length - 1) : undefined
  const { resourceVersion } = whole
  const result =
    last && positionOf ? { ...whole, next: { resourceVersion, after: positionOf(last) } } : whole
  const body = shape.head(listMeta(result)) + first.text + LIST_TAIL
  return { status: 200, headers: { 'content-type': JSON_TYPE }, body }
}

/** As many of the objects as fit, at least one. */
function takePiece(
  shape: ListShape,
  objects: readonly WireObject[],
  maxLength = Number.POSITIVE_INFINITY,
): { readonly text: string; readonly rest: readonly WireObject[] } {
  const texts: string[] = []
  let length = 0
  for (const object of objects) {
    if (length >= maxLength) break
    const text = shape.item(object)
    texts.push(text)
    length += text.length
  }
  return { text: texts.join(','), rest: objects.slice(texts.length) }
}

export interface ListPages extends Partial<Pick<ListedBy, 'jsonOf'>> {
  readonly first: ListResult
  readonly nextPage: (after: ContinueToken) => ListResult
}

/**
 * A whole list that was asked for in one piece, sent page by page as the client takes it, so that no
 * list however long is in memory at once. `nextPage` reads on from where a page has ended.
 */
export function streamedListResponse(
  context: ApiContext,
  request: ApiRequest,
  info: ResourceInfo,
  pages: ListPages,
): ApiResponse {
  const { first, nextPage, jsonOf } = pages
  const shape = listShape(context, request, { info, jsonOf })
  return {
    status: 200,
    headers: { 'content-type': JSON_TYPE },
    body: (sink) => {
      let stopped = false
      const isOver = (): boolean => stopped
      const send = async (): Promise<void> => {
        sink.write(shape.head({ resourceVersion: String(first.resourceVersion) }))
        let separator = ''
        for (let page: ListResult | undefined = first; page && !isOver(); ) {
          for (let rest = page.items; rest.length > 0 && !isOver(); ) {
            const piece = takePiece(shape, rest, MAX_PIECE_LENGTH)
            sink.write(separator + piece.text)
            separator = ','
            rest = piece.rest
            await sink.drained()
          }
          if (page.items.length === 0) await sink.drained()
          page = page.next && nextPage(page.next)
        }
        if (!isOver()) sink.write(LIST_TAIL)
      }
      send()
        .catch((error: unknown) => context.log.error('a list ended with an error', { error }))
        .finally(() => sink.end())
      return () => {
        stopped = true
      }
    },
  }
}

function listMeta({ resourceVersion, next }: ListResult): ListMeta {
  return {
    resourceVersion: String(resourceVersion),
    ...(next ? { continue: renderContinueToken(next) } : {}),
  }
}

/** How lists end, whatever they are made of: their items are the last member. */
const LIST_TAIL = ']}'

interface ListShape {
  /** JSON text up to the first item. */
  head(metadata: ListMeta): string
  /** JSON text of one item. */
  item(object: WireObject): string
}

interface Listed {
  readonly info: ResourceInfo
  readonly jsonOf: ListedBy['jsonOf'] | undefined
}

function listShape(
  context: ApiContext,
  request: ApiRequest,
  { info, jsonOf = JSON.stringify }: Listed,
): ListShape {
  const representation = negotiate(request.headers['accept'])
  const headOf = (list: object): string => JSON.stringify(list).slice(0, -LIST_TAIL.length)
  if (representation === 'Table') {
    const options = tableOptions(context, request, info)
    return {
      head: (metadata) => headOf(renderTable([], metadata, options)),
      item: (object) => JSON.stringify(renderRow(object, options)),
    }
  }
  if (representation === 'PartialObjectMetadata') {
    const list = { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1' }
    return {
      head: (metadata) => headOf({ ...list, metadata, items: [] }),
      item: (object) => JSON.stringify(toPartialMetadata(object)),
    }
  }
  const list = { kind: `${info.kind}List`, apiVersion: groupVersion(info) }
  return {
    head: (metadata) => headOf({ ...list, metadata, items: [] }),
    item: (object) => jsonOf(object),
  }
}

function tableOptions(context: ApiContext, request: ApiRequest, info: ResourceInfo): TableOptions {
  return {
    columns: info.columns,
    includeObject: wordQuery(request.query, 'includeObject', INCLUDE_OBJECT) ?? 'Metadata',
    context: cellContext(context),
  }
}

/** RFC 7234 warn-code 299: kubectl prints each as `Warning: ...`. */
export function warningHeaders(warnings: readonly string[]): ApiResponse['headers'] {
  if (warnings.length === 0) return {}
  return {
    warning: warnings.slice(0, MAX_WARNINGS).map((text) => {
      const printable = text.replace(/[^\x20-\x7e]/g, '?').slice(0, MAX_WARNING_LENGTH)
      return `299 - "${printable.replace(/["\\]/g, '\\$&')}"`
    }),
  }
}
