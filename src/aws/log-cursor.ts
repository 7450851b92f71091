import { AwsError, classifyError } from './errors.ts'
import type { LogLocation } from './log-location.ts'
import type { LogEvent, LogPage, LogsPort } from './ports.ts'

/**
 * A place in a stream, right behind an event: how many events with that very time were read. It stays
 * good after restarts, when CloudWatch's own tokens have expired.
 */
export interface LogPosition {
  readonly atMs: number
  readonly countAtMs: number
}

export interface FollowedEvent {
  readonly event: LogEvent
  /** Following from here goes on with the next event. */
  readonly position: LogPosition
}

/** How far one stream was read. Only the functions of this file change it. */
export interface LogCursor {
  token: string | undefined
  position: LogPosition | undefined
  /** Events at `position.atMs` that the next page from there will hold again. */
  toSkip: number
  emptyPages: number
}

/** Events that one call gives at once. */
export const PAGE_LIMIT = 10_000
/** Empty pages in a row that are followed at once; after them it is the end for now. */
const MAX_EMPTY_PAGES = 20

/** A cursor behind `from`, else at the head of the stream. */
export function openCursor(from: LogPosition | undefined): LogCursor {
  return { token: undefined, position: from, toSkip: from?.countAtMs ?? 0, emptyPages: 0 }
}

/** From now on the stream is read by time: whatever was read with that very time will come again. */
export function resumeByTime(cursor: LogCursor): void {
  cursor.token = undefined
  cursor.toSkip = cursor.position?.countAtMs ?? 0
}

/** `None`: no stream (yet). `Failed`: a fault that passes. */
export type PageRead = LogPage | 'None' | 'Failed'

export function isPage(page: PageRead): page is LogPage {
  return typeof page === 'object'
}

/** The next page of one stream. Throws the AwsErrors that do not pass by themselves. */
export async function readPage(
  logs: Pick<LogsPort, 'getLogEvents'>,
  location: LogLocation,
  cursor: LogCursor,
  signal: AbortSignal | undefined,
): Promise<PageRead> {
  const request = { ...location, fromHead: true, limit: PAGE_LIMIT, ...placeOf(cursor) }
  try {
    return (await logs.getLogEvents(request, signal)) ?? 'None'
  } catch (error) {
    if (signal?.aborted) return 'Failed'
    if (!(error instanceof AwsError) || !recovers(cursor, error)) throw error
    return 'Failed'
  }
}

function placeOf({ token, position }: LogCursor): { token?: string; startTimeMs?: number } {
  if (token !== undefined) return { token }
  return position ? { startTimeMs: position.atMs } : {}
}

/** Whether to ask again. Tokens live for 24 hours; after that time goes on from where it was. */
function recovers(cursor: LogCursor, error: AwsError): boolean {
  if (cursor.token !== undefined && error.code === 'InvalidParameterException') {
    resumeByTime(cursor)
    return true
  }
  const { verdict } = classifyError(error)
  return verdict === 'Throttle' || verdict === 'Retry'
}

/** At the end of what there is the token stays the same; some endpoints only give empty pages. */
export function hasMorePages(cursor: LogCursor, page: LogPage): boolean {
  const isNew = page.nextToken !== undefined && page.nextToken !== cursor.token
  const emptyPages = page.events.length > 0 ? 0 : cursor.emptyPages + 1
  return isNew && emptyPages < MAX_EMPTY_PAGES
}

/** The events of a page that were not read before; the cursor stands behind each as it is given. */
export function* takeEvents(cursor: LogCursor, page: LogPage): Generator<FollowedEvent, void> {
  for (const event of page.events) {
    if (isAlreadyRead(cursor, event)) continue
    yield { event, position: advance(cursor, event) }
  }
  cursor.emptyPages = page.events.length > 0 ? 0 : cursor.emptyPages + 1
  cursor.token = page.nextToken ?? cursor.token
}

/** A page that was asked for by time begins with events that were read before. */
function isAlreadyRead(cursor: LogCursor, event: LogEvent): boolean {
  if (cursor.toSkip === 0) return false
  const isRepeated = event.timestampMs === cursor.position?.atMs
  cursor.toSkip = isRepeated ? cursor.toSkip - 1 : 0
  return isRepeated
}

/** Moves the cursor behind an event. */
export function advance(cursor: LogCursor, event: LogEvent): LogPosition {
  const { timestampMs } = event
  const before = cursor.position
  const countAtMs = before?.atMs === timestampMs ? before.countAtMs + 1 : 1
  cursor.position = { atMs: timestampMs, countAtMs }
  return cursor.position
}
