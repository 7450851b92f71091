import type { JsonObject } from '../../lib/json.ts'
import type { CallContext } from '../context.ts'
import { invalidParameter } from '../errors.ts'
import { decodeToken, encodeToken, pageSize } from '../paging.ts'
import { list, readShape, struct, type ValueOf } from '../shape.ts'
import { type EventPosition, indexAfter, parsePosition, renderPosition } from './event-position.ts'
import { compileFilterPattern } from './filter-pattern.ts'
import { isEarlier, type LogEvent, type LogGroup, type LogStream } from './log-store.ts'
import { findGroup, notFound } from './lookup.ts'

const shape = struct({
  logGroupName: 'string',
  logGroupIdentifier: 'string',
  logStreamNames: list('string'),
  logStreamNamePrefix: 'string',
  startTime: 'number',
  endTime: 'number',
  filterPattern: 'string',
  nextToken: 'string',
  limit: 'number',
  interleaved: 'boolean',
})

const MAX_EVENTS = 10_000
const MAX_STREAM_NAMES = 100

interface Found {
  readonly stream: LogStream
  readonly event: LogEvent
}

/** Events of many streams in order of time. Each has an id that stays the same over calls. */
export function filterLogEvents(context: CallContext, input: JsonObject): JsonObject {
  const request = readShape(shape, input)
  const group = findGroup(context, request)
  const limit = pageSize(request.limit, MAX_EVENTS)
  const from = startOf(request)
  const matches = compileFilterPattern(request.filterPattern ?? '')
  const found = streamsOf(group, request)
    .flatMap((stream) => eventsOf(stream, from, request.endTime))
    .filter(({ event }) => matches(event.message))
    .toSorted((a, b) => (isEarlier(a.event, b.event) ? -1 : 1))
  const page = found.slice(0, limit)
  const last = page.at(-1)
  return {
    events: page.map(renderFound),
    searchedLogStreams: [],
    ...(last && found.length > limit && { nextToken: encodeToken(renderPosition(last.event)) }),
  }
}

function startOf({ nextToken, startTime = 0 }: ValueOf<typeof shape>): EventPosition {
  const token = decodeToken(nextToken)
  return token === undefined ? { timestampMs: startTime, sequence: -1 } : parsePosition(token)
}

function streamsOf(group: LogGroup, request: ValueOf<typeof shape>): readonly LogStream[] {
  const { logStreamNames: names, logStreamNamePrefix: prefix } = request
  if (names !== undefined && prefix !== undefined) {
    throw invalidParameter('logStreamNames and logStreamNamePrefix exclude each other.')
  }
  if (names === undefined) {
    return [...group.streams.values()].filter(({ name }) => name.startsWith(prefix ?? ''))
  }
  if (names.length === 0 || names.length > MAX_STREAM_NAMES) {
    throw invalidParameter(`logStreamNames must have 1 to ${MAX_STREAM_NAMES} items.`)
  }
  return names.map((name) => {
    const stream = group.streams.get(name)
    // One that is not there fails the call for all of them.
    if (!stream) throw notFound('stream')
    return stream
  })
}

function eventsOf(
  stream: LogStream,
  from: EventPosition,
  endTime: number | undefined,
): readonly Found[] {
  const { events } = stream
  const end =
    endTime === undefined
      ? events.length
      : indexAfter(events, { timestampMs: endTime, sequence: Number.MAX_SAFE_INTEGER })
  return events.slice(indexAfter(events, from), end).map((event) => ({ stream, event }))
}

function renderFound({ stream, event }: Found): JsonObject {
  return {
    logStreamName: stream.name,
    timestamp: event.timestampMs,
    message: event.message,
    ingestionTime: event.ingestedAtMs,
    eventId: String(event.sequence).padStart(56, '0'),
  }
}
