import type { LogsPort } from '../../aws/ports.ts'
import type { Clock } from '../../lib/clock.ts'
import type { AccountBook } from '../accounts.ts'
import { type OutputOfEveryTask, outputOf } from '../attempt-logs.ts'
import type { HeartbeatMonitor, Lease } from './monitor.ts'

export interface LogActivityDeps {
  readonly monitor: HeartbeatMonitor
  readonly accounts: AccountBook
  readonly clock: Clock
  readonly outputOfEveryTask?: OutputOfEveryTask | undefined
}

/** How often each output is looked at: well within LATE_SECONDS, which every lease forgives. */
const READ_EVERY_MS = 10_000
/** Reads under way at a time: all readers share a few calls a second. A lease that is not read is not judged. */
const MAX_READS = 5

/**
 * Looks at the ends of the outputs whose lines are signs of life. A read that fails says nothing, and neither
 * does an output that nobody can find.
 */
export class LogActivity {
  readonly #deps: LogActivityDeps
  /** By lease: when it was last read, monotonic, and the newest line seen then. */
  readonly #seen = new WeakMap<Lease, { readonly atMs: number; readonly newest: string }>()
  readonly #reading = new Set<Lease>()
  readonly #stopping = new AbortController()

  constructor(deps: LogActivityDeps) {
    this.#deps = deps
  }

  start(): void {
    this.#deps.monitor.onPulse(() => this.#readDue())
  }

  stop(): void {
    this.#deps.monitor.onPulse(() => {})
    this.#stopping.abort(new Error('the program is stopping'))
  }

  #readDue(): void {
    const nowMs = this.#deps.clock.monotonicMs()
    const readAtMs = (lease: Lease): number => this.#seen.get(lease)?.atMs ?? 0
    const due = this.#deps.monitor
      .ofSource('Logs')
      .filter((lease) => !this.#reading.has(lease) && nowMs - readAtMs(lease) >= READ_EVERY_MS)
      .toSorted((a, b) => readAtMs(a) - readAtMs(b))
    for (const lease of due.slice(0, MAX_READS - this.#reading.size)) {
      this.#reading.add(lease)
      void this.#read(lease).finally(() => this.#reading.delete(lease))
    }
  }

  async #read(lease: Lease): Promise<void> {
    const { clock, monitor } = this.#deps
    const before = this.#seen.get(lease)
    const newest = await this.#newestLine(lease).catch(() => undefined)
    this.#seen.set(lease, {
      atMs: clock.monotonicMs(),
      newest: newest ?? before?.newest ?? NOTHING,
    })
    if (newest === undefined || this.#stopping.signal.aborted) return
    monitor.looked(lease.attempt, newest !== NOTHING && newest !== before?.newest)
  }

  /** Identifies the last line; NOTHING where there is none yet, undefined where it cannot be known. */
  async #newestLine({ attempt }: Lease): Promise<string | undefined> {
    const { accounts, monitor, outputOfEveryTask } = this.#deps
    const row = monitor.rowOf(attempt)
    const account = accounts.byId(attempt.account)
    const place = row && outputOf(row, row.containerName, outputOfEveryTask)
    return account && place && lastLine(account.logs, place, this.#stopping.signal)
  }
}

const NOTHING = ''

async function lastLine(
  logs: LogsPort,
  place: { readonly group: string; readonly stream: string },
  signal: AbortSignal,
): Promise<string> {
  const page = await logs.getLogEvents({ ...place, fromHead: false, limit: 1 }, signal)
  const last = page?.events.at(-1)
  return last ? `${last.timestampMs} ${last.message}` : NOTHING
}
