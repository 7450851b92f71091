import { AwsError } from './errors.ts'
import {
  advance,
  type FollowedEvent,
  hasMorePages,
  type LogCursor,
  PAGE_LIMIT,
  readPage,
  resumeByTime,
  takeEvents,
} from './log-cursor.ts'
import type { LogLocation } from './log-location.ts'
import type { LogEvent, LogsPort } from './ports.ts'

/** FilterLogEvents takes at most so many streams. */
export const MAX_STREAMS = 100

/** Pages of one reading; 200,000 events. What is left comes with the next one. */
const MAX_PAGES = 20

/**
 * How a reading ended. Whatever it was, the events that were read are good: the cursors stand behind them.
 *
 * - `Complete`: nothing is left for now.
 * - `Partial`: there is more than one reading takes.
 * - `None`: the group, or one of the streams, is not there (yet).
 * - `Failed`: with an error, unless the fault passes by itself.
 */
export type ReadEnd =
  | { readonly type: 'Complete' | 'Partial' | 'None' }
  | { readonly type: 'Failed'; readonly error: AwsError | undefined }

export interface Reading {
  readonly events: readonly FollowedEvent[]
  readonly end: ReadEnd
}

/** Reads what is new in one stream, by GetLogEvents. */
export async function readOne(
  logs: Pick<LogsPort, 'getLogEvents'>,
  location: LogLocation,
  cursor: LogCursor,
  signal: AbortSignal,
): Promise<Reading> {
  // Without a token the next page is asked for by time, so events at the last read time come again.
  if (cursor.token === undefined) resumeByTime(cursor)
  return collect(async (events) => {
    for (let pages = 0; pages < MAX_PAGES; pages += 1) {
      const page = await readPage(logs, location, cursor, signal)
      if (page === 'None') return { type: 'None' }
      if (page === 'Failed') return { type: 'Failed', error: undefined }
      const hasMore = hasMorePages(cursor, page)
      events.push(...takeEvents(cursor, page))
      if (!hasMore) return { type: 'Complete' }
    }
    return { type: 'Partial' }
  })
}

/**
 * Reads what is new in up to 100 streams of a group, by FilterLogEvents, in order of time over all of
 * them. `startTimeMs` is at or before the place of every cursor; what a stream gives from before its own
 * place is passed over.
 */
export async function readMany(
  logs: Pick<LogsPort, 'filterLogEvents'>,
  group: string,
  from: { readonly cursors: ReadonlyMap<string, LogCursor>; readonly startTimeMs: number },
  signal: AbortSignal,
): Promise<Reading> {
  const { cursors, startTimeMs } = from
  const streams = [...cursors.keys()]
  for (const cursor of cursors.values()) resumeByTime(cursor)
  return collect(async (events) => {
    let token: string | undefined
    for (let pages = 0; pages < MAX_PAGES; pages += 1) {
      const request = { group, streams, startTimeMs, limit: PAGE_LIMIT, ...(token && { token }) }
      const page = await logs.filterLogEvents(request, signal)
      if (!page) return { type: 'None' }
      for (const event of page.events) {
        const cursor = cursors.get(event.stream)
        if (!cursor || isAlreadyRead(cursor, event)) continue
        events.push({ event, position: advance(cursor, event) })
      }
      token = page.nextToken
      if (token === undefined) return { type: 'Complete' }
    }
    return { type: 'Partial' }
  })
}

/** What was read before an error is not lost. */
async function collect(read: (events: FollowedEvent[]) => Promise<ReadEnd>): Promise<Reading> {
  const events: FollowedEvent[] = []
  try {
    return { events, end: await read(events) }
  } catch (error) {
    if (!(error instanceof AwsError)) throw error
    return { events, end: { type: 'Failed', error } }
  }
}

/** One writer per stream, so its events come in order of time: earlier ones were read, and as many of the same time as are to be skipped. */
function isAlreadyRead(cursor: LogCursor, { timestampMs }: LogEvent): boolean {
  const { position } = cursor
  if (!position || timestampMs > position.atMs) {
    cursor.toSkip = 0
    return false
  }
  if (timestampMs < position.atMs) return true
  if (cursor.toSkip === 0) return false
  cursor.toSkip -= 1
  return true
}
