import type { WebSocket } from 'ws'
import type { Clock } from '../../lib/clock.ts'
import { isJsonObject } from '../../lib/json.ts'
import type { EventLog } from '../../store/event-log.ts'
import { parseJson } from '../body.ts'
import type { EventTail } from './event-tail.ts'
import { type PrefectFilter, parsePrefectFilter } from './prefect-filter.ts'
import { CLOSE, closeSocket, textOf } from './socket.ts'

export interface SocketOutDeps {
  readonly eventLog: EventLog
  readonly tail: EventTail
  readonly clock: Clock
}

/** Prefect's PREFECT_EVENTS_MAXIMUM_WEBSOCKET_BACKFILL. */
const MAX_BACKFILL_MS = 15 * 60_000
/** A client that says nothing of what it wants. */
const FILTER_TIMEOUT_MS = 10_000
/** While the client has not taken this much, nothing more is sent: the log keeps it. */
const MAX_BUFFERED_BYTES = 1024 * 1024
/** How often it is looked whether a slow client has caught up. */
const SLOW_POLL_MS = 100
/** A client that takes nothing for so long is cut off; it can come back and have the last 15 minutes again. */
const MAX_STALL_MS = 30_000
/** Commits that follow each other closely are sent together. */
const COALESCE_MS = 20

/** One client that reads events: after its filter come those of the last minutes, if it wants them, and then all that happen. */
export function sendEvents(deps: SocketOutDeps, socket: WebSocket): void {
  const { clock } = deps
  const cancel = clock.after(FILTER_TIMEOUT_MS, () =>
    closeSocket(socket, clock, CLOSE.protocol, "Expected 'filter' message"),
  )
  socket.once('close', cancel)
  socket.on('ping', (data) => socket.pong(data))
  socket.once('message', (data, isBinary) => {
    cancel()
    const asked = readFilterMessage(textOf(data, isBinary))
    if (typeof asked === 'string') return closeSocket(socket, clock, CLOSE.protocol, asked)
    const subscription = new Subscription(deps, socket, asked)
    socket.once('close', () => subscription.stop())
    subscription.start()
  })
}

interface Asked {
  readonly filter: PrefectFilter
  readonly isBackfilled: boolean
}

/** What is wanted, or the reason for which the connection is closed. */
function readFilterMessage(text: string | undefined): Asked | string {
  let message: unknown
  try {
    message = parseJson(text ?? '')
  } catch {
    return "Expected 'filter' message"
  }
  if (!isJsonObject(message) || message['type'] !== 'filter') return "Expected 'filter' message"
  const parsed = parsePrefectFilter(message['filter'], ['filter'])
  if (parsed.type === 'Filter') {
    return { filter: parsed.filter, isBackfilled: message['backfill'] !== false }
  }
  const [first] = parsed.problems
  return `Invalid filter: ${first?.loc.join('.')}: ${first?.msg}`
}

/** `#position` is the last event that was sent or passed over; the log holds what comes after it. */
class Subscription {
  readonly #deps: SocketOutDeps
  readonly #socket: WebSocket
  readonly #asked: Asked
  #position = 0
  #earliestMs = 0
  #unsubscribe: () => void = () => {}
  #cancelTimer: (() => void) | undefined
  #stalledSinceMs: number | undefined

  constructor(deps: SocketOutDeps, socket: WebSocket, asked: Asked) {
    this.#deps = deps
    this.#socket = socket
    this.#asked = asked
  }

  start(): void {
    const { eventLog, clock } = this.#deps
    this.#earliestMs = clock.nowMs() - MAX_BACKFILL_MS
    this.#position = this.#asked.isBackfilled
      ? beginningOf(eventLog, this.#earliestMs)
      : eventLog.newestSeq()
    this.#unsubscribe = eventLog.subscribe(() => this.#schedule(COALESCE_MS))
    this.#schedule(0)
  }

  stop(): void {
    this.#unsubscribe()
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
  }

  #schedule(delayMs: number): void {
    this.#cancelTimer ??= this.#deps.clock.after(delayMs, () => {
      this.#cancelTimer = undefined
      this.#pump()
    })
  }

  #pump(): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return
    if (this.#socket.bufferedAmount > MAX_BUFFERED_BYTES) return this.#stall()
    this.#stalledSinceMs = undefined
    const { tail } = this.#deps
    const page = tail.after(this.#position)
    for (const record of page) {
      this.#position = record.seq
      const isWanted = record.receivedAtMs >= this.#earliestMs && this.#asked.filter.matches(record)
      if (isWanted) this.#socket.send(tail.message(record))
    }
    if (page.length > 0) this.#schedule(0)
  }

  #stall(): void {
    const { clock } = this.#deps
    const nowMs = clock.monotonicMs()
    this.#stalledSinceMs ??= nowMs
    if (nowMs - this.#stalledSinceMs < MAX_STALL_MS) return this.#schedule(SLOW_POLL_MS)
    closeSocket(this.#socket, clock, CLOSE.policy, 'Events are read too slowly')
    this.#socket.terminate()
  }
}

/** How many events are passed over at a time in the search for the first one. */
const BACKFILL_PAGE = 500

/** The position before the first event that became known since then. */
function beginningOf(eventLog: EventLog, sinceMs: number): number {
  let [low, high] = [0, eventLog.newestSeq()]
  // Positions grow with time, as far as the clock does: halving finds the place without reading what lies between.
  while (high - low > BACKFILL_PAGE) {
    const middle = Math.floor((low + high) / 2)
    const [first] = eventLog.after(middle, 1)
    if (first === undefined || first.receivedAtMs >= sinceMs) high = middle
    else low = middle
  }
  return low
}
