import { expired, notFound } from '../errors.ts'
import {
  type ContinueToken,
  checkListVersion,
  type ListResult,
  listObjects,
  parseListQuery,
  renderObject,
} from '../list.ts'
import type { ResourceReader } from '../resource.ts'
import { listResponse, objectResponse, streamedListResponse } from '../respond.ts'
import { watchResponse } from '../watch.ts'
import type { WireObject } from '../wire.ts'
import type { VerbHandlers } from './resource-call.ts'

/** Lists without a limit are read and sent in pages of this size. */
const STREAM_PAGE = 500

/** get, list and watch are the same for everything that can be read. */
export function readVerbs(reader: ResourceReader): VerbHandlers {
  const { info } = reader
  const jsonOf = (object: WireObject): string => renderObject(reader, object)
  return {
    get({ context, request, namespace, name }) {
      const object = reader.get(namespace ?? '', name)
      if (!object) throw notFound(info, name)
      return objectResponse(context, request, { info, object })
    },
    list({ context, request, namespace }) {
      const { hub } = context
      const query = parseListQuery(reader, namespace, request.query)
      if (!query.continueFrom) checkListVersion(request.query, hub.resourceVersion())
      else if (!hub.isKept(query.continueFrom.resourceVersion)) {
        throw expired(
          'The provided continue parameter is too old to display a consistent list result: list again without it',
        )
      }
      if (query.limit !== undefined) {
        const result = listObjects(reader, query, hub.resourceVersion())
        const positionOf: ResourceReader['positionOf'] = (object) => reader.positionOf(object)
        return listResponse(context, request, info, { ...result, positionOf, jsonOf })
      }
      const readPage = (continueFrom?: ContinueToken): ListResult => {
        const from = continueFrom ?? query.continueFrom
        const page = { ...query, limit: STREAM_PAGE, ...(from ? { continueFrom: from } : {}) }
        return listObjects(reader, page, hub.resourceVersion())
      }
      const first = readPage()
      if (!first.next) return listResponse(context, request, info, { ...first, jsonOf })
      return streamedListResponse(context, request, info, { first, nextPage: readPage, jsonOf })
    },
    watch: ({ context, request, namespace, name }) =>
      watchResponse(context, reader, withName(request, name), namespace),
  }
}

/** `GET .../NAME?watch=true` watches one object. */
function withName<Request extends { readonly query: URLSearchParams }>(
  request: Request,
  name: string,
): Request {
  if (name === '') return request
  const query = new URLSearchParams(request.query)
  const own = `metadata.name=${name}`
  const asked = query.get('fieldSelector') ?? ''
  query.set('fieldSelector', asked === '' ? own : `${asked},${own}`)
  return { ...request, query }
}
