import type { ServerResponse } from 'node:http'

/** What all clients together have not taken yet: thirty pages of the largest size. */
const MAX_OUTBOUND_BYTES = 64 * 1024 * 1024
/** Cut down to this, so that the next byte does not cut again. */
const OUTBOUND_AFTER_CUT_BYTES = (MAX_OUTBOUND_BYTES / 4) * 3
/** Looking at all answers is worth it only after so much was written. */
const CHECK_EVERY_BYTES = 4 * 1024 * 1024

/**
 * Answers under way. Clients that ask and do not read make the process hold what they asked for; when that is too
 * much in total, those that hold the most are cut off.
 */
export class Outbound {
  readonly #max: number
  readonly #afterCut: number
  readonly #open = new Set<ServerResponse>()
  #writtenSinceCheck = 0

  constructor(max = MAX_OUTBOUND_BYTES, afterCut = OUTBOUND_AFTER_CUT_BYTES) {
    this.#max = max
    this.#afterCut = afterCut
  }

  add(response: ServerResponse): void {
    this.#open.add(response)
    response.once('close', () => this.#open.delete(response))
  }

  /** To be told of everything that is written. */
  wrote(bytes: number): void {
    this.#writtenSinceCheck += bytes
    if (this.#writtenSinceCheck < Math.min(CHECK_EVERY_BYTES, this.#max)) return
    this.#writtenSinceCheck = 0
    this.#check()
  }

  #check(): void {
    const held = [...this.#open].map((response) => ({ response, bytes: response.writableLength }))
    let sum = held.reduce((total, { bytes }) => total + bytes, 0)
    if (sum <= this.#max) return
    for (const { response, bytes } of held.toSorted((a, b) => b.bytes - a.bytes)) {
      if (sum <= this.#afterCut) return
      response.destroy()
      sum -= bytes
    }
  }
}
