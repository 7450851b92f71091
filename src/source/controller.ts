import { dirname } from 'node:path'
import { isKind } from '../kinds/meta.ts'
import { sleep } from '../lib/clock.ts'
import { errorMessage } from '../lib/errors.ts'
import type { Log } from '../runtime/logger.ts'
import type { Part } from '../runtime/manager.ts'
import type { Change } from '../store/types.ts'
import { Agenda } from './agenda.ts'
import { approvePrune } from './approval.ts'
import { FolderSync, type FolderSyncOptions } from './folder-sync.ts'
import type { Root } from './layout.ts'
import { renderSourceProblem, type SourceProblem } from './problem.ts'
import { recordProblemEvents } from './problem-events.ts'
import type { Hold } from './prune.ts'
import { addReports, folderProblem, type SyncReport } from './report.ts'
import { FolderWatch, type WatchDirectory } from './watch.ts'

export interface FolderSourceOptions extends Omit<FolderSyncOptions, 'arrivals'> {
  readonly watch: WatchDirectory
  readonly log: Log
  /** Called with all problems whenever they change. */
  readonly report?: (problems: readonly SourceProblem[]) => void
}

/** From the first wake-up to the look: writers seldom touch one file only. */
const DEBOUNCE_MS = 20

/** Looks that runOnce takes at most until nothing is under way in the folder any more. */
const MAX_LOOKS_ONCE = 100

/** Problems of one look that are logged one by one. */
const MAX_LOGGED = 20

/**
 * One folder, kept in the store: a wake-up (event, timer, `wake`, an object that went) leads to a look, and
 * looks follow one another. `#looking` is the end of the last one that was asked for.
 */
export class FolderSource implements Part {
  readonly name: string
  readonly #options: FolderSourceOptions
  readonly #watch: FolderWatch
  readonly #sync: FolderSync
  readonly #agenda: Agenda
  #looking: Promise<unknown> = Promise.resolve()
  #cancelTimer: () => void = () => {}
  #unsubscribe: (() => void) | undefined
  #restored: Promise<void> | undefined
  #isRunning = false
  #isLooking = false
  #last: SyncReport | undefined
  #lookedMs: number

