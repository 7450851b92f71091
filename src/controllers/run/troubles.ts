import type { Clock } from '../../lib/clock.ts'
import { RetryableError } from '../../lib/errors.ts'

/** One failure is often a lost packet: the next try is 200 ms away. From here on people are told. */
const TOLD_FROM = 2

/** How long one sentence is kept: refusals carry the id of their request, so each is new, and each that is told is a commit. */
const TOLD_FOR_MS = 60_000

/** Characters of a sentence that are told: AWS encodes whole documents into some of its refusals. */
const MAX_LENGTH = 1_000

interface Trouble {
  readonly failures: number
  readonly told: string | undefined
  readonly toldAtMs: number
}

/**
 * What runs fail at, again and again, in this process: calls that nothing but time or a person mends. It is
 * forgotten when a reconcile comes to its end.
 */
export class Troubles {
  readonly #clock: Pick<Clock, 'monotonicMs'>
  /** Only runs whose last reconcile failed. */
  readonly #troubles = new Map<string, Trouble>()

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock
  }

  of(key: string): string | undefined {
    return this.#troubles.get(key)?.told
  }

  /** Other kinds of errors are Capstan's own faults, which people cannot mend: they are only logged. */
  failed(key: string, error: unknown): void {
    if (!(error instanceof RetryableError)) return
    const nowMs = this.#clock.monotonicMs()
    const before = this.#troubles.get(key) ?? { failures: 0, told: undefined, toldAtMs: 0 }
    const failures = before.failures + 1
    const isDue = before.told === undefined || nowMs - before.toldAtMs >= TOLD_FOR_MS
    const news = { told: error.message.slice(0, MAX_LENGTH), toldAtMs: nowMs }
    this.#troubles.set(key, { ...before, ...(isDue && failures >= TOLD_FROM && news), failures })
  }

  over(key: string): void {
    this.#troubles.delete(key)
  }
}
