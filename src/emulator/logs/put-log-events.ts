import type { JsonObject } from '../../lib/json.ts'
import type { CallContext } from '../context.ts'
import { type AwsError, invalidParameter } from '../errors.ts'
import { list, readShape, struct, type ValueOf } from '../shape.ts'
import { findGroup, findStream } from './lookup.ts'

const events = list(struct({ timestamp: 'number', message: 'string' }))
const shape = struct({
  logGroupName: 'string',
  logStreamName: 'string',
  logEvents: events,
  sequenceToken: 'string',
})

const MAX_EVENTS = 10_000
const MAX_BATCH_BYTES = 1_048_576
/** What the service counts for each event beside its text. */
const EVENT_OVERHEAD_BYTES = 26
const MAX_SPAN_MS = 24 * 3_600_000
const MAX_AGE_MS = 14 * 24 * 3_600_000
const MAX_AHEAD_MS = 2 * 3_600_000

/** Appends a batch in time order; events that are too old or too far ahead are left out and counted. */
export function putLogEvents(context: CallContext, input: JsonObject): JsonObject {
  const request = readShape(shape, input)
  const group = findGroup(context, request)
  const stream = findStream(group, request.logStreamName)
  const batch = request.logEvents ?? []
  const problem = batchProblem(batch)
  if (problem) throw problem

  const { nowMs } = context
  const times = batch.map(({ timestamp = 0 }) => timestamp)
  const tooOld = times.filter((timestamp) => timestamp < nowMs - MAX_AGE_MS).length
  const tooNew = times.findIndex((timestamp) => timestamp > nowMs + MAX_AHEAD_MS)
  const accepted = batch.slice(tooOld, tooNew === -1 ? undefined : tooNew)
  context.state.logs.append(
    stream,
    accepted.map(({ timestamp = 0, message = '' }) => ({ timestampMs: timestamp, message })),
    nowMs,
  )
  return {
    nextSequenceToken: String(stream.events.at(-1)?.sequence ?? 0),
    ...((tooOld > 0 || tooNew !== -1) && {
      rejectedLogEventsInfo: {
        ...(tooOld > 0 && { tooOldLogEventEndIndex: tooOld }),
        ...(tooNew !== -1 && { tooNewLogEventStartIndex: tooNew }),
      },
    }),
  }
}

function batchProblem(batch: ValueOf<typeof events>): AwsError | undefined {
  if (batch.length === 0 || batch.length > MAX_EVENTS) {
    return invalidParameter(`logEvents must have 1 to ${MAX_EVENTS} items.`)
  }
  const bytes = batch.reduce(
    (sum, { message = '' }) => sum + Buffer.byteLength(message) + EVENT_OVERHEAD_BYTES,
    0,
  )
  if (bytes > MAX_BATCH_BYTES) {
    return invalidParameter(`Upload too large: ${bytes} bytes exceeds limit of ${MAX_BATCH_BYTES}`)
  }
  const times = batch.map(({ timestamp = 0 }) => timestamp)
  if (times.some((timestamp, index) => index > 0 && timestamp < (times[index - 1] ?? 0))) {
    return invalidParameter(
      'Log events in a single PutLogEvents request must be in chronological order.',
    )
  }
  if ((times.at(-1) ?? 0) - (times[0] ?? 0) > MAX_SPAN_MS) {
    return invalidParameter(
      'The batch of log events in a single PutLogEvents request cannot span more than 24 hours.',
    )
  }
  return undefined
}
