import type { Clock } from '../lib/clock.ts'
import type { SyncReport } from './report.ts'

/** What the next look is about. */
export interface Task {
  readonly type: 'Files' | 'Everything'
  /** Files that something happened to. */
  readonly paths: readonly string[]
  /** Files to decide again because an object went. */
  readonly revisit: ReadonlySet<string>
}

/** The truth is looked at this often without any event: they get lost, and network file systems send none. */
const TIMER_MS = 10_000

/** A large folder takes longer to look at, so it is looked at more rarely: at most 1/400 of a core goes into it, but a look comes once a minute. */
const TIMER_PER_LOOK = 400
const MAX_TIMER_MS = 60_000

/**
 * After a look at single files, everything is looked at this soon; a stream of files shares one such look. In
 * a large folder it comes later, so that it takes at most a tenth of a core while files keep coming.
 */
const VERIFY_MS = 5_000
const VERIFY_PER_LOOK = 10

/** A look that is due at once still leaves the event loop a turn. */
const MIN_DELAY_MS = 5

/** After a look that failed. */
const RETRY_MS = 1_000

/** With more files than this at once, everything is looked at. */
const MAX_FILES = 64

/** Looks that are due within this time count as under way: files that settle, second looks. */
const HORIZON_MS = 2_500

/** When to look at a folder next, and at what. */
export class Agenda {
  readonly #clock: Clock
  readonly #paths = new Set<string>()
  #revisit = new Set<string>()
  #filesDueMs = Number.POSITIVE_INFINITY
  #everythingDueMs = Number.POSITIVE_INFINITY
  /** How long the last look at everything took. */
  #everythingTookMs = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  everything(delayMs: number): void {
    this.#everythingDueMs = Math.min(this.#everythingDueMs, this.#in(delayMs))
  }

  file(path: string, delayMs: number): void {
    this.#paths.add(path)
    if (this.#paths.size > MAX_FILES) this.everything(delayMs)
    else this.#filesDueMs = Math.min(this.#filesDueMs, this.#in(delayMs))
  }

  revisit(path: string, delayMs: number): void {
    this.#revisit.add(path)
    this.#filesDueMs = Math.min(this.#filesDueMs, this.#in(delayMs))
  }

  /** Milliseconds until the next look. */
  nextMs(): number {
    const dueMs = Math.min(this.#filesDueMs, this.#everythingDueMs)
    return Math.max(0, dueMs - this.#clock.monotonicMs())
  }

  /** The same, while something is under way. */
  soonMs(): number | undefined {
    const delayMs = this.nextMs()
    return delayMs <= HORIZON_MS ? delayMs : undefined
  }

  /** Takes what is due off the agenda. A look at everything does what looks at files would. */
  take(): Task {
    const isEverything = this.#everythingDueMs <= Math.max(this.#in(0), this.#filesDueMs)
    const paths = [...this.#paths]
    const revisit = this.#revisit
    this.#paths.clear()
    this.#revisit = new Set()
    this.#filesDueMs = Number.POSITIVE_INFINITY
    if (isEverything) this.#everythingDueMs = Number.POSITIVE_INFINITY
    return { type: isEverything ? 'Everything' : 'Files', paths, revisit }
  }

  /** A look is done; `task.type` says what it looked at in the end. */
  looked(task: Task, report: SyncReport, tookMs: number): void {
    const isFiles = task.type === 'Files'
    if (!isFiles) this.#everythingTookMs = tookMs
    const [leastMs, perLook] = isFiles ? [VERIFY_MS, VERIFY_PER_LOOK] : [TIMER_MS, TIMER_PER_LOOK]
    this.everything(Math.min(MAX_TIMER_MS, Math.max(leastMs, this.#everythingTookMs * perLook)))
    if (!report.ok) this.everything(RETRY_MS)
    const { everythingMs, files } = report.next
    if (everythingMs !== undefined) this.everything(Math.max(MIN_DELAY_MS, everythingMs))
    for (const path of files?.paths ?? []) this.file(path, files?.delayMs ?? 0)
  }

  /** A look threw: everything that it was for is still to be done. */
  failed(revisit: ReadonlySet<string>): void {
    for (const path of revisit) this.#revisit.add(path)
    this.everything(TIMER_MS)
  }

  #in(delayMs: number): number {
    return this.#clock.monotonicMs() + delayMs
  }
}
