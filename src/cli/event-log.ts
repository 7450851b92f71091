import { type Clock, sleep } from '../lib/clock.ts'
import { isJsonObject, type JsonObject, parseJson } from '../lib/json.ts'
import type { ApiClient } from './client.ts'
import { CliError } from './errors.ts'
import { RECONNECT_DELAY_MS, retried, untilBroken } from './reconnect.ts'
import { readLines } from './watch-stream.ts'

/** Which events are wanted. */
export interface EventLogQuery {
  /** All when absent. */
  readonly namespace?: string | undefined
  /** `Run/default/hello`. */
  readonly for?: string | undefined
  readonly limit?: number | undefined
}

export interface LoggedEvents {
  /** Oldest first. */
  readonly items: readonly JsonObject[]
  /** Position of the newest event of all: what follows comes after it. */
  readonly newest: number
}

const PATH = '/capstan/events'

export async function fetchLoggedEvents(
  client: ApiClient,
  { limit, ...query }: EventLogQuery,
): Promise<LoggedEvents> {
  const answer = await client.json({
    path: PATH,
    query: { ...query, limit: limit === undefined ? undefined : String(limit) },
  })
  const { items, newest } = isJsonObject(answer) ? answer : {}
  if (!Array.isArray(items) || typeof newest !== 'number') {
    throw new CliError('the server gave no event log')
  }
  return { items: (items as readonly unknown[]).filter(isJsonObject), newest }
}

/** What comes after a position, for as long as the caller reads. A stream that ends is taken up where it stopped. */
export async function* followEventLog(
  { client, clock }: { readonly client: ApiClient; readonly clock: Clock },
  { limit: _, ...query }: EventLogQuery,
  after: number,
): AsyncGenerator<JsonObject, void> {
  let last = after
  for (;;) {
    const request = { path: PATH, query: { ...query, watch: 'true', after: String(last) } }
    const body = await retried(() => client.stream(request), clock)
    for await (const line of readLines(untilBroken(body))) {
      const event = parseJson(line)
      if (!isJsonObject(event)) throw new CliError('the server sent a line that is no event')
      if (typeof event['seq'] === 'number') last = event['seq']
      yield event
    }
    await sleep(clock, RECONNECT_DELAY_MS)
  }
}
