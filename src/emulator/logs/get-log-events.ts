import type { JsonObject } from '../../lib/json.ts'
import type { CallContext } from '../context.ts'
import { invalidParameter } from '../errors.ts'
import { pageSize } from '../paging.ts'
import { readShape, struct, type ValueOf } from '../shape.ts'
import { type EventPosition, indexAfter, parsePosition, renderPosition } from './event-position.ts'
import type { LogEvent } from './log-store.ts'
import { findGroup, findStream } from './lookup.ts'

const shape = struct({
  logGroupName: 'string',
  logGroupIdentifier: 'string',
  logStreamName: 'string',
  startTime: 'number',
  endTime: 'number',
  nextToken: 'string',
  limit: 'number',
  startFromHead: 'boolean',
})

const MAX_EVENTS = 10_000
/** A page also ends at this size, counted in characters. */
const MAX_PAGE_LENGTH = 1_048_576

/**
 * One page of a stream. Tokens name a place between events: `f/` reads on from it, `b/` reads back.
 * At the end the forward token is the one that was sent.
 */
export function getLogEvents(context: CallContext, input: JsonObject): JsonObject {
  const request = readShape(shape, input)
  const group = findGroup(context, request)
  const events = inRange(findStream(group, request.logStreamName).events, request)
  const page = pageOf(events, request)
  const first = page[0]
  const last = page.at(-1)
  const here = request.nextToken?.slice(2) ?? renderPosition(beginning(events, request))
  return {
    events: page.map(({ timestampMs, message, ingestedAtMs }) => ({
      timestamp: timestampMs,
      message,
      ingestionTime: ingestedAtMs,
    })),
    nextForwardToken: `f/${last ? renderPosition(last) : here}`,
    nextBackwardToken: `b/${first ? renderPosition(before(first)) : here}`,
  }
}

function inRange(
  events: readonly LogEvent[],
  { startTime = 0, endTime = Number.MAX_SAFE_INTEGER }: ValueOf<typeof shape>,
): readonly LogEvent[] {
  const start = indexAfter(events, { timestampMs: startTime, sequence: -1 })
  const end = indexAfter(events, { timestampMs: endTime, sequence: -1 })
  return start === 0 && end === events.length ? events : events.slice(start, end)
}

function pageOf(events: readonly LogEvent[], request: ValueOf<typeof shape>): readonly LogEvent[] {
  const limit = pageSize(request.limit, MAX_EVENTS)
  const token = /^([fb])\/(.+)$/.exec(request.nextToken ?? '')
  if (request.nextToken !== undefined && !token) {
    throw invalidParameter('The specified nextToken is invalid.')
  }
  const [, direction, position = ''] = token ?? []
  const forward = direction === undefined ? request.startFromHead === true : direction === 'f'
  const place = direction === undefined ? undefined : indexAfter(events, parsePosition(position))
  if (forward) return cut(events.slice(place ?? 0, (place ?? 0) + limit))
  const end = place ?? events.length
  return cut(events.slice(Math.max(0, end - limit), end).toReversed()).toReversed()
}

/** As many leading events as a page holds. */
function cut(events: readonly LogEvent[]): readonly LogEvent[] {
  let length = 0
  const end = events.findIndex((event) => {
    length += event.message.length
    return length > MAX_PAGE_LENGTH
  })
  return end <= 0 ? events : events.slice(0, end)
}

/** Where a reader without a token stands when there is nothing to read. */
function beginning(events: readonly LogEvent[], request: ValueOf<typeof shape>): EventPosition {
  const last = events.at(-1)
  const start = { timestampMs: 0, sequence: 0 }
  return request.startFromHead || !last ? start : last
}

function before({ timestampMs, sequence }: LogEvent): EventPosition {
  return { timestampMs, sequence: sequence - 1 }
}
