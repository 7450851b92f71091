import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { WebSocket, WebSocketServer } from 'ws'
import { isJsonObject } from '../../lib/json.ts'
import { parseJson } from '../body.ts'
import { MAX_EVENT_BYTES } from './event-json.ts'
import {
  mayRead,
  maySend,
  type Sender,
  type SenderPorts,
  senderKey,
  senderOfAuthString,
  senderOfHeader,
} from './sender.ts'
import { CLOSE, closeSocket, textOf } from './socket.ts'
import { receiveEvents, type SocketInDeps } from './socket-in.ts'
import { type SocketOutDeps, sendEvents } from './socket-out.ts'

export interface PrefectSocketDeps extends SocketInDeps, SocketOutDeps {
  readonly senders: SenderPorts
}

export interface PrefectSockets {
  /** Takes a connection over; returns whether it did. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean
  /** Sends everybody away. */
  close(): void
}

const IN = '/api/events/in'
const OUT = '/api/events/out'
const SUBPROTOCOL = 'prefect'

/** Connections in all: a container each, with room beside it for the API. */
const MAX_SOCKETS = 2_000
/** Of one run: its tasks, and some that have not noticed yet that they are gone. */
const MAX_SOCKETS_OF_RUN = 64
/** One token may serve a whole fleet. */
const MAX_SOCKETS_OF_USER = 1_000
/** Connections that have not said who they are; the oldest goes first. */
const MAX_STRANGERS = 256
const AUTH_TIMEOUT_MS = 10_000
/** A client that answers no ping within this time is gone. */
const PING_INTERVAL_MS = 30_000

type Use = 'In' | 'Out'

/** Prefect's WebSockets: `/api/events/in` takes events, `/api/events/out` sends them. */
export function createPrefectSockets(deps: PrefectSocketDeps): PrefectSockets {
  const guests = new Guests(deps)
  let isClosed = false
  let server: WebSocketServer | undefined
  let opening: Promise<WebSocketServer> | undefined
  function handOver(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (isClosed || !server) {
      socket.destroy()
      return
    }
    const use = pathOf(request) === IN ? 'In' : 'Out'
    server.handleUpgrade(request, socket, head, (client) => {
      // An error is always followed by the close, which is what counts.
      client.on('error', () => undefined)
      guests.welcome(client, request, use)
    })
  }
  return {
    upgrade(request, socket, head) {
      const path = pathOf(request)
      if (path !== IN && path !== OUT) return false
      if (server) {
        if (server.clients.size >= MAX_SOCKETS && !guests.makeRoom()) return false
        handOver(request, socket, head)
        return true
      }
      // Nobody else looks at it while it waits: an error is followed by the close here, too.
      socket.on('error', () => undefined)
      opening ??= openServer()
      void opening
        .then((opened) => {
          server = opened
        })
        .catch((error: unknown) => deps.log.error('WebSockets cannot be had', { error }))
        .finally(() => handOver(request, socket, head))
      return true
    },
    close() {
      isClosed = true
      for (const client of server?.clients ?? []) {
        closeSocket(client, deps.clock, CLOSE.goingAway, 'Capstan stops')
      }
    },
  }
}

function pathOf({ url = '' }: IncomingMessage): string | undefined {
  return url.split('?')[0]
}

/** The library is loaded for the first who comes: most controllers have nobody here. */
async function openServer(): Promise<WebSocketServer> {
  const { WebSocketServer } = await import('ws')
  return new WebSocketServer({
    noServer: true,
    clientTracking: true,
    maxPayload: MAX_EVENT_BYTES,
    perMessageDeflate: false,
    autoPong: false,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  })
}

/** Who is connected: `#strangers` have not said who they are, `#counts` has the others by sender. */
class Guests {
  readonly #deps: PrefectSocketDeps
  readonly #strangers = new Set<WebSocket>()
  readonly #counts = new Map<string, number>()

  constructor(deps: PrefectSocketDeps) {
    this.#deps = deps
  }

  /** The oldest stranger goes; false when there is none. */
  makeRoom(): boolean {
    const [oldest] = this.#strangers
    if (!oldest) return false
    this.#strangers.delete(oldest)
    oldest.terminate()
    return true
  }

