import type { Clock } from '../../lib/clock.ts'
import { isJsonObject, type JsonObject } from '../../lib/json.ts'
import type { EventLog } from '../../store/event-log.ts'
import { bodyText, parseJson } from '../body.ts'
import { ApiError } from '../errors.ts'
import { ANONYMOUS, type ApiRequest, type ApiResponse, jsonResponse } from '../request.ts'
import type { EventIntake } from './event-intake.ts'
import {
  MAX_EVENT_BYTES,
  parseWireEvent,
  problem,
  renderPrefectEvent,
  tooLarge,
  type WireEvent,
  type WireProblem,
} from './event-json.ts'
import {
  COUNTABLES,
  countEvents,
  type EventPage,
  isTimeUnit,
  type QueryDeps,
  queryEvents,
} from './event-query.ts'
import { type PrefectFilter, parsePrefectFilter } from './prefect-filter.ts'
import {
  mayRead,
  maySend,
  type Sender,
  type SenderPorts,
  senderOfHeader,
  senderOfUser,
} from './sender.ts'

export interface EventRouteDeps {
  readonly eventLog: EventLog
  readonly clock: Clock
  readonly intake: EventIntake
  readonly senders: SenderPorts
}

/** A refusal in Prefect's words. */
class PrefectRefusal extends Error {
  override readonly name = 'PrefectRefusal'
  readonly response: ApiResponse
  constructor(response: ApiResponse) {
    super('refused')
    this.response = response
  }
}

const EVENTS = '/api/events'
/** Prefect's page; more is refused, as it does. */
const PAGE_SIZE = 50
/** Beyond this a client had better send several requests. */
const MAX_EVENTS_OF_REQUEST = 1_000
/** Problems of one request that are told. */
const MAX_PROBLEMS = 50
/** Questions that are answered at a time: each may look at every event. */
const MAX_QUERIES = 8
const RETRY_AFTER_SECONDS = 1

/** Paths of Prefect's API that are answered here, also with a refusal. */
export function isPrefectPath(path: string): boolean {
  return (
    path === EVENTS ||
    path.startsWith(`${EVENTS}/`) ||
    path === '/api/health' ||
    path === '/api/admin/version'
  )
}

/**
 * Prefect's HTTP API for events. `/api/admin/version` stays unknown on purpose: its clients then go on
 * quietly, where a version of theirs would be compared with their own.
 */
export function createPrefectEventHandler(
  deps: EventRouteDeps,
): (request: ApiRequest) => Promise<ApiResponse> {
  const { eventLog, clock } = deps
  let queries = 0
  async function query<T>(ask: (ports: QueryDeps) => Promise<T>): Promise<T> {
    if (queries >= MAX_QUERIES) throw tooMany('too many questions at a time', RETRY_AFTER_SECONDS)
    queries += 1
    try {
      return await ask({ eventLog, clock })
    } finally {
      queries -= 1
    }
  }
  return async (request) => {
    try {
      return await dispatch(deps, query, request)
    } catch (error) {
      if (error instanceof PrefectRefusal) return error.response
      throw error
    }
  }
}

type Query = <T>(ask: (ports: QueryDeps) => Promise<T>) => Promise<T>

type Answer = (query: Query, request: ApiRequest) => Promise<ApiResponse>

/** Questions, by method and path. */
const QUESTIONS: ReadonlyMap<string, Answer> = new Map([
  [`POST ${EVENTS}/filter`, firstPage],
  [`GET ${EVENTS}/filter/next`, nextPage],
  ...COUNTABLES.map((one): [string, Answer] => [`POST ${EVENTS}/count-by/${one}`, counts]),
])

async function dispatch(
  deps: EventRouteDeps,
  query: Query,
  request: ApiRequest,
): Promise<ApiResponse> {
  const route = `${request.method} ${request.path.replace(/\/$/, '')}`
  if (route === 'GET /api/health') return jsonResponse(200, true)
  const answer = QUESTIONS.get(route)
  if (route !== `POST ${EVENTS}` && !answer) return refusal(404, 'Not Found')
  const sender = senderOf(deps, request)
  if (!answer) return takeEvents(deps, sender, request)
  if (!mayRead(sender)) return refusal(403, 'the token of a run sends events and reads none')
  return answer(query, request)
}

function senderOf({ senders }: EventRouteDeps, { user, headers }: ApiRequest): Sender {
  const sender =
    user === ANONYMOUS ? senderOfHeader(senders, headers['authorization']) : senderOfUser(user)
  if (!sender) throw new PrefectRefusal(jsonResponse(401, { exception_message: 'Unauthorized' }))
  return sender
}

async function takeEvents(
  { intake }: EventRouteDeps,
  sender: Sender,
  request: ApiRequest,
): Promise<ApiResponse> {
  if (!maySend(sender)) return refusal(403, 'a token with the role view sends no events')
  const owedMs = intake.owedMs(sender)
  if (owedMs > 0) throw tooMany('events come too fast', Math.ceil(owedMs / 1000))
  const events = readEvents(readBody(request), request.body.length)
  const taken = intake.take(sender, events, request.body.length)
  if (taken.type === 'Busy') throw tooMany('too many events wait', RETRY_AFTER_SECONDS)
  if (taken.type === 'Refused') return refusal(403, `event ${taken.index}: ${taken.reason}`)
  await taken.done
  return { status: 204, headers: {}, body: '' }
}

