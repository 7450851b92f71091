import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { createTcpAdmission, SOCKET_USER } from './admission.ts'
import { type ApiHandlerParts, createApiHandler } from './api-handler.ts'
import { maxBodyBytes } from './intake.ts'
import { type Admit, HttpListener, type Listener, type ListenerParts } from './listener.ts'
import type { ApiRequest, ApiResponse, User } from './request.ts'
import { listenOnSocket } from './unix-socket.ts'

export type ApiServerParts = ApiHandlerParts

export interface TcpOptions {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  /** PEM key and certificate chain. */
  readonly tls: { readonly key: string; readonly cert: string }
  /** Names that clients may use besides IP addresses and `localhost`. */
  readonly hostNames: readonly string[]
  readonly verifyToken: (token: string) => User | undefined
}

export interface ApiServer {
  /** Answers one request without any socket. Never rejects. */
  readonly handle: (request: ApiRequest) => Promise<ApiResponse>
  /** Serves the owner of this process on a 0600 socket, as admin. */
  listenUnix(path: string): Promise<void>
  /** Serves bearers of tokens over HTTPS; resolves to the port. */
  listenTcp(options: TcpOptions): Promise<number>
  /** Ends streams and listeners. The store stays open: it is the caller's. */
  close(): Promise<void>
}

/** The API server: one handler behind any number of listeners. */
export function createApiServer(parts: ApiServerParts): ApiServer {
  const { log, clock, extensions = [] } = parts
  const handler = createApiHandler(parts)
  const listeners: Pick<Listener, 'close'>[] = []

  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): boolean =>
    extensions.some((extension) => extension.upgrade?.(request, socket, head) ?? false)
  const createListener = (admit: Admit, tls?: ListenerParts['tls']): HttpListener => {
    const listener = new HttpListener({
      handle: handler.handle,
      admit,
      log,
      clock,
      upgrade,
      maxBodyBytes: (path) => maxBodyBytes(extensions, path),
      ...(tls ? { tls } : {}),
    })
    listeners.push(listener)
    return listener
  }

  return {
    handle: handler.handle,
    async listenUnix(path) {
      const remove = await listenOnSocket(
        createListener(() => SOCKET_USER),
        path,
      )
      listeners.push({ close: () => Promise.resolve(remove()) })
    },
    async listenTcp({ host, port, tls, hostNames, verifyToken }) {
      const isPublic = (path: string): boolean =>
        extensions.some((extension) => extension.isPublic?.(path) ?? false)
      const listener = createListener(createTcpAdmission({ hostNames, verifyToken, isPublic }), tls)
      await listener.listen({ host, port })
      return listener.port
    },
    async close() {
      await Promise.all(listeners.map((listener) => listener.close()))
      handler.close()
    },
  }
}
