import { type Clock, sleep } from '../lib/clock.ts'
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
const DRAIN_MS = 5_000
/** Events that GetLogEvents gives at once. */
const PAGE_LIMIT = 10_000
/** Pages back from the end; pages can be empty. */
const MAX_TAIL_PAGES = 50
/** Empty pages in a row that are followed at once; after them it is the end for now. */
const MAX_EMPTY_PAGES = 20

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

interface FollowState {
  token: string | undefined
  position: LogPosition | undefined
  /** Events at `position.atMs` that the next page from there will hold again. */
  toSkip: number
  emptyPages: number
  /** Monotonic; when the writer was first known to have ended. */
  finishedAtMs: number | undefined
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
  const { signal, finished } = options
  const state = startState(options.from)
  while (!signal?.aborted) {
    // Asked before the page is read, so that what was written before the end is in the page.
    const hadFinished = finished?.() ?? false
    const page = await nextPage(deps.logs, location, state, signal)
    const hasMore = isPage(page) && hasMorePages(state, page)
    if (isPage(page)) yield* takeEvents(state, page)
    if (hasMore) continue
    if (hadFinished && page !== 'Failed' && isDrained(state, deps.clock, options)) return
    if (!(await pause(deps.clock, signal))) return
  }
}

function startState(from: LogPosition | undefined): FollowState {
  const toSkip = from?.countAtMs ?? 0
  return { token: undefined, position: from, toSkip, emptyPages: 0, finishedAtMs: undefined }
}

/** `None`: no stream (yet). `Failed`: a fault that passes. */
type PageRead = LogPage | 'None' | 'Failed'

function isPage(page: PageRead): page is LogPage {
  return typeof page === 'object'
}

async function nextPage(
  logs: Pick<LogsPort, 'getLogEvents'>,
  location: LogLocation,
  state: FollowState,
  signal: AbortSignal | undefined,
): Promise<PageRead> {
  const request = { ...location, fromHead: true, limit: PAGE_LIMIT, ...placeOf(state) }
  try {
    return (await logs.getLogEvents(request, signal)) ?? 'None'
  } catch (error) {
    if (signal?.aborted) return 'Failed'
    if (!(error instanceof AwsError) || !recovers(state, error)) throw error
    return 'Failed'
  }
}

function placeOf({ token, position }: FollowState): { token?: string; startTimeMs?: number } {
  if (token !== undefined) return { token }
  return position ? { startTimeMs: position.atMs } : {}
}

/** Whether to ask again. Tokens live for 24 hours; after that time goes on from where it was. */
function recovers(state: FollowState, error: AwsError): boolean {
  if (state.token !== undefined && error.code === 'InvalidParameterException') {
    state.token = undefined
    state.toSkip = state.position?.countAtMs ?? 0
    return true
  }
  const { verdict } = classifyError(error)
  return verdict === 'Throttle' || verdict === 'Retry'
}

/** At the end of what there is the token stays the same; some endpoints only give empty pages. */
function hasMorePages(state: FollowState, page: LogPage): boolean {
  const isNew = page.nextToken !== undefined && page.nextToken !== state.token
  const emptyPages = page.events.length > 0 ? 0 : state.emptyPages + 1
  return isNew && emptyPages < MAX_EMPTY_PAGES
}

function* takeEvents(state: FollowState, page: LogPage): Generator<FollowedEvent, void> {
  for (const event of page.events) {
    if (isAlreadyRead(state, event)) continue
    state.position = advance(state.position, event)
    yield { event, position: state.position }
  }
  state.emptyPages = page.events.length > 0 ? 0 : state.emptyPages + 1
  state.token = page.nextToken ?? state.token
}

/** A page that was asked for by time begins with events that were read before. */
function isAlreadyRead(state: FollowState, event: LogEvent): boolean {
  if (state.toSkip === 0) return false
  const isRepeated = event.timestampMs === state.position?.atMs
  state.toSkip = isRepeated ? state.toSkip - 1 : 0
  return isRepeated
}

function advance(position: LogPosition | undefined, event: LogEvent): LogPosition {
  const { timestampMs } = event
  const countAtMs = position?.atMs === timestampMs ? position.countAtMs + 1 : 1
  return { atMs: timestampMs, countAtMs }
}

function isDrained(
  state: FollowState,
  clock: Clock,
  { drainMs = DRAIN_MS }: FollowOptions,
): boolean {
  state.finishedAtMs ??= clock.monotonicMs()
  return clock.monotonicMs() - state.finishedAtMs >= drainMs
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
