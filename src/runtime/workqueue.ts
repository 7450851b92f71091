import { invariant } from '../lib/assert.ts'
import type { Clock } from '../lib/clock.ts'
import { KeyedHeap } from './heap.ts'

/**
 * In the order in which they are served. Start-up queues everything as Low, so that real changes overtake the
 * flood, and finished runs as Lowest.
 */
const PRIORITIES = ['High', 'Normal', 'Low', 'Lowest'] as const
export type Priority = (typeof PRIORITIES)[number]

/** Ten times the largest fleet that Capstan is measured with: beyond it, memory would go first. */
const KEY_LIMIT = 1_000_000

type Waiter = (key: string | undefined) => void

/**
 * Keys to be reconciled: each at most once, none twice at the same time, none lost.
 *
 * A key is in one of these states:
 * - unknown: nothing to do;
 * - ready: in `#ready`, to be handed out, ordered by priority, then by arrival;
 * - processing: in `#processing`, between get and done;
 * - processing and dirty: also in `#dirty`: it changed after it was handed out, so `done` makes it ready.
 * It is never ready and processing at once. In any state it may be delayed as well: in `#delayed`, with the
 * time at which it will be added. Handing a key out ends its delay, because the reconcile that starts now
 * decides anew when to look again; a delay set while processing stays.
 */
export class WorkQueue {
  readonly #clock: Clock
  readonly #ready = new KeyedHeap()
  readonly #delayed = new KeyedHeap()
  readonly #processing = new Set<string>()
  /** Dirty keys with the rank of the most urgent add. */
  readonly #dirty = new Map<string, number>()
  /** Workers that wait for a key, longest first. Empty while a key is ready. */
  readonly #waiters = new Set<Waiter>()
  #timer: { readonly dueMs: number; readonly cancel: () => void } | undefined
  #closed = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Makes the key ready as soon as nobody works on it. Of several adds the most urgent priority counts. */
  add(key: string, { priority = 'Normal' }: { readonly priority?: Priority } = {}): void {
    if (this.#closed) return
    const rank = PRIORITIES.indexOf(priority)
    if (this.#processing.has(key))
      this.#dirty.set(key, Math.min(rank, this.#dirty.get(key) ?? rank))
    else this.#makeReady(key, rank)
  }

  /** Adds the key in `delayMs`; of several delays the earliest counts. */
  addAfter(key: string, delayMs: number): void {
    if (this.#closed) return
    if (delayMs <= 0) {
      this.add(key)
      return
    }
    const dueMs = this.#clock.monotonicMs() + delayMs
    if (dueMs >= (this.#delayed.rankOf(key) ?? Number.POSITIVE_INFINITY)) return
    this.#delayed.set(key, dueMs)
    this.#requireRoom()
    this.#armTimer()
  }

  /** The next key, waiting for one if need be; undefined once `signal` is aborted or the queue closed. Call `done` with it. */
  get(signal: AbortSignal): Promise<string | undefined> {
    if (signal.aborted || this.#closed) return Promise.resolve(undefined)
    const key = this.#ready.pop()
    if (key === undefined) return this.#wait(signal)
    return Promise.resolve(this.#handOut(key))
  }

  /** The ready keys that would be handed out next. */
  upcoming(count: number): readonly string[] {
    return this.#ready.first(count)
  }

  /** Takes a ready key off the queue, as if it had been handed out and done. */
  pass(key: string): void {
    if (this.#ready.delete(key)) this.#delayed.delete(key)
  }

  /** The work on a key that `get` gave is finished, well or not. */
  done(key: string): void {
    invariant(this.#processing.delete(key), `done is called once for each key handed out: ${key}`)
    const rank = this.#dirty.get(key)
    if (rank === undefined) return
    this.#dirty.delete(key)
    if (!this.#closed) this.#makeReady(key, rank)
  }

  /** Lets all waiting workers go and forgets what is not handed out. */
  close(): void {
    this.#closed = true
    this.#timer?.cancel()
    this.#timer = undefined
    this.#ready.clear()
    this.#delayed.clear()
    for (const waiter of this.#waiters) waiter(undefined)
  }

  stats(): { readonly ready: number; readonly processing: number; readonly delayed: number } {
    return {
      ready: this.#ready.size + this.#dirty.size,
      processing: this.#processing.size,
      delayed: this.#delayed.size,
    }
  }

  #makeReady(key: string, rank: number): void {
    if (rank >= (this.#ready.rankOf(key) ?? PRIORITIES.length)) return
    this.#ready.set(key, rank)
    this.#requireRoom()
    const [waiter] = this.#waiters
    if (!waiter) return
    const first = this.#ready.pop()
    if (first !== undefined) waiter(this.#handOut(first))
  }

  #handOut(key: string): string {
    this.#processing.add(key)
    this.#delayed.delete(key)
    return key
  }

  #wait(signal: AbortSignal): Promise<string | undefined> {
    return new Promise((resolve) => {
      const waiter: Waiter = (key) => {
        this.#waiters.delete(waiter)
        signal.removeEventListener('abort', onAbort)
        resolve(key)
      }
      const onAbort = (): void => waiter(undefined)
      this.#waiters.add(waiter)
      signal.addEventListener('abort', onAbort, { once: true })
    })
  }

  /** One timer for all delays: it stands at the earliest. */
  #armTimer(): void {
    const dueMs = this.#delayed.firstRank
    if (dueMs === undefined || (this.#timer && this.#timer.dueMs <= dueMs)) return
    this.#timer?.cancel()
    const cancel = this.#clock.after(dueMs - this.#clock.monotonicMs(), () => {
      this.#timer = undefined
      this.#addDue()
      this.#armTimer()
    })
    this.#timer = { dueMs, cancel }
  }

  #addDue(): void {
    const nowMs = this.#clock.monotonicMs()
    while ((this.#delayed.firstRank ?? Number.POSITIVE_INFINITY) <= nowMs) {
      const key = this.#delayed.pop()
      if (key !== undefined) this.add(key)
    }
  }

  #requireRoom(): void {
    if (this.#ready.size + this.#delayed.size > KEY_LIMIT) {
      throw new Error(`a work queue holds at most ${KEY_LIMIT} keys`)
    }
  }
}
