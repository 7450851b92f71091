import { LATE_SECONDS, type LeaseTerms } from '../../kinds/heartbeat.ts'
import type { Clock } from '../../lib/clock.ts'
import type { AttemptRow, Store } from '../../store/types.ts'
import type { LeaseBook, Signs } from '../leases.ts'
import { isLive } from '../live-attempt.ts'

/** The lease of one living task. Instants are monotonic unless their name says otherwise. */
export interface Lease {
  readonly attempt: AttemptRow
  readonly terms: LeaseTerms
  /** Silence counts from here at the earliest. */
  sinceMs: number
  /** The last sign of life that this process has heard. */
  heardMs: number | undefined
  /** The same by the wall clock, for people. */
  heardAtMs: number | undefined
  hasBeaten: boolean
  /** When a source that has to be asked was last asked. */
  lookedMs: number | undefined
}

export interface MonitorDeps {
  readonly store: Store
  readonly clock: Clock
  /** Where tasks that are launched now are told to beat; undefined: nowhere. */
  readonly url: () => string | undefined
  /** Queues the run of a lease: what was decided about its silence no longer holds. */
  readonly wake: (attempt: AttemptRow) => void
}

/** How often it is noted that this process runs. */
const PULSE_MS = 2_000
/**
 * A longer pause than this between two pulses means that the process stood still: beats may have been lost
 * meanwhile. Shorter ones only make beats late, by less than any lease's slack.
 */
const STALL_MS = 5_000
/** How often leases of tasks that have ended are looked for. */
const SWEEP_MS = 60_000

/**
 * Knows of every lease when its task was last heard of.
 *
 * - Everything is counted in monotonic time of this process. Silence before it started, while nothing could
 *   be heard, or while it stood still counts for nothing: afterwards every lease begins anew.
 * - A lease exists from the first sight of its running task, or its first beat, until soon after its
 *   attempt has ended: there are never many more of them than living attempts.
 */
export class HeartbeatMonitor implements LeaseBook {
  readonly #deps: MonitorDeps
  /** By run uid, then by index and number. */
  readonly #leases = new Map<string, Map<string, Lease>>()
  readonly #listeners = new Set<(lease: Lease) => void>()
  /** Since when beats over the network could come in without a break; undefined: they cannot. */
  #hearingSinceMs: number | undefined
  #pulseMs: number
  #sweptMs: number
  #cancelPulse: (() => void) | undefined
  #onPulse = (): void => {}
  #size = 0

  constructor(deps: MonitorDeps) {
    this.#deps = deps
    this.#pulseMs = deps.clock.monotonicMs()
    this.#sweptMs = this.#pulseMs
  }

  /** Beats can come in from now on. Calling again changes nothing: only `deafen` makes a break. */
  hear(): void {
    this.#hearingSinceMs ??= this.#deps.clock.monotonicMs()
  }

  /** Beats cannot come in, or nobody knows whether they can. */
  deafen(): void {
    this.#hearingSinceMs = undefined
  }

