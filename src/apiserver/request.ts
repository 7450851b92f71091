/** A request and its answer, free of sockets: what `handle` takes and gives. */

/** What a token may do: `view` reads, `edit` also writes, `admin` also manages namespaces and tokens. */
export const ROLES = ['view', 'edit', 'admin'] as const
export type Role = (typeof ROLES)[number]

/** Who asks. The unix socket's owner is an admin; over TCP the bearer token says. */
export interface User {
  readonly name: string
  readonly groups: readonly string[]
  readonly role: Role
}

/** Asks from paths that need no token. */
export const ANONYMOUS: User = {
  name: 'system:anonymous',
  groups: ['system:unauthenticated'],
  role: 'view',
}

export interface ApiRequest {
  readonly method: string
  /** Path without query, as sent (percent-encoded). */
  readonly path: string
  readonly query: URLSearchParams
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  readonly user: User
}

/** Where a streaming answer writes to. The transport owns it. */
export interface StreamSink {
  /** Never blocks; what the client has not taken yet is buffered and shows in `bufferedBytes`. */
  write(chunk: string): void
  end(): void
  bufferedBytes(): number
  /** Resolves when the buffer is empty again, or the client is gone. */
  drained(): Promise<void>
}

/** Starts writing; the returned function is called once when the client goes away or the server closes. */
export type StreamBody = (sink: StreamSink) => () => void

export interface ApiResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  readonly body: string | Uint8Array | StreamBody
}

export const JSON_TYPE = 'application/json'

export function jsonResponse(
  status: number,
  value: unknown,
  headers: ApiResponse['headers'] = {},
): ApiResponse {
  return { status, headers: { 'content-type': JSON_TYPE, ...headers }, body: JSON.stringify(value) }
}

export function textResponse(status: number, text: string): ApiResponse {
  return {
    status,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' },
    body: text,
  }
}