function readBody(request: ApiRequest): unknown {
  try {
    return parseJson(bodyText(request))
  } catch (error) {
    if (error instanceof ApiError) throw invalid([problem('json_invalid', ['body'], error.message)])
    throw error
  }
}

function readEvents(body: unknown, bytes: number): readonly WireEvent[] {
  if (!Array.isArray(body)) {
    throw invalid([problem('list_type', ['body'], 'Input should be a valid list')])
  }
  if (body.length > MAX_EVENTS_OF_REQUEST) {
    const msg = `List should have at most ${MAX_EVENTS_OF_REQUEST} items, not ${body.length}`
    throw invalid([problem('too_long', ['body'], msg)])
  }
  const problems: WireProblem[] = []
  const events: WireEvent[] = []
  for (const [index, item] of body.entries()) {
    const place = ['body', index]
    const weight = bytes > MAX_EVENT_BYTES ? Buffer.byteLength(JSON.stringify(item)) : bytes
    const parsed = parseWireEvent(item, place)
    if (weight > MAX_EVENT_BYTES) problems.push(tooLarge(weight, place))
    else if (parsed.type === 'Event') events.push(parsed.event)
    else problems.push(...parsed.problems)
  }
  if (problems.length > 0) throw invalid(problems)
  return events
}

async function firstPage(query: Query, request: ApiRequest): Promise<ApiResponse> {
  const body = request.body.length === 0 ? {} : readBody(request)
  if (!isJsonObject(body)) throw invalid([problem('dict_type', ['body'], 'must be an object')])
  const { filter, limit = PAGE_SIZE } = body
  if (typeof limit !== 'number' || !Number.isInteger(limit) || limit < 0 || limit > PAGE_SIZE) {
    const msg = `Input should be a whole number from 0 to ${PAGE_SIZE}`
    throw invalid([problem('int_parsing', ['body', 'limit'], msg)])
  }
  const parsed = readFilter(filter)
  const page = await query((ports) => queryEvents(ports, parsed, { limit }))
  return pageResponse(request, page, { filter: filter ?? null, limit })
}

async function nextPage(query: Query, request: ApiRequest): Promise<ApiResponse> {
  const token = readToken(request.query.get('page-token') ?? '')
  if (!token) return refusal(403, 'Forbidden')
  const page = await query((ports) => queryEvents(ports, readFilter(token.filter), token))
  return pageResponse(request, page, token)
}

interface PageToken {
  readonly filter: JsonObject['x']
  readonly limit: number
  readonly fromSeq: number
  readonly total: number
}

/** Where a page ends and what was asked for, in base64: the client need not understand it. */
function readToken(text: string): PageToken | undefined {
  try {
    const token: unknown = JSON.parse(Buffer.from(text, 'base64').toString('utf8'))
    if (!isJsonObject(token)) return undefined
    const { filter, limit, fromSeq, total } = token
    const numbers = [limit, fromSeq, total].map(Number)
    const [size = 0, from = 0, all = 0] = numbers
    const isSound = numbers.every(Number.isSafeInteger) && size >= 1 && size <= PAGE_SIZE
    return isSound ? { filter, limit: size, fromSeq: from, total: all } : undefined
  } catch {
    return undefined
  }
}

function pageResponse(
  { headers, user }: ApiRequest,
  { events, total, next }: EventPage,
  asked: Pick<PageToken, 'filter' | 'limit'>,
): ApiResponse {
  const { filter, limit } = asked
  const token = { filter, limit, fromSeq: next, total }
  const origin = `${user === ANONYMOUS ? 'https' : 'http'}://${headers['host'] ?? 'localhost'}`
  const text = Buffer.from(JSON.stringify(token)).toString('base64')
  const url = `${origin}${EVENTS}/filter/next?page-token=${encodeURIComponent(text)}`
  return jsonResponse(200, {
    events: events.map(renderPrefectEvent),
    total,
    next_page: next === undefined ? null : url,
  })
}

async function counts(query: Query, request: ApiRequest): Promise<ApiResponse> {
  const countable = COUNTABLES.find((one) => request.path.includes(`/count-by/${one}`)) ?? 'day'
  const body = readBody(request)
  if (!isJsonObject(body)) throw invalid([problem('dict_type', ['body'], 'must be an object')])
  const { filter, time_unit: unit = 'day', time_interval: interval = 1 } = body
  if (!isTimeUnit(unit) || typeof interval !== 'number' || interval < 0.01) {
    const msg = 'time_unit is week, day, hour, minute or second, time_interval at least 0.01'
    throw invalid([problem('value_error', ['body', 'time_unit'], msg)])
  }
  const parsed = readFilter(filter)
  return jsonResponse(
    200,
    await query((ports) => countEvents(ports, parsed, { countable, unit, interval })),
  )
}

function readFilter(value: unknown): PrefectFilter {
  const parsed = parsePrefectFilter(value)
  if (parsed.type === 'Invalid') throw invalid(parsed.problems)
  return parsed.filter
}

function invalid(problems: readonly WireProblem[]): PrefectRefusal {
  return new PrefectRefusal(
    jsonResponse(422, {
      exception_message: 'Invalid request received.',
      exception_detail: problems.slice(0, MAX_PROBLEMS),
    }),
  )
}

function refusal(status: number, detail: string): ApiResponse {
  return jsonResponse(status, { detail })
}

function tooMany(detail: string, retryAfterSeconds: number): PrefectRefusal {
  const headers = { 'retry-after': String(retryAfterSeconds) }
  return new PrefectRefusal(jsonResponse(429, { detail }, headers))
}
