import { DueQueue } from '../../src/emulator/due-queue.ts'
import type { Clock } from '../../src/lib/clock.ts'

interface Timer {
  readonly dueMs: number
  readonly fire: () => void
}

/** 2026-01-01T00:00:00Z: a round wall time to start tests at. */
const START_MS = Date.UTC(2026, 0, 1)

/**
 * Time that stands still until a test moves it. Timers fire in order of due time, ties in order of
 * creation, each with the clock standing at its own due time; timers set while time moves fire in the
 * same advance when they fall due within it.
 */
export class FakeClock implements Clock {
  #nowMs: number
  readonly #startMs: number
  /** How far wall time is off: people and NTP set clocks, timers do not notice. */
  #wallOffsetMs = 0
  readonly #pending = new Set<Timer>()
  readonly #queue = new DueQueue<Timer>()

  /** Lets every promise settle that can without time moving. */
  readonly #settle: () => Promise<void>

  constructor(startMs: number = START_MS, settle: () => Promise<void> = settlePromises) {
    this.#nowMs = startMs
    this.#startMs = startMs
    this.#settle = settle
  }

  nowMs(): number {
    return this.#nowMs + this.#wallOffsetMs
  }

  /** Sets the wall clock forth (or back) by `ms`; monotonic time and timers stay. */
  stepWall(ms: number): void {
    this.#wallOffsetMs += ms
  }

  /** The same passing of time with a wall clock that nobody sets: what other machines have. */
  get undisturbed(): Clock {
    return {
      nowMs: () => this.#nowMs,
      monotonicMs: () => this.monotonicMs(),
      after: (delayMs, fire) => this.after(delayMs, fire),
    }
  }

  monotonicMs(): number {
    return this.#nowMs - this.#startMs
  }

  after(delayMs: number, fire: () => void): () => void {
    const timer = { dueMs: this.#nowMs + Math.ceil(Math.max(0, delayMs)), fire }
    this.#pending.add(timer)
    this.#queue.add(timer.dueMs, timer)
    return () => {
      this.#pending.delete(timer)
    }
  }

  /** Timers that wait to fire: zero at the end of a test means nothing leaked. */
  get pendingTimers(): number {
    return this.#pending.size
  }

  /** Milliseconds until the next timer is due; undefined when there is none. */
  get nextTimerMs(): number | undefined {
    const timer = this.#peek()
    return timer && timer.dueMs - this.#nowMs
  }

  /** Moves time by `ms`, firing due timers in order and letting promises settle before and after each. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms
    await this.#settle()
    while (this.#fireNext(endMs)) await this.#settle()
    this.#nowMs = endMs
  }

  /** Moves time by `ms` and fires due timers in order, without letting any promise settle. */
  advanceSync(ms: number): void {
    const endMs = this.#nowMs + ms
    let fired = true
    while (fired) fired = this.#fireNext(endMs)
    this.#nowMs = endMs
  }

  #fireNext(endMs: number): boolean {
    const timer = this.#peek()
    if (!timer || timer.dueMs > endMs) return false
    this.#queue.take(timer.dueMs)
    this.#pending.delete(timer)
    this.#nowMs = Math.max(this.#nowMs, timer.dueMs)
    timer.fire()
    return true
  }

  /** The next timer that has not been cancelled. */
  #peek(): Timer | undefined {
    for (let next = this.#queue.next; next; next = this.#queue.next) {
      if (this.#pending.has(next.item)) return next.item
      this.#queue.take(next.atMs)
    }
    return undefined
  }
}

/** A macrotask runs only after every microtask, however long their chain. */
export function settlePromises(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

/**
 * The same without a turn of the event loop, which is many times faster: for worlds in which nothing but
 * promises is waited for (no files, sockets, threads).
 */
export async function settleMicrotasks(): Promise<void> {
  // A tick that is asked for by a microtask comes after all of them, however long their chain.
  await Promise.resolve()
  await new Promise<void>((resolve) => {
    process.nextTick(resolve)
  })
}
