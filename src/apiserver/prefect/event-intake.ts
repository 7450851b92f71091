import { HEARTBEAT_EVENT, LABEL, type NewEventRecord, resourceId } from '../../kinds/event.ts'
import type { Clock } from '../../lib/clock.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { BeatIntake } from '../ports.ts'
import { type AdmissionPorts, type AdmittedEvent, admitEvent } from './admit-event.ts'
import type { WireEvent } from './event-json.ts'
import { RateBook } from './rate-book.ts'
import { rateOf, type Sender, senderKey } from './sender.ts'

export interface EventIntakeDeps extends AdmissionPorts {
  readonly clock: Clock
  /** Absent: nobody judges heartbeats. */
  readonly beats?: Pick<BeatIntake, 'beat'> | undefined
}

export type Taken =
  /** `done` resolves when the events are in the log, and rejects when that failed. */
  | { readonly type: 'Taken'; readonly done: Promise<void> }
  /** None of them was taken: this one is refused. */
  | { readonly type: 'Refused'; readonly index: number; readonly reason: string }
  /** Too much is waiting already. */
  | { readonly type: 'Busy' }

/** Events of all senders within this time are one commit, and so one fsync. */
const FLUSH_MS = 20
/** Nobody waits for the record of a beat: those of a whole fleet are a commit or two each second. */
const BEAT_FLUSH_MS = 500
/** Events of one commit: about 5 ms, for which the event loop stands still. */
const COMMIT_LIMIT = 200
/** Events that wait for their commit; each weighs up to 1.5 MB, but senders are paced long before. */
const QUEUE_LIMIT = 5_000
const QUEUE_BYTES = 64 * 2 ** 20

interface Waiting {
  readonly records: readonly NewEventRecord[]
  readonly bytes: number
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * Takes events from outside, whichever way they come. `#queue` holds what is admitted and not yet committed,
 * in the order in which it came; `#timer` is set whenever something is in there.
 */
export class EventIntake {
  readonly #deps: EventIntakeDeps
  readonly #rates = new RateBook()
  #queue: Waiting[] = []
  #count = 0
  #bytes = 0
  #timer: { readonly dueMs: number; readonly cancel: () => void } | undefined

  constructor(deps: EventIntakeDeps) {
    this.#deps = deps
  }

  /** Milliseconds for which this sender should send nothing more; 0: go on. */
  owedMs(sender: Sender): number {
    return this.#rates.owed(senderKey(sender), rateOf(sender), this.#deps.clock.monotonicMs())
  }

  /** Takes all of these events, or none. `bytes`: what they weigh. A heartbeat counts from this moment, not from its commit. */
  take(sender: Sender, events: readonly WireEvent[], bytes: number): Taken {
    const { clock } = this.#deps
    this.#rates.take(senderKey(sender), rateOf(sender), events.length, clock.monotonicMs())
    if (this.#count + events.length > QUEUE_LIMIT || this.#bytes + bytes > QUEUE_BYTES) {
      return { type: 'Busy' }
    }
    const nowMs = clock.nowMs()
    const admitted: Extract<AdmittedEvent, { type: 'Accepted' }>[] = []
    for (const [index, event] of events.entries()) {
      const admission = admitEvent(this.#deps, sender, event, nowMs)
      if (admission.type === 'Refused') return { ...admission, index }
      admitted.push(admission)
    }
    const kept = admitted.filter((admission) => this.#counts(admission))
    const records = kept.map(({ record }) => record)
    return { type: 'Taken', done: this.#enqueue(records, bytes, FLUSH_MS) }
  }

  /** Keeps a beat that came another way. One that cannot be kept is lost: it has counted already. */
  recordBeat(runUid: string, payload: JsonObject): void {
    const { subjectOf, clock } = this.#deps
    const run = subjectOf(runUid)
    if (!run || this.#count >= QUEUE_LIMIT) return
    const nowMs = clock.nowMs()
    const record = {
      occurredAtMs: nowMs,
      receivedAtMs: nowMs,
      event: HEARTBEAT_EVENT,
      namespace: run.namespace,
      resource: { [LABEL.id]: resourceId('run', runUid), [LABEL.name]: run.name },
      related: run.related,
      payload,
      runUid,
    }
    this.#enqueue([record], 0, BEAT_FLUSH_MS).catch(() => undefined)
  }

  /** False for a beat that is one too many, and so is not worth keeping. */
  #counts({ beatOf }: { readonly beatOf?: string }): boolean {
    if (beatOf === undefined) return true
    return this.#deps.beats?.beat(beatOf, { source: 'Events' }) !== 'TooFast'
  }

  #enqueue(records: readonly NewEventRecord[], bytes: number, delayMs: number): Promise<void> {
    if (records.length === 0) return Promise.resolve()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#queue.push({ records, bytes, resolve, reject })
    this.#count += records.length
    this.#bytes += bytes
    this.#schedule(delayMs)
    return promise
  }

  #schedule(delayMs: number): void {
    const { clock } = this.#deps
    const dueMs = clock.monotonicMs() + delayMs
    if (this.#timer && this.#timer.dueMs <= dueMs) return
    this.#timer?.cancel()
    const cancel = clock.after(delayMs, () => {
      this.#timer = undefined
      this.#flush()
    })
    this.#timer = { dueMs, cancel }
  }

  #flush(): void {
    const batch = this.#nextBatch()
    if (this.#queue.length > 0) this.#schedule(0)
    this.#commit(batch).then(
      () => {
        for (const { resolve } of batch) resolve()
      },
      (error: unknown) => {
        for (const { reject } of batch) reject(error)
      },
    )
  }

  /** The sync is left to a time when the event loop does not stand still for it; senders are told after it. */
  async #commit(batch: readonly Waiting[]): Promise<void> {
    const { store } = this.#deps
    store.transaction(() => {
      for (const { records } of batch) store.eventLog.append(records)
    }, 'Later')
    await store.durable()
  }

  #nextBatch(): readonly Waiting[] {
    let count = 0
    const isNext = ({ records }: Waiting): boolean => {
      const fits = count === 0 || count + records.length <= COMMIT_LIMIT
      count += records.length
      return fits
    }
    const end = this.#queue.findIndex((waiting) => !isNext(waiting))
    const batch = end < 0 ? this.#queue : this.#queue.slice(0, end)
    this.#queue = end < 0 ? [] : this.#queue.slice(end)
    for (const { records, bytes } of batch) {
      this.#count -= records.length
      this.#bytes -= bytes
    }
    return batch
  }
}
