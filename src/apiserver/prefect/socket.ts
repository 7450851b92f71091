import type { RawData, WebSocket } from 'ws'
import type { Clock } from '../../lib/clock.ts'

/** Close codes of RFC 6455 that are used here. */
export const CLOSE = {
  normal: 1000,
  goingAway: 1001,
  protocol: 1002,
  policy: 1008,
  failed: 1011,
  later: 1013,
} as const

/** RFC 6455 allows 123 bytes. */
const MAX_REASON = 120
/** A peer that does not answer the closing handshake is cut off. */
const CLOSE_GRACE_MS = 5_000

/** Closes, and cuts the connection if the peer does not take part. */
export function closeSocket(socket: WebSocket, clock: Clock, code: number, reason: string): void {
  socket.close(code, reason.slice(0, MAX_REASON))
  // The other end's part of the handshake stands behind what it sent before, which nobody wants any more.
  if (socket.isPaused) socket.resume()
  const cancel = clock.after(CLOSE_GRACE_MS, () => socket.terminate())
  socket.once('close', cancel)
}

/** The text of a message; undefined for a binary one. */
export function textOf(data: RawData, isBinary: boolean): string | undefined {
  if (isBinary) return undefined
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8')
  return Buffer.from(data as Buffer).toString('utf8')
}
