import type { HistoryRow, Store } from '../../store/types.ts'
import type { RouteExtension } from '../api-handler.ts'
import { ApiError, methodNotAllowed } from '../errors.ts'
import { type ApiRequest, type ApiResponse, jsonResponse } from '../request.ts'

/** Where `capstan get runs --history` reads. */
export const HISTORY_PATH = '/capstan/history'

const DEFAULT_LIMIT = 500
/** Rows of one answer: about 2 MB. */
const MAX_LIMIT = 5_000

/**
 * `GET /capstan/history?namespace=default&deployment=etl&name=hello&limit=100`: runs that have ended,
 * newest end first, also those whose objects are gone.
 */
export function createHistoryRoute(store: Store): RouteExtension {
  return {
    handle: (request) => (request.path === HISTORY_PATH ? answer(store, request) : undefined),
  }
}

function answer(store: Store, { method, query }: ApiRequest): ApiResponse {
  if (method !== 'GET') throw methodNotAllowed()
  const members = ['namespace', 'deployment', 'name'].flatMap((name) => {
    const value = query.get(name)
    return value ? [[name, value]] : []
  })
  const rows = store.history.list({ ...Object.fromEntries(members), limit: limitOf(query) })
  return jsonResponse(200, { items: rows satisfies readonly HistoryRow[] })
}

function limitOf(query: URLSearchParams): number {
  const text = query.get('limit')
  if (text === null || text === '') return DEFAULT_LIMIT
  const limit = Number(text)
  if (Number.isInteger(limit) && limit >= 1) return Math.min(limit, MAX_LIMIT)
  throw new ApiError('BadRequest', `limit: '${text}' is no number of rows; give 1 to ${MAX_LIMIT}`)
}