  constructor(options: FolderSourceOptions) {
    this.#lookedMs = options.clock.monotonicMs()
    const { root, watch, clock } = options
    this.name = `folder ${root}`
    this.#options = options
    this.#agenda = new Agenda(clock)
    this.#watch = new FolderWatch({
      root,
      watch,
      onWake: (path) => this.#onEvent(path),
      onError: (directory, error) => {
        const reason = errorMessage(error)
        options.log.warn('a folder cannot be watched, the timer looks after it', {
          directory,
          reason,
        })
      },
    })
    this.#sync = new FolderSync({ ...options, arrivals: this.#watch })
  }

  async start(): Promise<void> {
    await this.#restore()
    this.#isRunning = true
    this.#agenda.everything(0)
    this.#schedule()
  }

  async stop(): Promise<void> {
    this.#isRunning = false
    this.#cancelTimer()
    this.#unsubscribe?.()
    this.#unsubscribe = undefined
    await this.#looking
    this.#watch.stop()
  }

  /** Someone says that there may be something new: SIGHUP, `capstan reconcile`, git-sync's hook. */
  wake(): void {
    this.#agenda.everything(DEBOUNCE_MS)
    this.#schedule()
  }

  /** What the last look came to; undefined before the first. */
  status(): SyncReport | undefined {
    return this.#last
  }

  /** Milliseconds since a look last came to its end, whatever it found; before the first one, since the start. */
  staleMs(): number {
    return this.#options.clock.monotonicMs() - this.#lookedMs
  }

  /**
   * Approves the prune that is held; returns it. Not while the folder cannot be read: the hold is then of an
   * earlier look, and its approval would wait until the folder looks that way again.
   */
  approve(): Hold | undefined {
    const { store, root } = this.#options
    if (this.#last?.ok === false) return undefined
    const hold = approvePrune(store, root)
    if (hold) this.wake()
    return hold
  }

  /**
   * Looks until nothing is under way in the folder: files have settled, second looks are taken. Counts are of
   * all these looks together, the rest is of the last one.
   */
  async runOnce(): Promise<SyncReport> {
    await this.#restore()
    this.#agenda.everything(0)
    let report = await this.#look()
    for (let looks = 1; looks < MAX_LOOKS_ONCE; looks += 1) {
      const delayMs = this.#agenda.soonMs()
      if (delayMs === undefined) break
      await sleep(this.#options.clock, delayMs)
      report = addReports(report, await this.#look())
    }
    return report
  }

  #restore(): Promise<void> {
    this.#unsubscribe ??= this.#options.store.subscribe((changes) => this.#onChanges(changes))
    this.#restored ??= this.#sync.restore().then((missing) => {
      for (const path of missing) this.#agenda.revisit(path, 0)
    })
    return this.#restored
  }

  #onEvent(path: string | undefined): void {
    const relative = path === undefined ? undefined : this.#relative(path)
    if (relative === undefined) this.#agenda.everything(DEBOUNCE_MS)
    else this.#agenda.file(relative, DEBOUNCE_MS)
    this.#schedule()
  }

  /** Undefined for what is not below the walked directory of a plain folder: there, only the whole counts. */
  #relative(path: string): string | undefined {
    const root = this.#sync.place?.root
    if (root?.layout !== 'Directory') return undefined
    const prefix = `${root.directory}/`
    return path.startsWith(prefix) ? path.slice(prefix.length) : undefined
  }

  #onChanges(changes: readonly Change[]): void {
    for (const { type, kind, namespace, name } of changes) {
      if (type !== 'DELETED') continue
      if (kind === 'Namespace') this.#agenda.everything(DEBOUNCE_MS)
      if (!isKind(kind)) continue
      const path = this.#sync.fileAwaiting({ kind, namespace, name })
      if (path !== undefined) this.#agenda.revisit(path, DEBOUNCE_MS)
    }
    this.#schedule()
  }

  #schedule(): void {
    // The end of a look schedules the next one; what comes meanwhile waits on the agenda.
    if (!this.#isRunning || this.#isLooking) return
    this.#cancelTimer()
    this.#cancelTimer = this.#options.clock.after(this.#agenda.nextMs(), () => {
      void this.#look()
    })
  }

  /** One look, after those that were asked for before. Never rejects: what fails is reported, and tried again. */
  #look(): Promise<SyncReport> {
    const look = this.#looking.then(async () => {
      this.#isLooking = true
      const report = await this.#lookNow()
      this.#isLooking = false
      this.#schedule()
      return report
    })
    this.#looking = look
    return look
  }

  async #lookNow(): Promise<SyncReport> {
    const { clock } = this.#options
    const task = this.#agenda.take()
    const startedMs = clock.monotonicMs()
    try {
      const partial =
        task.type === 'Files' ? await this.#sync.partial(task.paths, task.revisit) : undefined
      const report = partial ?? (await this.#sync.full(task.revisit))
      const tookMs = clock.monotonicMs() - startedMs
      this.#agenda.looked(partial ? task : { ...task, type: 'Everything' }, report, tookMs)
      this.#arm()
      this.#publish(report)
      this.#lookedMs = clock.monotonicMs()
      return report
    } catch (error) {
      return this.#failed(error, task.revisit)
    } finally {
      this.#watch.endBurst()
    }
  }

  #failed(error: unknown, revisit: ReadonlySet<string>): SyncReport {
    const { log, root } = this.#options
    log.error('a folder could not be applied', { source: root, error })
    this.#agenda.failed(revisit)
    const message = `nothing was applied: ${errorMessage(error)}`
    const base = this.#last ?? emptyReport(root)
    const report = { ...base, ok: false, problems: [folderProblem(message)] }
    this.#publish(report)
    return report
  }

  #arm(): void {
    const place = this.#sync.place
    if (!place || !this.#isRunning) return
    const { root, directories } = place
    // Something may have come between the look and its watch.
    if (this.#watch.arm(root.fingerprint, watched(root, directories), root.turn)) {
      this.#agenda.everything(DEBOUNCE_MS)
    }
  }

  #publish(report: SyncReport): void {
    const { log, clock, store, root: source } = this.#options
    const before = new Set(
      this.#last?.problems.map((problem) => renderSourceProblem(source, problem)),
    )
    const news = report.problems.filter(
      (problem) => !before.has(renderSourceProblem(source, problem)),
    )
    const isChanged = news.length > 0 || before.size !== report.problems.length
    this.#last = report
    const { created, updated, replaced, pruned, revision } = report
    if (created + updated + replaced + pruned > 0) {
      log.info('folder applied', { source, revision, created, updated, replaced, pruned })
    }
    for (const problem of news.slice(0, MAX_LOGGED)) {
      log.warn('folder problem', { source, problem: renderSourceProblem(source, problem) })
    }
    if (!isChanged) return
    if (report.ok && news.length > 0) recordProblemEvents(store, source, news, clock.nowMs())
    this.#options.report?.(report.problems)
  }
}

/** A ConfigMap volume flips a link beside the walked directory. */
function watched(root: Root, directories: readonly string[]): readonly string[] {
  return root.layout === 'ConfigMap' ? [dirname(root.directory), ...directories] : directories
}

function emptyReport(source: string): SyncReport {
  return {
    source,
    ok: false,
    revision: '',
    created: 0,
    updated: 0,
    replaced: 0,
    pruned: 0,
    waiting: [],
    problems: [],
    next: {},
  }
}
