import { type ObjectKey, renderKey } from '../kinds/meta.ts'
import type { Clock } from '../lib/clock.ts'
import { inPages } from '../lib/pages.ts'
import { createSlicer, type Slicer } from '../runtime/slicer.ts'
import type { SourceFileRow, SourceObjectRow, Store } from '../store/types.ts'
import {
  type Applied,
  addWrites,
  applyDecision,
  type Decision,
  noWrites,
  unsettledFiles,
} from './apply.ts'
import { approvedToken, heldOf } from './approval.ts'
import type { BulkReader } from './bulk-reader.ts'
import { isGood, type ReadFile } from './desired.ts'
import { type FileEntry, FileIndex } from './file-index.ts'
import type { Arrivals } from './file-reader.ts'
import type { Files } from './files.ts'
import type { Root } from './layout.ts'
import type { Loader } from './load.ts'
import { observeObjects, observeOrphans, observeOwned } from './observe.ts'
import { parseProblem, type SourceProblem } from './problem.ts'
import { type Absence, decidePrune, type PrunePlan } from './prune.ts'
import { folderProblem, holdProblem, type NextLook, type SyncReport } from './report.ts'
import { type Snapshot, SnapshotReader, type SnapshotResult } from './snapshot.ts'
import { decideSync, type Plan } from './sync.ts'

export interface FolderSyncOptions {
  /** Absolute root; names the source in the store. */
  readonly root: string
  readonly store: Store
  readonly files: Files
  readonly clock: Clock
  readonly arrivals: Arrivals
  readonly loader: Loader
  /** Reads many files beside the event loop, as `files` and `loader` would. */
  readonly bulk?: BulkReader<ReadFile> | undefined
  /** Annotations of Runs that the folder brings now: recovery marks them for as long as it lasts. */
  readonly runAnnotations: () => Readonly<Record<string, string>>
  /** Whether the controller follows that folder too. Absent: it does. */
  readonly isFollowed?: (root: string) => boolean
}

/** How often git's lock is looked for while it is there. */
const GIT_LOCK_POLL_MS = 100

/** After this long the lock was left behind by a git that crashed. The folder is read on, and nothing is pruned. */
const GIT_LOCK_PATIENCE_MS = 60_000

/** Rows that are taken up between two pauses: some milliseconds. */
const PAGE = 500

const NOTHING: ReadonlySet<string> = new Set()

/** Stands for a file that has to be read, whatever its stat. */
const UNKNOWN: FileEntry = { stat: '', hash: '', problems: [] }

/** What is to be decided, and on what evidence. */
interface Look {
  readonly root: Root
  readonly files: readonly ReadFile[]
  readonly gone: ReadonlySet<string>
  /** Everything was seen, so what is missing is gone. */
  readonly isTrusted: boolean
  readonly isSettled: boolean
}

/**
 * Makes the store say what one folder says, one look at a time; looks never overlap. Between looks it keeps
 * the files as they were seen (`#index`), since when objects are missing (`#absences`) and which objects
 * open files name (`#awaited`). Everything that matters after a restart is in the store.
 */
export class FolderSync {
  readonly #options: FolderSyncOptions
  readonly #index = new FileIndex()
  readonly #reader: SnapshotReader<ReadFile>
  /** By renderKey, with the file. */
  readonly #awaited = new Map<string, string>()
  #absences: ReadonlyMap<string, Absence> = new Map()
  #problems: readonly SourceProblem[] = []
  /** By renderKey: objects that wait until something of the same name is gone. */
  readonly #waiting = new Set<string>()
  #wanted: ReadonlySet<string> = NOTHING
  /** What was written since this look began. */
  #applied: Applied = noWrites()
  #lockedSinceMs: number | undefined
  #place: { readonly root: Root; readonly directories: readonly string[] } | undefined

