import { type EventRecord, LABEL, RESOURCE_OF_KIND, resourceId } from '../../kinds/event.ts'
import { isKind, type ObjectKey } from '../../kinds/meta.ts'
import type { Clock } from '../../lib/clock.ts'
import { isoTime } from '../../lib/instant.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { Store } from '../../store/types.ts'
import type { RouteExtension } from '../api-handler.ts'
import { ApiError, methodNotAllowed } from '../errors.ts'
import { matchingEvents } from '../prefect/event-query.ts'
import { boolQuery } from '../query.ts'
import {
  type ApiRequest,
  type ApiResponse,
  JSON_TYPE,
  jsonResponse,
  type StreamBody,
  type StreamSink,
} from '../request.ts'

/** Where `capstan events --log` reads. */
export const EVENT_LOG_PATH = '/capstan/events'

export interface EventLogRouteDeps {
  readonly store: Store
  readonly clock: Clock
}

const DEFAULT_LIMIT = 500
/** Events of one answer: a few MB. */
const MAX_LIMIT = 5_000
/** Events that are looked at before a watch gives others their turn. */
const PAGE = 200

/**
 * `GET /capstan/events?namespace=default&for=Run/default/hello&event=capstan.run.&limit=100`: the newest events,
 * oldest first, in Capstan's own words, and the position of the newest of all. With `watch=true&after=SEQ`:
 * what comes after that position, one line each, without end.
 */
export function createEventLogRoute(deps: EventLogRouteDeps): RouteExtension {
  return {
    handle: (request) => (request.path === EVENT_LOG_PATH ? answer(deps, request) : undefined),
  }
}

async function answer(deps: EventLogRouteDeps, request: ApiRequest): Promise<ApiResponse> {
  const { method, query } = request
  if (method !== 'GET') throw methodNotAllowed()
  const matches = readCondition(deps.store, query)
  if (boolQuery(query, 'watch')) {
    const { eventLog } = deps.store
    const after = numberOf(query, 'after', Number.MAX_SAFE_INTEGER) ?? eventLog.newestSeq()
    return {
      status: 200,
      headers: { 'content-type': JSON_TYPE },
      body: watchBody(deps.store, matches, after),
    }
  }
  const limit = numberOf(query, 'limit', MAX_LIMIT) ?? DEFAULT_LIMIT
  const newest = deps.store.eventLog.newestSeq()
  const items: JsonObject[] = []
  const ports = { eventLog: deps.store.eventLog, clock: deps.clock }
  const filter = { order: 'DESC', isDistinct: false, matches } as const
  for await (const record of matchingEvents(ports, filter)) {
    items.push(renderRecord(record))
    if (items.length >= limit) break
  }
  return jsonResponse(200, { newest, items: items.reverse() })
}

type Condition = (record: EventRecord) => boolean

function readCondition(store: Store, query: URLSearchParams): Condition {
  const [namespace, event] = [query.get('namespace'), query.get('event')]
  const about = query.get('for')
  const isAbout = about ? aboutObject(store, parseObject(about)) : (): boolean => true
  return (record) =>
    (namespace === null || record.namespace === namespace) &&
    (event === null || record.event.startsWith(event)) &&
    isAbout(record)
}

/** Events of a run are also those of its attempts and tasks; of other objects, those that name them. */
function aboutObject(store: Store, key: ObjectKey): Condition {
  const { kind, namespace, name } = key
  const [ended] = kind === 'Run' ? store.history.list({ namespace, name, limit: 1 }) : []
  const uid = store.objects.uidOf(key) ?? ended?.uid
  if (uid === undefined) return () => false
  const id = resourceId(RESOURCE_OF_KIND[kind], uid)
  return ({ runUid, resource, related }) =>
    (kind === 'Run' && runUid === uid) ||
    [resource, ...related].some((labels) => labels[LABEL.id] === id)
}

function parseObject(text: string): ObjectKey {
  const [kind, namespace, name, rest] = text.split('/')
  if (isKind(kind) && namespace && name && rest === undefined) return { kind, namespace, name }
  throw new ApiError('BadRequest', `for: '${text}' is no object; write Run/default/hello`)
}

function numberOf(query: URLSearchParams, name: string, most: number): number | undefined {
  const text = query.get(name)
  if (text === null || text === '') return undefined
  const number = Number(text)
  if (Number.isSafeInteger(number) && number >= 0) return Math.min(number, most)
  throw new ApiError('BadRequest', `${name}: '${text}' is no whole number`)
}

function watchBody({ eventLog }: Store, matches: Condition, after: number): StreamBody {
  return (sink) => {
    let position = after
    let isStopped = false
    let isSending = false
    const send = async (): Promise<void> => {
      if (isSending) return
      isSending = true
      for (let page = eventLog.after(position, PAGE); page.length > 0 && !isStopped; ) {
        position = page.at(-1)?.seq ?? position
        writeLines(sink, page.filter(matches))
        // A reader that takes nothing holds nothing but its place: the log keeps what comes.
        await sink.drained()
        page = eventLog.after(position, PAGE)
      }
      isSending = false
    }
    const sendAll = (): void => {
      send().catch(() => sink.end())
    }
    const unsubscribe = eventLog.subscribe(sendAll)
    sendAll()
    return () => {
      isStopped = true
      unsubscribe()
    }
  }
}

function writeLines(sink: StreamSink, records: readonly EventRecord[]): void {
  if (records.length === 0) return
  sink.write(records.map((record) => `${JSON.stringify(renderRecord(record))}\n`).join(''))
}

function renderRecord(record: EventRecord): JsonObject {
  const { occurredAtMs, receivedAtMs, runUid, isOutside, ...rest } = record
  return {
    ...rest,
    occurred: isoTime(occurredAtMs),
    received: isoTime(receivedAtMs),
    ...(runUid !== undefined && { run: runUid }),
    ...(isOutside && { outside: true }),
  }
}
