import type { SocketLocation } from '../config.ts'

/** Where the API is, and what proves who asks. */
export type Endpoint = SocketEndpoint | UrlEndpoint

export interface SocketEndpoint {
  readonly type: 'Socket'
  readonly location: SocketLocation
}

export interface UrlEndpoint {
  readonly type: 'Url'
  /** `https://host:port` with an optional path in front of `/api`. */
  readonly url: string
  readonly token?: string
  /** PEM. */
  readonly certificateAuthority?: string
  readonly clientCertificate?: string
  readonly clientKey?: string
  readonly insecureSkipTlsVerify?: boolean
  readonly tlsServerName?: string
}
