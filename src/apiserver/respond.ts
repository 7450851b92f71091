import { negotiate } from './accept.ts'
import type { CellContext } from './columns.ts'
import { type ContinueToken, type ListResult, renderContinueToken } from './list.ts'
import type { ApiContext } from './ports.ts'
import { wordQuery } from './query.ts'
import { type ApiRequest, type ApiResponse, JSON_TYPE, jsonResponse } from './request.ts'
import { groupVersion, type ResourceInfo } from './resource.ts'
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

/** One page of a list. */
export function listResponse(
  context: ApiContext,
  request: ApiRequest,
  info: ResourceInfo,
  result: ListResult,
): ApiResponse {
  const shape = listShape(context, request, info)
  const body = shape.head(listMeta(result)) + shape.items(result.items) + LIST_TAIL
  return { status: 200, headers: { 'content-type': JSON_TYPE }, body }
}

/**
 * A whole list that was asked for in one piece, sent page by page as the peer takes it, so that no
 * list however long is in memory at once. `nextPage` reads on from where a page has ended.
 */
export function streamedListResponse(
  context: ApiContext,
  request: ApiRequest,
  info: ResourceInfo,
  pages: { readonly first: ListResult; readonly nextPage: (after: ContinueToken) => ListResult },
): ApiResponse {
  const shape = listShape(context, request, info)
  const { first, nextPage } = pages
  return {
    status: 200,
    headers: { 'content-type': JSON_TYPE },
    body: (sink) => {
      let stopped = false
      const send = async (): Promise<void> => {
        sink.write(shape.head({ resourceVersion: String(first.resourceVersion) }))
        let separator = ''
        for (let page: ListResult | undefined = first; page && !stopped; ) {
          if (page.items.length > 0) {
            sink.write(separator + shape.items(page.items))
            separator = ','
          }
          await sink.drained()
          page = page.next && nextPage(page.next)
        }
        if (!stopped) sink.write(LIST_TAIL)
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
  /** JSON text of items, with commas between. */
  items(objects: readonly WireObject[]): string
}

function listShape(context: ApiContext, request: ApiRequest, info: ResourceInfo): ListShape {
  const representation = negotiate(request.headers['accept'])
  const headOf = (list: object): string => JSON.stringify(list).slice(0, -LIST_TAIL.length)
  const join = (values: readonly unknown[]): string =>
    values.map((value) => JSON.stringify(value)).join(',')
  if (representation === 'Table') {
    const options = tableOptions(context, request, info)
    return {
      head: (metadata) => headOf(renderTable([], metadata, options)),
      items: (objects) => join(objects.map((object) => renderRow(object, options))),
    }
  }
  if (representation === 'PartialObjectMetadata') {
    const list = { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1' }
    return {
      head: (metadata) => headOf({ ...list, metadata, items: [] }),
      items: (objects) => join(objects.map(toPartialMetadata)),
    }
  }
  const list = { kind: `${info.kind}List`, apiVersion: groupVersion(info) }
  return { head: (metadata) => headOf({ ...list, metadata, items: [] }), items: join }
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
