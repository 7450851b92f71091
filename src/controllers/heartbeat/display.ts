import { isFinalState, type Run } from '../../kinds/run.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Store } from '../../store/types.ts'
import { commit } from '../commit.ts'
import { heartbeatStatus } from '../heartbeat-status.ts'
import { isLive } from '../live-attempt.ts'
import type { HeartbeatMonitor, Lease } from './monitor.ts'

export interface DisplayDeps {
  readonly store: Store
  readonly clock: Clock
  readonly monitor: HeartbeatMonitor
}

/** Beats of all runs that come within this time are written in one transaction. */
const GATHER_MS = 2_000
/** How often the beats of one lease are written at most: what is shown may be this much older than the last beat. */
const SHOW_EVERY_MS = 20_000
/** Leases that one transaction writes, which holds everything else up for tens of milliseconds; the others come next. */
const MAX_AT_ONCE = 200

/**
 * Writes beats down, for people to see: never one by one, and never more than a steady number a second.
 * Nothing is judged by what is written.
 */
export class BeatDisplay {
  readonly #deps: DisplayDeps
  /** Leases that are to be written, in the order of their beats. */
  readonly #waiting = new Set<Lease>()
  /** Monotonic. */
  readonly #shownMs = new WeakMap<Lease, number>()
  #unsubscribe = (): void => {}
  #cancel: (() => void) | undefined

  constructor(deps: DisplayDeps) {
    this.#deps = deps
  }

  start(): void {
    this.#unsubscribe = this.#deps.monitor.subscribe((lease) => this.#note(lease))
  }

  stop(): void {
    this.#unsubscribe()
    this.#cancel?.()
    this.#cancel = undefined
    if (this.#waiting.size > 0) this.#write()
  }

  /** Leases that wait to be written. */
  get size(): number {
    return this.#waiting.size
  }

  #note(lease: Lease): void {
    const shownMs = this.#shownMs.get(lease) ?? Number.NEGATIVE_INFINITY
    if (this.#deps.clock.monotonicMs() - shownMs < SHOW_EVERY_MS) return
    this.#waiting.add(lease)
    this.#arm()
  }

  #arm(): void {
    this.#cancel ??= this.#deps.clock.after(GATHER_MS, () => {
      this.#cancel = undefined
      this.#write()
      if (this.#waiting.size > 0) this.#arm()
    })
  }

  #write(): void {
    const { store, clock, monitor } = this.#deps
    const leases = [...this.#waiting].slice(0, MAX_AT_ONCE)
    const runs = new Set(leases.map(({ attempt }) => attempt.runUid))
    store.transaction(() => {
      for (const { attempt, heardAtMs } of leases) {
        if (heardAtMs !== undefined) store.beats.put(attempt.clientToken, heardAtMs)
      }
      for (const uid of runs) showRun(store, uid, monitor.ofRun(uid), clock.nowMs())
    })
    const nowMs = clock.monotonicMs()
    for (const lease of leases) {
      this.#waiting.delete(lease)
      this.#shownMs.set(lease, nowMs)
    }
  }
}

function showRun(store: Store, uid: string, leases: readonly Lease[], nowMs: number): void {
  const run = store.objects.getByUid(uid) as Run | undefined
  const lease = quietest(store, leases)
  if (!run?.status?.heartbeat || !lease || isFinalState(run.status.state?.type)) return
  const { attempt, heardAtMs } = lease
  const heartbeat = heartbeatStatus(attempt, {
    heardAtMs,
    startedAtMs: undefined,
    isOver: false,
    isArray: run.spec.array !== undefined,
  })
  commit(store, { object: run, status: { ...run.status, heartbeat }, events: [] }, nowMs)
}

/** The one that will be missed first, of those whose task is alive. */
function quietest(store: Store, leases: readonly Lease[]): Lease | undefined {
  const heardMs = (lease: Lease): number => lease.heardMs ?? lease.sinceMs
  return leases
    .toSorted((a, b) => heardMs(a) - heardMs(b))
    .find(({ attempt, heardMs: heard }) => {
      const row = store.attempts.byClientToken(attempt.clientToken)
      return heard !== undefined && row !== undefined && isLive(row)
    })
}
