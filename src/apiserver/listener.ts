import {
  createServer as createHttpServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../runtime/logger.ts'
import { flatHeaders, readRequest, splitUrl, writeResponse } from './http-exchange.ts'
import type { ApiRequest, ApiResponse, User } from './request.ts'
import { errorResponse } from './status.ts'

/** Go clients keep idle connections for 90 s; closing earlier makes their next POST fail with EOF. */
const KEEP_ALIVE_TIMEOUT_MS = 120_000
/** Well above the 1,000 watchers of the design target. */
const MAX_CONNECTIONS = 4_096
/** Streams get this long to flush when the server closes. */
const CLOSE_GRACE_MS = 2_000

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
  readonly #streams = new Set<() => void>()

  constructor(parts: ListenerParts) {
    this.#parts = parts
    const onRequest: RequestListener = (message, response) => {
      this.#serve(message, response).catch((error: unknown) => {
        parts.log.error('a connection failed', { error })
        response.destroy()
      })
    }
    this.#server = parts.tls ? createHttpsServer(parts.tls, onRequest) : createHttpServer(onRequest)
    this.#server.keepAliveTimeout = KEEP_ALIVE_TIMEOUT_MS
    this.#server.maxConnections = MAX_CONNECTIONS
    this.#server.on('upgrade', (message, socket, head) => this.#upgrade(message, socket, head))
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
      for (const stop of this.#streams) stop()
      this.#server.closeIdleConnections()
    })
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const answer = await this.#answer(message)
    if (answer.status === 413) response.setHeader('connection', 'close')
    const stop = writeResponse(answer, response)
    if (!stop) return
    this.#streams.add(stop)
    response.once('close', () => this.#streams.delete(stop))
  }

  async #answer(message: IncomingMessage): Promise<ApiResponse> {
    try {
      const user = this.#admit(message)
      return await this.#parts.handle(await readRequest(message, user))
    } catch (error) {
      return errorResponse(error)
    }
  }

  #admit(message: IncomingMessage): User {
    const { path } = splitUrl(message.url ?? '/')
    return this.#parts.admit({
      method: message.method ?? 'GET',
      path,
      headers: flatHeaders(message),
    })
  }

  #upgrade(message: IncomingMessage, socket: Duplex, head: Buffer): void {
    try {
      this.#admit(message)
      if (this.#parts.upgrade?.(message, socket, head)) return
    } catch {
      // Refused like an upgrade that nobody takes: the handshake has no room for a Status.
    }
    socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n')
  }
}
