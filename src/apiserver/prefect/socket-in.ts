import type { WebSocket } from 'ws'
import type { Clock } from '../../lib/clock.ts'
import { errorMessage } from '../../lib/errors.ts'
import type { Log } from '../../runtime/logger.ts'
import { parseJson } from '../body.ts'
import type { EventIntake } from './event-intake.ts'
import { parseWireEvent, type WireEvent } from './event-json.ts'
import { type Sender, senderKey } from './sender.ts'
import { CLOSE, closeSocket, textOf } from './socket.ts'

export interface SocketInDeps {
  readonly intake: EventIntake
  readonly clock: Clock
  readonly log: Log
}

/** Events that are dropped before the connection is: by then its client is not going to get better. */
const MAX_DROPPED = 100

/**
 * One client that sends events: one in each message, nothing is acknowledged. Its pings are answered when
 * everything before them is in the log, because clients take that for a confirmation. An event that is
 * wrong is dropped and told in the log: closing would make the client send it again for ever.
 */
export function receiveEvents(deps: SocketInDeps, socket: WebSocket, sender: Sender): void {
  const { intake, clock, log } = deps
  let dropped = 0
  let committed: Promise<void> = Promise.resolve()

  function drop(reason: string): void {
    dropped += 1
    if (dropped === 1) log.warn('an event was dropped', { sender: senderKey(sender), reason })
    if (dropped >= MAX_DROPPED) closeSocket(socket, clock, CLOSE.policy, `Too many: ${reason}`)
  }

  function take(event: WireEvent, bytes: number): void {
    const taken = intake.take(sender, [event], bytes)
    if (taken.type === 'Refused') return drop(taken.reason)
    if (taken.type === 'Busy') {
      // The client comes back and sends what was not confirmed again.
      return closeSocket(socket, clock, CLOSE.later, 'Too many events wait')
    }
    const before = committed
    committed = taken.done.then(() => before)
    committed.catch(() => {
      // Everything that was under way fails together, and one of it is enough.
      if (socket.readyState !== socket.OPEN) return
      closeSocket(socket, clock, CLOSE.failed, 'Events could not be stored')
    })
  }

  socket.on('message', (data, isBinary) => {
    if (socket.readyState !== socket.OPEN) return
    const text = textOf(data, isBinary)
    const parsed = text === undefined ? undefined : parseEvent(text)
    if (typeof parsed === 'string' || parsed === undefined) drop(parsed ?? 'a binary message')
    else take(parsed, text?.length ?? 0)
    pace(deps, socket, sender)
  })
  socket.on('ping', (data) => {
    committed.then(
      () => socket.readyState === socket.OPEN && socket.pong(data),
      () => undefined,
    )
  })
}

/** The event, or why it is none. */
function parseEvent(text: string): WireEvent | string {
  try {
    const parsed = parseWireEvent(parseJson(text))
    if (parsed.type === 'Event') return parsed.event
    const [first] = parsed.problems
    return `${first?.loc.join('.')}: ${first?.msg}`
  } catch (error) {
    return errorMessage(error)
  }
}

/** Who sends too fast is read more slowly: TCP makes the client wait, and nothing is lost. */
function pace({ intake, clock }: SocketInDeps, socket: WebSocket, sender: Sender): void {
  const waitMs = intake.owedMs(sender)
  if (waitMs === 0 || socket.isPaused || socket.readyState !== socket.OPEN) return
  socket.pause()
  // A client that goes on too fast is held back again and again: each time leaves nothing behind.
  const cancel = clock.after(waitMs, () => {
    socket.off('close', cancel)
    socket.resume()
  })
  socket.once('close', cancel)
}
