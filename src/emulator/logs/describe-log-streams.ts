import type { JsonObject } from '../../lib/json.ts'
import type { CallContext } from '../context.ts'
import { paginate } from '../paging.ts'
import { readShape, struct } from '../shape.ts'
import type { LogStream } from './log-store.ts'
import { findGroup, groupArn } from './lookup.ts'

const shape = struct({
  logGroupName: 'string',
  logGroupIdentifier: 'string',
  logStreamNamePrefix: 'string',
  orderBy: 'string',
  descending: 'boolean',
  nextToken: 'string',
  limit: 'number',
})

const MAX_PAGE = 50

/** Streams of a group by name, or by their last event. */
export function describeLogStreams(context: CallContext, input: JsonObject): JsonObject {
  const request = readShape(shape, input)
  const group = findGroup(context, request)
  const { logStreamNamePrefix: prefix = '', orderBy, descending = false } = request
  const streams = [...group.streams.values()]
    .filter(({ name }) => name.startsWith(prefix))
    .toSorted(orderBy === 'LastEventTime' ? byLastEvent : byName)
  const names = streams.map(({ name }) => name)
  const ordered = descending ? names.toReversed() : names
  const page = paginate(ordered, { ...request, maxResults: request.limit }, MAX_PAGE)
  return {
    logStreams: page.items.map((name) => renderStream(context, group.streams.get(name))),
    nextToken: page.nextToken,
  }
}

function byName(a: LogStream, b: LogStream): number {
  return a.name < b.name ? -1 : 1
}

function byLastEvent(a: LogStream, b: LogStream): number {
  return (a.events.at(-1)?.timestampMs ?? 0) - (b.events.at(-1)?.timestampMs ?? 0) || byName(a, b)
}

function renderStream(context: CallContext, stream: LogStream | undefined): JsonObject {
  if (!stream) return {}
  const last = stream.events.at(-1)
  return {
    logStreamName: stream.name,
    creationTime: stream.createdAtMs,
    firstEventTimestamp: stream.events[0]?.timestampMs,
    lastEventTimestamp: last?.timestampMs,
    lastIngestionTime: last?.ingestedAtMs,
    uploadSequenceToken: String(last?.sequence ?? 0),
    arn: `${groupArn(context, stream.groupName)}:log-stream:${stream.name}`,
    storedBytes: 0,
  }
}