  welcome(socket: WebSocket, { headers }: IncomingMessage, use: Use): void {
    const { clock, senders } = this.#deps
    const known = senderOfHeader(senders, headers.authorization)
    if (socket.protocol !== SUBPROTOCOL) {
      // Clients of Prefect Cloud show their key in the header and exchange no messages about it.
      if (known) return this.#seat(socket, known, use)
      const reason = `'${SUBPROTOCOL}' subprotocol required when auth is configured`
      return closeSocket(socket, clock, CLOSE.protocol, reason)
    }
    this.#strangers.add(socket)
    if (this.#strangers.size > MAX_STRANGERS) this.makeRoom()
    const cancel = clock.after(AUTH_TIMEOUT_MS, () =>
      closeSocket(socket, clock, CLOSE.policy, "Expected 'auth' message"),
    )
    socket.once('close', () => {
      cancel()
      this.#strangers.delete(socket)
    })
    // Clients make sure with a ping that they are connected before they say who they are.
    const pong = (data: Buffer): void => socket.pong(data)
    socket.on('ping', pong)
    socket.once('message', (data, isBinary) => {
      cancel()
      socket.off('ping', pong)
      this.#strangers.delete(socket)
      const auth = readAuth(senders, textOf(data, isBinary), known)
      if (typeof auth === 'string') return closeSocket(socket, clock, CLOSE.policy, auth)
      this.#seat(socket, auth, use, JSON.stringify({ type: 'auth_success' }))
    })
  }

  #seat(socket: WebSocket, sender: Sender, use: Use, greeting?: string): void {
    const { clock } = this.#deps
    const may = use === 'In' ? maySend(sender) : mayRead(sender)
    if (!may) return closeSocket(socket, clock, CLOSE.policy, 'Invalid token: not for this')
    const key = senderKey(sender)
    const count = this.#counts.get(key) ?? 0
    if (count >= (sender.type === 'Run' ? MAX_SOCKETS_OF_RUN : MAX_SOCKETS_OF_USER)) {
      return closeSocket(socket, clock, CLOSE.later, 'Too many connections')
    }
    this.#counts.set(key, count + 1)
    socket.once('close', () => this.#leave(key))
    keepAlive(this.#deps, socket)
    if (greeting !== undefined) socket.send(greeting)
    if (use === 'In') receiveEvents(this.#deps, socket, sender)
    else sendEvents(this.#deps, socket)
  }

  #leave(key: string): void {
    const left = (this.#counts.get(key) ?? 1) - 1
    if (left > 0) this.#counts.set(key, left)
    else this.#counts.delete(key)
  }
}

/** Who it is, or the reason for which the connection is closed, in Prefect's own words. */
function readAuth(
  senders: SenderPorts,
  text: string | undefined,
  known: Sender | undefined,
): Sender | string {
  let message: unknown
  try {
    message = parseJson(text ?? '')
  } catch {
    return "Expected 'auth' message"
  }
  if (!isJsonObject(message) || message['type'] !== 'auth') return "Expected 'auth' message"
  const { token } = message
  if (typeof token !== 'string' || token === '') {
    return known ?? 'Auth required but no token provided'
  }
  return senderOfAuthString(senders, token) ?? 'Invalid token'
}

/** Cuts a connection whose other end is gone without a word. */
function keepAlive({ clock }: Pick<PrefectSocketDeps, 'clock'>, socket: WebSocket): void {
  let isAlive = true
  let cancel = (): void => {}
  const arm = (): void => {
    cancel = clock.after(PING_INTERVAL_MS, () => {
      if (!isAlive && !socket.isPaused) return socket.terminate()
      // What is not read answers no pings: a client that is held back has until the next one but this.
      isAlive = socket.isPaused
      socket.ping()
      arm()
    })
  }
  const hear = (): void => {
    isAlive = true
  }
  socket.on('pong', hear)
  // Its pong may stand behind much that it sent before, for which it is held back.
  socket.on('message', hear)
  socket.once('close', () => cancel())
  arm()
}
