import { isJsonObject, type JsonObject } from '../lib/json.ts'
import type { ApiClient } from './client.ts'
import { CliError } from './errors.ts'

/** Which ended runs are wanted. */
export interface HistoryQuery {
  /** All when absent. */
  readonly namespace?: string | undefined
  readonly deployment?: string | undefined
  readonly name?: string | undefined
  readonly limit?: number | undefined
}

/** Runs that have ended, newest first, also those whose objects are gone. */
export async function fetchHistory(
  client: ApiClient,
  { limit, ...query }: HistoryQuery,
): Promise<readonly JsonObject[]> {
  const answer = await client.json({
    path: '/capstan/history',
    query: { ...query, limit: limit === undefined ? undefined : String(limit) },
  })
  const items = isJsonObject(answer) ? answer['items'] : undefined
  if (!Array.isArray(items)) throw new CliError('the server gave no history')
  return (items as readonly unknown[]).filter(isJsonObject)
}
