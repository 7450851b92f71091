import { type Clock, sleep } from '../lib/clock.ts'
import {
  type FollowedEvent,
  hasMorePages,
  isPage,
  type LogPosition,
  openCursor,
  PAGE_LIMIT,
  readPage,
  takeEvents,
} from './log-cursor.ts'
import type { LogLocation } from './log-location.ts'
import type { LogEvent, LogsPort } from './ports.ts'

export interface FollowOptions {
  /** Where to begin: behind this position, else at the head of the stream. */
  readonly from?: LogPosition | undefined
  /** Whether the writer has ended. The stream is read out and for `drainMs` longer, then the following ends. */
  readonly finished?: () => boolean
  /** How long lines may arrive after their writer has ended, milliseconds. */
  readonly drainMs?: number
  /** Ends the following. */
  readonly signal?: AbortSignal
}

export interface LogReader {
  /** The last `count` events of a stream, oldest first; none when there is no stream (yet). */
  tail(location: LogLocation, count: number, signal?: AbortSignal): Promise<readonly LogEvent[]>
  /** All events of a stream in its order, each once, waiting for new ones. */
  follow(location: LogLocation, options: FollowOptions): AsyncGenerator<FollowedEvent, void>
}

/** Between looks at a stream that has nothing new; the quota is 10 calls a second in most regions. */
const POLL_MS = 1_000
/** The awslogs driver sends what it has at least every few seconds. */
export const DRAIN_MS = 5_000
/** Pages back from the end; pages can be empty. */
const MAX_TAIL_PAGES = 50

export function createLogReader(deps: {
  readonly logs: Pick<LogsPort, 'getLogEvents'>
  readonly clock: Clock
}): LogReader {
  return {
    tail: (location, count, signal) => readTail(deps.logs, location, count, signal),
    follow: (location, options) => follow(deps, location, options),
  }
}

async function readTail(
  logs: Pick<LogsPort, 'getLogEvents'>,
  location: LogLocation,
  count: number,
  signal: AbortSignal | undefined,
): Promise<readonly LogEvent[]> {
  let events: readonly LogEvent[] = []
  let token: string | undefined
  for (let pages = 0; pages < MAX_TAIL_PAGES && events.length < count; pages++) {
    const limit = Math.min(PAGE_LIMIT, count - events.length)
    const request = { ...location, fromHead: false, limit, ...(token !== undefined && { token }) }
    const page = await logs.getLogEvents(request, signal)
    if (!page) break
    events = [...page.events, ...events]
    if (page.nextToken === undefined || page.nextToken === token) break
    token = page.nextToken
  }
  return events.slice(-count)
}

interface FollowDeps {
  readonly logs: Pick<LogsPort, 'getLogEvents'>
  readonly clock: Clock
}

async function* follow(
  deps: FollowDeps,
  location: LogLocation,
  options: FollowOptions,
): AsyncGenerator<FollowedEvent, void> {
  const { signal, finished = () => false, drainMs = DRAIN_MS } = options
  const cursor = openCursor(options.from)
  const isDrained = drainTimer(deps.clock, drainMs)
  while (!signal?.aborted) {
    // Asked before the page is read, so that what was written before the end is in the page.
    const hadFinished = finished()
    const page = await readPage(deps.logs, location, cursor, signal)
    const hasMore = isPage(page) && hasMorePages(cursor, page)
    if (isPage(page)) yield* takeEvents(cursor, page)
    if (hasMore) continue
    if (hadFinished && page !== 'Failed' && isDrained()) return
    if (!(await pause(deps.clock, signal))) return
  }
}

/** True from `drainMs` after it was first asked. */
function drainTimer(clock: Clock, drainMs: number): () => boolean {
  let startedAtMs: number | undefined
  return () => {
    startedAtMs ??= clock.monotonicMs()
    return clock.monotonicMs() - startedAtMs >= drainMs
  }
}

/** False when the signal came first. */
async function pause(clock: Clock, signal: AbortSignal | undefined): Promise<boolean> {
  try {
    await sleep(clock, POLL_MS, signal)
    return true
  } catch {
    return false
  }
}
