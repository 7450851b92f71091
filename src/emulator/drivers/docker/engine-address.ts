import { statSync } from 'node:fs'

/** Where an engine that speaks Docker's HTTP API listens. */
export type EngineAddress =
  | { readonly type: 'Socket'; readonly path: string; readonly text: string }
  | { readonly type: 'Tcp'; readonly host: string; readonly port: number; readonly text: string }

export type EngineSearch =
  | { readonly ok: true; readonly address: EngineAddress }
  | { readonly ok: false; readonly message: string }

/** Docker's port without TLS. */
const DEFAULT_PORT = 2375

/** The address that was named (as DOCKER_HOST is written), else the first of the sockets that is there. */
export function findEngine(named: string | undefined, sockets: readonly string[]): EngineSearch {
  if (named !== undefined) return parseEngineAddress(named)
  const path = sockets.find((candidate) =>
    statSync(candidate, { throwIfNoEntry: false })?.isSocket(),
  )
  if (path !== undefined) return { ok: true, address: socketAt(path) }
  const message = `no Docker or Podman engine was found: set DOCKER_HOST, or start an engine that listens on one of ${sockets.join(', ')} (Podman: podman system service)`
  return { ok: false, message }
}

/** `unix:///path`, a path, `tcp://host:port` or `http://host:port`; anything else is refused with the way out. */
export function parseEngineAddress(text: string): EngineSearch {
  if (text.startsWith('/')) return { ok: true, address: socketAt(text) }
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'unix:' && url.pathname.length > 1) {
    return { ok: true, address: socketAt(decodeURIComponent(url.pathname)) }
  }
  const isTcp = url?.protocol === 'tcp:' || url?.protocol === 'http:'
  if (isTcp && url.hostname !== '') {
    const port = Number(url.port || DEFAULT_PORT)
    const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
    return { ok: true, address: { type: 'Tcp', host, port, text } }
  }
  const message = `the engine's address ${JSON.stringify(text)} cannot be used: write unix:///path/to/socket or tcp://host:port (TLS and ssh are not supported; forward the socket instead)`
  return { ok: false, message }
}

function socketAt(path: string): EngineAddress {
  return { type: 'Socket', path, text: `unix://${path}` }
}
