import type { Socket } from 'node:net'

/** Well above the 1,000 watchers that Capstan is measured with; file descriptors and TLS states are the cost. */
const MAX_CONNECTIONS = 4_096

/**
 * The connections of a listener. Those that have proven who they are stay. When there are too many, the oldest of
 * the others is closed, so that a client that only opens connections keeps nobody out.
 */
export class Connections {
  readonly #max: number
  readonly #unproven = new Map<string, Socket>()
  #count = 0

  constructor(max = MAX_CONNECTIONS) {
    this.#max = max
  }

  get count(): number {
    return this.#count
  }

  add(socket: Socket): void {
    const key = keyOf(socket)
    this.#count += 1
    this.#unproven.set(key, socket)
    socket.once('close', () => {
      this.#count -= 1
      if (this.#unproven.get(key) === socket) this.#unproven.delete(key)
    })
    if (this.#count > this.#max) this.#evict()
  }

  /** `socket` may be the TLS layer above the one that was added. */
  prove(socket: Socket): void {
    this.#unproven.delete(keyOf(socket))
  }

  /** The oldest first; where all others are proven that is the newcomer itself. */
  #evict(): void {
    const [oldest] = this.#unproven
    if (!oldest) return
    const [key, socket] = oldest
    // Closing is told a turn later: it must not be chosen again in between.
    this.#unproven.delete(key)
    socket.destroy()
  }
}

/** A client's address and port are the same below TLS and above it. */
function keyOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`
}
