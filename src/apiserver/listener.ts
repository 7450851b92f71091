import type {
  IncomingMessage,
  RequestListener,
  Server,
  ServerOptions,
  ServerResponse,
} from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Clock } from '../lib/clock.ts'
import { createServer as createHttpServer } from '../lib/http.ts'
import type { Log } from '../runtime/logger.ts'
import { refuseClient } from './client-error.ts'
import { Connections } from './connections.ts'
import {
  checkHeaderCount,
  flatHeaders,
  readRequest,
  splitUrl,
  writeResponse,
} from './http-exchange.ts'
import { Outbound } from './outbound.ts'
import { ANONYMOUS, type ApiRequest, type ApiResponse, type User } from './request.ts'
import { errorResponse } from './status.ts'
import { Streams } from './streams.ts'
import { createTurns, type Turns } from './turns.ts'

/** Go clients keep idle connections for 90 s; closing earlier makes their next POST fail with EOF. */
const KEEP_ALIVE_TIMEOUT_MS = 120_000
/** Whoever takes longer over the head of a request holds the connection on purpose. */
const HEADERS_TIMEOUT_MS = 10_000
/** The largest body at 100 kB a second. */
const REQUEST_TIMEOUT_MS = 60_000
/** How often the two are looked after. */
const TIMEOUT_CHECK_MS = 2_000
const HANDSHAKE_TIMEOUT_MS = 10_000
/** Request line and headers; selectors are in the former, tokens in the latter. */
const MAX_HEADER_BYTES = 32 * 1024
/** Streams get this long to flush when the server closes. */
const CLOSE_GRACE_MS = 2_000

const SERVER_OPTIONS: ServerOptions = {
  keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
  headersTimeout: HEADERS_TIMEOUT_MS,
  requestTimeout: REQUEST_TIMEOUT_MS,
  connectionsCheckingInterval: TIMEOUT_CHECK_MS,
  maxHeaderSize: MAX_HEADER_BYTES,
}

/** Who may come in. Throws an ApiError for those who may not. */
export type Admit = (request: {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
}) => User

export interface ListenerParts {
  readonly handle: (request: ApiRequest) => Promise<ApiResponse>
  readonly admit: Admit
  readonly log: Log
  readonly clock: Clock
  /** Takes a WebSocket over; returns whether it did. */
  readonly upgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => boolean
  readonly tls?: { readonly key: string; readonly cert: string }
  /** Largest body that a path takes; undefined: what the API takes. */
  readonly maxBodyBytes?: (path: string) => number | undefined
}

export interface Listener {
  /** Port of a TCP listener; 0 for a socket. */
  readonly port: number
  close(): Promise<void>
}

/** One listening socket over node:http or node:https. */
export class HttpListener implements Listener {
  readonly #parts: ListenerParts
  readonly #server: Server
  readonly #connections = new Connections()
  readonly #outbound = new Outbound()
  readonly #streams = new Streams()
  readonly #turns: Turns
  /** Answers that are not finished, by connection: several where requests are pipelined. */
  readonly #answers = new WeakMap<Duplex, Set<ServerResponse>>()

  constructor(parts: ListenerParts) {
    this.#parts = parts
    this.#turns = createTurns(parts.clock)
    const onRequest: RequestListener = (message, response) => {
      this.#serve(message, response).catch((error: unknown) => {
        parts.log.error('a connection failed', { error })
        response.destroy()
      })
    }
    this.#server = parts.tls
      ? createHttpsServer(
          { ...SERVER_OPTIONS, ...parts.tls, handshakeTimeout: HANDSHAKE_TIMEOUT_MS },
          onRequest,
        )
      : createHttpServer(SERVER_OPTIONS, onRequest)
    // All of them are kept, so that too many can be refused instead of left out.
    this.#server.maxHeadersCount = 0
    this.#server.on('connection', (socket: Socket) => this.#connections.add(socket))
    this.#server.on('upgrade', (message, socket, head) => this.#upgrade(message, socket, head))
    this.#server.on('clientError', (error, socket) =>
      refuseClient(error, socket, this.#isAnswering(socket)),
    )
  }

  get port(): number {
    const address: AddressInfo | string | null = this.#server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  /** Resolves once connections are accepted; rejects when the address cannot be had. */
  listen(
    where: { readonly path: string } | { readonly host: string; readonly port: number },
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(where, () => {
        this.#server.off('error', reject)
        resolve()
      })
    })
  }

  /** Takes no new connections, ends open streams, and cuts what does not end by itself. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#parts.clock.after(CLOSE_GRACE_MS, () =>
        this.#server.closeAllConnections(),
      )
      this.#server.close(() => {
        cancel()
        resolve()
      })
      this.#streams.stopAll()
      this.#server.closeIdleConnections()
    })
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#outbound.add(response)
    const answers = this.#answers.get(message.socket) ?? new Set()
    this.#answers.set(message.socket, answers.add(response))
    response.once('finish', () => answers.delete(response))
    const { answer, user } = await this.#answer(message)
    // What is left of the body is not waited for.
    if (!message.complete) response.setHeader('connection', 'close')
    const admitted = user ? this.#streams.admit(answer, user) : answer
    const stop = writeResponse(admitted, response, (bytes) => this.#outbound.wrote(bytes))
    if (stop && user) response.once('close', this.#streams.add(stop, user))
  }

  #isAnswering(socket: Duplex): boolean {
    return [...(this.#answers.get(socket) ?? [])].some(({ headersSent }) => headersSent)
  }

  async #answer(
    message: IncomingMessage,
  ): Promise<{ readonly answer: ApiResponse; readonly user?: User }> {
    let user: User | undefined
    try {
      user = this.#admit(message)
      const maxBytes = this.#parts.maxBodyBytes?.(splitUrl(message.url ?? '/').path)
      const request = await readRequest(message, user, maxBytes)
      await this.#turns.take()
      return { answer: await this.#parts.handle(request), user }
    } catch (error) {
      return { answer: errorResponse(error), ...(user ? { user } : {}) }
    }
  }

  #admit(message: IncomingMessage): User {
    const { path } = splitUrl(message.url ?? '/')
    checkHeaderCount(message)
    const user = this.#parts.admit({
      method: message.method ?? 'GET',
      path,
      headers: flatHeaders(message),
    })
    if (user !== ANONYMOUS) this.#connections.prove(message.socket)
    return user
  }

  #upgrade(message: IncomingMessage, socket: Duplex, head: Buffer): void {
    try {
      this.#admit(message)
      if (this.#parts.upgrade?.(message, socket, head)) {
        this.#connections.prove(message.socket)
        return
      }
    } catch {
      // Refused like an upgrade that nobody takes: the handshake has no room for a Status.
    }
    socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n')
  }
}
