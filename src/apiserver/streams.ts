import { ApiError } from './errors.ts'
import { dropStream } from './http-exchange.ts'
import type { ApiResponse, User } from './request.ts'
import { errorResponse } from './status.ts'

/** Watches, followed logs and long lists that are open at a time; a connection each, so fewer than those. */
const MAX_STREAMS = 3_000
/** Twice the 1,000 watches that Capstan is measured with, for one client that has them all; others find room beside it. */
const MAX_STREAMS_OF_USER = 2_000
/** When a refused client should come back. */
const RETRY_AFTER_SECONDS = 10

/** The streaming answers of a listener: bounded in all and by user, and ended together. */
export class Streams {
  readonly #limits: { readonly all: number; readonly ofUser: number }
  readonly #stops = new Set<() => void>()
  readonly #byUser = new Map<string, number>()

  constructor(limits = { all: MAX_STREAMS, ofUser: MAX_STREAMS_OF_USER }) {
    this.#limits = limits
  }

  /** The answer, or a refusal in its place when it is a stream too many. */
  admit(answer: ApiResponse, user: User): ApiResponse {
    if (typeof answer.body !== 'function') return answer
    const own = this.#byUser.get(user.name) ?? 0
    if (this.#stops.size < this.#limits.all && own < this.#limits.ofUser) return answer
    dropStream(answer.body)
    return errorResponse(
      new ApiError(
        'TooManyRequests',
        `there are ${this.#stops.size} open streams, ${own} of them of ${user.name}: close some, or come back later`,
        { retryAfterSeconds: RETRY_AFTER_SECONDS },
      ),
    )
  }

  /** Counts a stream; the returned function is to be called when it has ended. */
  add(stop: () => void, { name }: User): () => void {
    this.#stops.add(stop)
    this.#byUser.set(name, (this.#byUser.get(name) ?? 0) + 1)
    return () => {
      if (!this.#stops.delete(stop)) return
      const left = (this.#byUser.get(name) ?? 1) - 1
      if (left > 0) this.#byUser.set(name, left)
      else this.#byUser.delete(name)
    }
  }

  stopAll(): void {
    for (const stop of this.#stops) stop()
  }
}
