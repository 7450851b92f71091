import { negotiate } from './accept.ts'
import type { CellContext } from './columns.ts'
import { type ListResult, renderContinueToken } from './list.ts'
import type { ApiContext } from './ports.ts'
import { wordQuery } from './query.ts'
import { type ApiRequest, type ApiResponse, jsonResponse } from './request.ts'
import { groupVersion, type ResourceInfo } from './resource.ts'
import { INCLUDE_OBJECT, type ListMeta, renderTable, toPartialMetadata } from './table.ts'
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
    const metadata = { resourceVersion: object.metadata.resourceVersion }
    return jsonResponse(
      status,
      toTable(context, request, { info, items: [object], metadata }),
      headers,
    )
  }
  const body = representation === 'Object' ? object : toPartialMetadata(object)
  return jsonResponse(status, body, headers)
}

export function listResponse(
  context: ApiContext,
  request: ApiRequest,
  info: ResourceInfo,
  result: ListResult,
): ApiResponse {
  const { items, next } = result
  const metadata: ListMeta = {
    resourceVersion: String(result.resourceVersion),
    ...(next ? { continue: renderContinueToken(next) } : {}),
  }
  const representation = negotiate(request.headers['accept'])
  if (representation === 'Table') {
    return jsonResponse(200, toTable(context, request, { info, items, metadata }))
  }
  if (representation === 'PartialObjectMetadata') {
    return jsonResponse(200, {
      kind: 'PartialObjectMetadataList',
      apiVersion: 'meta.k8s.io/v1',
      metadata,
      items: items.map(toPartialMetadata),
    })
  }
  return jsonResponse(200, {
    kind: `${info.kind}List`,
    apiVersion: groupVersion(info),
    metadata,
    items,
  })
}

interface TableContent {
  readonly info: ResourceInfo
  readonly items: readonly WireObject[]
  readonly metadata: ListMeta
}

function toTable(context: ApiContext, request: ApiRequest, content: TableContent): object {
  return renderTable(content.items, content.metadata, {
    columns: content.info.columns,
    includeObject: wordQuery(request.query, 'includeObject', INCLUDE_OBJECT) ?? 'Metadata',
    context: cellContext(context),
  })
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
