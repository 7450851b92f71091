import { API_GROUP } from '../../kinds/meta.ts'
import { sha256 } from '../../lib/names.ts'
import { parseAccept } from '../accept.ts'
import { ApiError } from '../errors.ts'
import { renderOpenApiV3 } from '../openapi/document.ts'
import { renderOpenApiV2 } from '../openapi/document-v2.ts'
import { type ApiRequest, type ApiResponse, JSON_TYPE, jsonResponse } from '../request.ts'
import { groupVersion, type ResourceInfo } from '../resource.ts'

/** Clients ask with `@` in place of the last dot, but Go's mime parser refuses that in an answer. */
const V2_PROTOBUF = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf'

/** `/openapi/v3`, `/openapi/v3/apis/G/V` and `/openapi/v2`. Each document is made when it is first asked for. */
export interface OpenApiRoutes {
  index(): ApiResponse
  /** `apis/capstan.dev/v1` or `api/v1`; undefined for anything else. */
  document(name: string, request: ApiRequest): ApiResponse | undefined
  v2(request: ApiRequest): ApiResponse
}

export function createOpenApiRoutes(
  infos: readonly ResourceInfo[],
  version: string,
): OpenApiRoutes {
  const described = infos.filter(({ group }) => group === '' || group === API_GROUP)
  const groupVersions = [...new Set(described.map(groupVersion))]
  const documents = new Map(groupVersions.map((gv) => [documentName(gv), gv]))
  const textOf = memoize((gv: string) => JSON.stringify(renderOpenApiV3(described, gv, version)))
  const hashOf = memoize((gv: string) => sha256(textOf(gv)).toUpperCase())
  const v2Bytes = memoize(() => renderOpenApiV2(described, version))

  return {
    index() {
      const paths = [...documents].map(([name, gv]) => [
        name,
        { serverRelativeURL: `/openapi/v3/${name}?hash=${hashOf(gv)}` },
      ])
      return jsonResponse(200, { paths: Object.fromEntries(paths) })
    },
    document(name, request) {
      const gv = documents.get(name)
      if (gv === undefined) return undefined
      const etag = `"${hashOf(gv)}"`
      if (request.headers['if-none-match'] === etag)
        return { status: 304, headers: { etag }, body: '' }
      return {
        status: 200,
        headers: {
          'content-type': JSON_TYPE,
          etag,
          'cache-control': cacheControl(request, hashOf(gv)),
        },
        body: textOf(gv),
      }
    },
    v2(request) {
      const wanted = parseAccept(request.headers['accept'] ?? '').some(({ type }) =>
        type.includes('protobuf'),
      )
      if (!wanted) {
        throw new ApiError(
          'NotAcceptable',
          `OpenAPI v2 is served as ${V2_PROTOBUF} alone: use /openapi/v3 for JSON`,
        )
      }
      return { status: 200, headers: { 'content-type': V2_PROTOBUF }, body: v2Bytes('') }
    },
  }
}

function documentName(gv: string): string {
  return gv.includes('/') ? `apis/${gv}` : `api/${gv}`
}

/** A document that is asked for by its hash never changes: kubectl then keeps it on disk. */
function cacheControl(request: ApiRequest, hash: string): string {
  return request.query.get('hash') === hash ? 'public, immutable' : 'no-cache, private'
}

function memoize<Value>(make: (key: string) => Value): (key: string) => Value {
  const made = new Map<string, Value>()
  return (key) => {
    const known = made.get(key)
    if (known !== undefined) return known
    const value = make(key)
    made.set(key, value)
    return value
  }
}