  /** Milliseconds since beats can come in without a break; undefined: they cannot. */
  hearingForMs(): number | undefined {
    if (this.#hearingSinceMs === undefined) return undefined
    return this.#deps.clock.monotonicMs() - this.#hearingSinceMs
  }

  /** Called with each sign of life, in order. Returns the unsubscribe function. */
  subscribe(listener: (lease: Lease) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Number of leases. */
  get size(): number {
    return this.#size
  }

  ofRun(runUid: string): readonly Lease[] {
    return [...(this.#leases.get(runUid)?.values() ?? [])]
  }

  /** At most one living task has this name. */
  find(runUid: string, index: number, number: number): Lease | undefined {
    return this.#leases.get(runUid)?.get(`${index}/${number}`)
  }

  watch(attempt: AttemptRow): void {
    this.#require(attempt)
  }

  signs(attempt: AttemptRow): Omit<Signs, 'lookedAgoMs'> | undefined {
    const lease = this.#leaseOf(attempt)
    if (!lease) return undefined
    const nowMs = this.#notePulse()
    const floorMs = this.#floorOf(lease)
    if (floorMs === undefined) return undefined
    const { heardMs, sinceMs, hasBeaten } = lease
    const fromMs = Math.max(sinceMs, heardMs ?? sinceMs, floorMs)
    return { silentMs: nowMs - fromMs, hasBeaten, isHeard: heardMs !== undefined }
  }

  /** A sign of life of a task that is alive. */
  heard(attempt: AttemptRow): void {
    const lease = this.#require(attempt)
    if (!lease) return
    const before = this.signs(attempt)
    const isFirst = !lease.hasBeaten
    lease.heardMs = this.#deps.clock.monotonicMs()
    lease.heardAtMs = this.#deps.clock.nowMs()
    lease.hasBeaten = true
    const wasSilent = before && before.silentMs >= lease.terms.windowSeconds * 1000
    // From the first beat on the window is shorter; and a task that was silent may be shown as unresponsive.
    if (isFirst || wasSilent) this.#deps.wake(attempt)
    for (const listener of this.#listeners) listener(lease)
  }

  /**
   * A source that has to be asked has answered. Where nobody asked for longer than a period, signs of life may
   * have been missed: the lease begins anew.
   */
  looked(attempt: AttemptRow, isAlive: boolean): void {
    const lease = this.#require(attempt)
    if (!lease) return
    const nowMs = this.#deps.clock.monotonicMs()
    if (!isCurrent(lease, nowMs)) lease.sinceMs = nowMs
    lease.lookedMs = nowMs
    if (isAlive) this.heard(attempt)
  }

  /** Called every few seconds while there are leases. */
  onPulse(listener: () => void): void {
    this.#onPulse = listener
  }

  /** As the store has it now; undefined: it is gone. */
  rowOf({ clientToken }: AttemptRow): AttemptRow | undefined {
    return this.#deps.store.attempts.byClientToken(clientToken)
  }

  /** The leases of a source. */
  ofSource(source: LeaseTerms['source']): readonly Lease[] {
    return [...this.#leases.values()]
      .flatMap((ofRun) => [...ofRun.values()])
      .filter(({ terms }) => terms.source === source)
  }

  stop(): void {
    this.#cancelPulse?.()
    this.#cancelPulse = undefined
    this.#leases.clear()
    this.#size = 0
  }

  #require(attempt: AttemptRow): Lease | undefined {
    const { heartbeat: terms, clientToken, runUid } = attempt
    if (!terms) return undefined
    const known = this.#leaseOf(attempt)
    if (known) return known
    const { store, clock } = this.#deps
    const lease: Lease = {
      attempt,
      terms,
      sinceMs: clock.monotonicMs(),
      heardMs: undefined,
      heardAtMs: undefined,
      hasBeaten: store.beats.lastAtMs(clientToken) !== undefined,
      lookedMs: undefined,
    }
    const ofRun = this.#leases.get(runUid) ?? new Map<string, Lease>()
    this.#leases.set(runUid, ofRun.set(taskName(attempt), lease))
    this.#size += 1
    if (!this.#cancelPulse) {
      this.#pulseMs = clock.monotonicMs()
      this.#armPulse()
    }
    return lease
  }

  #leaseOf({ runUid, index, number }: AttemptRow): Lease | undefined {
    return this.find(runUid, index, number)
  }

  /** From when on beats of this task could be heard. A task that was told another address is not expected here, unless it has come all the same. */
  #floorOf(lease: Lease): number | undefined {
    const { terms, heardMs, sinceMs } = lease
    if (terms.source !== 'Http') {
      return isCurrent(lease, this.#deps.clock.monotonicMs()) ? sinceMs : undefined
    }
    const isExpected = terms.url !== undefined && terms.url === this.#deps.url()
    return isExpected || heardMs !== undefined ? this.#hearingSinceMs : undefined
  }

  /**
   * Also called by whoever asks: after a pause the timers of judges may fire before the pulse, and before
   * the beats that wait in the sockets are read.
   */
  #notePulse(): number {
    const nowMs = this.#deps.clock.monotonicMs()
    if (nowMs - this.#pulseMs > STALL_MS && this.#hearingSinceMs !== undefined) {
      this.#hearingSinceMs = nowMs
    }
    this.#pulseMs = nowMs
    return nowMs
  }

  #armPulse(): void {
    this.#cancelPulse = this.#deps.clock.after(PULSE_MS, () => {
      this.#notePulse()
      this.#sweep()
      this.#onPulse()
      if (this.#size > 0) this.#armPulse()
      else this.#cancelPulse = undefined
    })
  }

  #sweep(): void {
    const nowMs = this.#deps.clock.monotonicMs()
    if (nowMs - this.#sweptMs < SWEEP_MS) return
    this.#sweptMs = nowMs
    for (const [runUid, ofRun] of this.#leases) {
      for (const lease of ofRun.values()) {
        if (this.#isOver(lease, nowMs) && ofRun.delete(taskName(lease.attempt))) this.#size -= 1
      }
      if (ofRun.size === 0) this.#leases.delete(runUid)
    }
  }

  /** A task that beats is alive; for others the store is asked. */
  #isOver({ attempt, heardMs, sinceMs, terms }: Lease, nowMs: number): boolean {
    if (nowMs - (heardMs ?? sinceMs) < terms.frequencySeconds * 1000) return false
    const row = this.rowOf(attempt)
    return !row || !isLive(row)
  }
}

/** Whether the source was asked a short time ago; beyond it, silence says nothing. */
function isCurrent({ lookedMs, terms }: Lease, nowMs: number): boolean {
  return (
    lookedMs !== undefined && nowMs - lookedMs <= (terms.frequencySeconds + LATE_SECONDS) * 1000
  )
}

function taskName({ index, number }: AttemptRow): string {
  return `${index}/${number}`
}