  constructor(options: FolderSyncOptions) {
    const { root, files, clock, arrivals, loader, bulk } = options
    this.#options = options
    this.#reader = new SnapshotReader(root, {
      files,
      clock,
      arrivals,
      bulk,
      known: (path) => this.#index.get(path),
      wanted: (path) => this.#wanted.has(path),
      hash: loader.hash,
      parse: loader.load,
      take: (taken, at) => this.#take(taken, at),
    })
  }

  /**
   * Takes up what the store knows of the folder. Files that were read under other rules count as new. Returns
   * the files whose objects went while nobody looked.
   */
  async restore(): Promise<ReadonlySet<string>> {
    const { store, root, loader } = this.#options
    const slicer = this.#slicer()
    const filesAfter = (after?: SourceFileRow) => store.sources.files(root, { after, limit: PAGE })
    for (const page of inPages(PAGE, filesAfter)) {
      for (const { path, stat, hash, problems } of page) {
        const known = problems.map(parseProblem).filter((problem) => problem !== undefined)
        const isCurrent = loader.isCurrent(hash) && known.length === problems.length
        this.#index.put(path, isCurrent ? { stat, hash, problems: known } : UNKNOWN)
      }
      await slicer.pause()
    }
    const revisit = new Set<string>()
    const ownedAfter = (after?: SourceObjectRow) =>
      store.sources.objects(root, { after, limit: PAGE })
    for (const page of inPages(PAGE, ownedAfter)) {
      for (const { path, kind, namespace, name } of page) {
        // A file that was never finished has no row; it owns what it owns all the same.
        if (!this.#index.get(path)) this.#index.put(path, UNKNOWN)
        const isMissing = kind !== 'Run' && !store.objects.get({ kind, namespace, name })
        if (isMissing) revisit.add(path)
      }
      await slicer.pause()
    }
    return revisit
  }

  /** Where the root led at the last look at everything, and the directories below it. */
  get place(): { readonly root: Root; readonly directories: readonly string[] } | undefined {
    return this.#place
  }

  /**
   * The file to look at again because this object was removed: the file has waited for that, or names the object,
   * which then has to exist again. Not for a Run: one that is gone has run.
   */
  fileAwaiting(key: ObjectKey): string | undefined {
    const awaited = this.#awaited.get(renderKey(key))
    if (awaited !== undefined || key.kind === 'Run') return awaited
    const { store, root } = this.#options
    const owner = store.sources.owner(key)
    return owner?.source === root ? owner.path : undefined
  }

  /** Looks at everything. `revisit`: files to decide again though they did not change. */
  async full(revisit: ReadonlySet<string> = NOTHING): Promise<SyncReport> {
    this.#begin(revisit)
    return this.#handle(await this.#reader.full(this.#isLockOld()), revisit)
  }

  /** Looks at some files of a folder that was seen whole before; undefined when everything has to be looked at. */
  async partial(
    paths: readonly string[],
    revisit: ReadonlySet<string> = NOTHING,
  ): Promise<SyncReport | undefined> {
    this.#begin(revisit)
    const result = await this.#reader.partial([...new Set([...paths, ...revisit])])
    return result.type === 'LookAtAll' ? undefined : this.#handle(result, revisit)
  }

  #begin(revisit: ReadonlySet<string>): void {
    this.#wanted = revisit
    this.#applied = noWrites()
  }

  async #handle(
    result: SnapshotResult<ReadFile>,
    revisit: ReadonlySet<string>,
  ): Promise<SyncReport> {
    if (result.type === 'Taken') return this.#sync(result.snapshot, revisit)
    if (result.type === 'Busy') {
      this.#lockedSinceMs ??= this.#options.clock.monotonicMs()
      return { ...this.#report(), next: { everythingMs: GIT_LOCK_POLL_MS } }
    }
    // Absences are of one unbroken view of the folder.
    this.#absences = new Map()
    const message = result.type === 'Failed' ? result.message : 'the folder became another one'
    const report = this.#report()
    return { ...report, ok: false, problems: [folderProblem(message), ...report.problems] }
  }

  #isLockOld(): boolean {
    const since = this.#lockedSinceMs
    return since !== undefined && this.#options.clock.monotonicMs() - since >= GIT_LOCK_PATIENCE_MS
  }

  async #sync(snapshot: Snapshot<ReadFile>, revisit: ReadonlySet<string>): Promise<SyncReport> {
    const slicer = this.#slicer()
    this.#note(snapshot)
    await this.#noteFiles(snapshot.changed, slicer)
    const gone = isTrusted(snapshot) ? this.#index.compare(snapshot.seen) : NOTHING
    const files = this.#filesToDecide(snapshot, revisit)
    const { plan, prunePlan } = await this.#settle({ ...toLook(snapshot), files, gone }, slicer)
    await this.#options.store.durable()
    return { ...this.#report(), next: this.#nextLook(snapshot, plan, prunePlan) }
  }

  /** Files of a plain folder that came in before the look is over: nothing is said about what is missing. */
  async #take(files: readonly ReadFile[], root: Root): Promise<void> {
    const slicer = this.#slicer()
    await this.#noteFiles(files, slicer)
    const look = { root, files, gone: NOTHING, isTrusted: false, isSettled: false }
    await this.#settle(look, slicer)
  }

  /** Decides about these files, applies what was decided, and takes note of what is still open. */
  async #settle(look: Look, slicer: Slicer): Promise<Decision> {
    const { store, clock, root: source, runAnnotations } = this.#options
    const decision = await this.#decide(look, slicer)
    const applied = await applyDecision(
      { store, clock, source, runAnnotations: runAnnotations() },
      decision,
    )
    await this.#conclude(decision, applied, slicer)
    addWrites(this.#applied, applied)
    return decision
  }

  #nextLook(snapshot: Snapshot<ReadFile>, plan: Plan, prunePlan: PrunePlan | undefined): NextLook {
    const { store, root } = this.#options
    const { waiting, waitMs } = snapshot
    const delays = [prunePlan?.lookAgainMs]
    if (this.#applied.stale.size > 0) delays.push(0)
    // Only a look at everything says that an object is missing.
    if (!isFull(snapshot) && plan.orphans.length > 0) delays.push(0)
    // The start of a folder ends with a look at everything.
    const isStart = store.sources.get(root) === undefined
    if (isStart && waiting.length > 0) delays.push(waitMs)
    const due = delays.filter((delayMs) => delayMs !== undefined)
    return {
      ...(due.length > 0 && { everythingMs: Math.min(...due) }),
      ...(waiting.length > 0 && { files: { paths: waiting, delayMs: waitMs } }),
    }
  }

  #note(snapshot: Snapshot<ReadFile>): void {
    for (const { path, stat } of snapshot.restated) this.#index.restate(path, stat)
    if (!isFull(snapshot)) return
    const { root, directories, lock, problems } = snapshot
    if (lock === undefined) this.#lockedSinceMs = undefined
    this.#place = { root, directories }
    this.#problems = lock === undefined ? problems : [oldLock(lock), ...problems]
  }

  /** Changed files are open until the store says what they say. */
  async #noteFiles(files: readonly ReadFile[], slicer: Slicer): Promise<void> {
    for (const file of files) {
      const { path, stat, hash, problems } = file
      this.#index.put(path, { stat, hash, problems, open: file })
      await slicer.pause()
    }
  }

  #filesToDecide(snapshot: Snapshot<ReadFile>, revisit: ReadonlySet<string>): readonly ReadFile[] {
    const open = this.#index.openFiles()
    if (isFull(snapshot)) return open
    const paths = new Set([...revisit, ...snapshot.changed.map((file) => file.path)])
    return open.filter((file) => paths.has(file.path))
  }

  async #decide(look: Look, slicer: Slicer): Promise<Decision> {
    const { store, root: source, isFollowed = () => true } = this.#options
    const { root, files, gone, isSettled } = look
    const owned = await observeOwned(store, source, look, slicer)
    const facts = await observeObjects(store, files, slicer)
    const plan = decideSync({ source, files, gone, owned, facts, isFollowed })
    // Before the writes: what makes room at once is announced by their own commit.
    for (const object of plan.waiting) this.#awaited.set(renderKey(object), object.file)
    const prunePlan = look.isTrusted ? await this.#decidePrune(root, plan, slicer) : undefined
    if (prunePlan) this.#absences = prunePlan.absences
    return { root, digest: this.#index.digest, isSettled, files, gone, plan, prunePlan }
  }

  async #decidePrune(root: Root, plan: Plan, slicer: Slicer): Promise<PrunePlan> {
    const { store, root: source, clock } = this.#options
    const row = store.sources.get(source)
    const news = plan.steps.filter((step) => step.facts.owner?.source !== source).length
    const stays = store.sources.countObjects(source) - plan.orphans.length
    return decidePrune({
      source,
      revision: this.#index.digest,
      ...(await observeOrphans(store, source, plan.orphans, slicer)),
      namedCount: stays + news,
      rootKnown: row === undefined || row.rootIdentity === root.identity,
      absences: this.#absences,
      nowMs: clock.monotonicMs(),
      approved: approvedToken(row),
    })
  }

  /** After the commit: what is settled need not be decided again. */
  async #conclude(decision: Decision, applied: Applied, slicer: Slicer): Promise<void> {
    const { files, gone, plan } = decision
    const unsettled = unsettledFiles(decision)
    const problems = groupByFile(plan.problems)
    for (const file of files) {
      const isOpen = unsettled.has(file.path) || applied.stale.has(file.path)
      this.#close(file, isOpen, isGood(file) ? problems.get(file.path) : file.problems)
      await slicer.pause()
    }
    for (const path of gone) if (!unsettled.has(path)) this.#index.remove(path)
    for (const object of plan.waiting) this.#waiting.add(renderKey(object))
  }

  #close(file: ReadFile, isOpen: boolean, problems: readonly SourceProblem[] = []): void {
    const { path, stat, hash } = file
    this.#index.put(path, { stat, hash, problems, ...(isOpen && { open: file }) })
    for (const key of file.objects.map(renderKey)) {
      this.#waiting.delete(key)
      if (isOpen) this.#awaited.set(key, path)
      else this.#awaited.delete(key)
    }
  }

  #report(): SyncReport {
    const { store, root: source } = this.#options
    const row = store.sources.get(source)
    const held = heldOf(row)
    const { created, updated, replaced, pruned } = this.#applied
    const problems = [...this.#problems, ...this.#index.problems()]
    return {
      source,
      ok: true,
      revision: row?.revision ?? '',
      created,
      updated,
      replaced,
      pruned,
      waiting: [...this.#waiting].sort(),
      problems: held ? [holdProblem(held), ...problems] : problems,
      ...(held && { held }),
      next: {},
    }
  }

  #slicer(): Slicer {
    return createSlicer(this.#options.clock)
  }
}

function toLook(snapshot: Snapshot<ReadFile>): Omit<Look, 'files' | 'gone'> {
  const isSettled = isFull(snapshot) && snapshot.waiting.length === 0
  return { root: snapshot.root, isTrusted: isTrusted(snapshot), isSettled }
}

/** Every walk reads at least the root. */
function isFull(snapshot: Snapshot<ReadFile>): boolean {
  return snapshot.directories.length > 0
}

/** Only a complete snapshot that nothing speaks against says that a file is gone. */
function isTrusted(snapshot: Snapshot<ReadFile>): boolean {
  return snapshot.complete && snapshot.lock === undefined
}

function groupByFile(
  problems: readonly SourceProblem[],
): ReadonlyMap<string, readonly SourceProblem[]> {
  const groups = new Map<string, SourceProblem[]>()
  for (const problem of problems) {
    const group = groups.get(problem.file)
    if (group) group.push(problem)
    else groups.set(problem.file, [problem])
  }
  return groups
}

function oldLock(lock: string): SourceProblem {
  const seconds = GIT_LOCK_PATIENCE_MS / 1_000
  const message = `${lock} has been there for more than ${seconds} s: the folder is read on, and nothing is pruned`
  return { ...folderProblem(message), hint: 'remove the lock file when no git is running' }
}
