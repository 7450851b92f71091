import { type ObjectKey, renderKey } from '../kinds/meta.ts'
import type { Clock } from '../lib/clock.ts'
import { createSlicer, type Slicer } from '../runtime/slicer.ts'
import type { Store } from '../store/types.ts'
import { type Applied, applyDecision, type Decision, unsettledFiles } from './apply.ts'
import { approvedToken, heldOf } from './approval.ts'
import { isGood, type ReadFile } from './desired.ts'
import { FileIndex } from './file-index.ts'
import type { Files } from './files.ts'
import type { Root } from './layout.ts'
import type { Loader } from './load.ts'
import { observeObjects, observeOrphans, observeOwned } from './observe.ts'
import { parseProblem, type SourceProblem } from './problem.ts'
import { type Absence, decidePrune, type PrunePlan } from './prune.ts'
import { folderProblem, holdProblem, type SyncReport } from './report.ts'
import { type Arrivals, type Snapshot, SnapshotReader, type SnapshotResult } from './snapshot.ts'
import { decideSync, type Plan } from './sync.ts'

export interface FolderSyncOptions {
  /** Absolute root; names the source in the store. */
  readonly root: string
  readonly store: Store
  readonly files: Files
  readonly clock: Clock
  readonly arrivals: Arrivals
  readonly loader: Loader
  /** Annotations of Runs that the first look at a folder finds (recovery marks them, DESIGN 11). */
  readonly annotationsAtStart: Readonly<Record<string, string>>
}

/** How often git's lock is looked for while it is there. */
const GIT_LOCK_POLL_MS = 100

/** After this long the lock was left behind by a git that crashed. The folder is read on, and nothing is pruned. */
const GIT_LOCK_PATIENCE_MS = 60_000

const NOTHING: ReadonlySet<string> = new Set()

type Counts = Omit<Applied, 'stale'>
const NO_WRITES: Counts = { created: 0, updated: 0, replaced: 0, pruned: 0 }

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
  /** By renderKey: objects that come when something of the same name is gone. */
  readonly #waiting = new Set<string>()
  #wanted: ReadonlySet<string> = NOTHING
  #lockedSinceMs: number | undefined
  #place: { readonly root: Root; readonly directories: readonly string[] } | undefined

  constructor(options: FolderSyncOptions) {
    const { root, files, clock, arrivals, loader } = options
    this.#options = options
    this.#reader = new SnapshotReader(root, {
      files,
      clock,
      arrivals,
      known: (path) => this.#index.get(path),
      wanted: (path) => this.#wanted.has(path),
      hash: loader.hash,
      parse: loader.load,
    })
  }

  /** Takes up what the store knows of the folder. Files that were read under other rules count as new. */
  async restore(): Promise<void> {
    const { store, root, loader } = this.#options
    const slicer = this.#slicer()
    for (const { path, stat, hash, problems } of store.sources.files(root)) {
      const known = problems.map(parseProblem).filter((problem) => problem !== undefined)
      const isCurrent = loader.isCurrent(hash) && known.length === problems.length
      const entry = isCurrent
        ? { stat, hash, problems: known }
        : { stat: '', hash: '', problems: [] }
      this.#index.put(path, entry)
      await slicer.pause()
    }
  }

  /** Where the root led at the last look at everything, and the directories below it. */
  get place(): { readonly root: Root; readonly directories: readonly string[] } | undefined {
    return this.#place
  }

  /**
   * The file to look at again because this object went: it waits for that, or it names an object that is
   * to exist. A Run that is gone has run.
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
    this.#wanted = revisit
    return this.#handle(await this.#reader.full(this.#isLockOld()), revisit)
  }

  /** Looks at some files of a folder that was seen whole before; undefined when everything has to be looked at. */
  async partial(
    paths: readonly string[],
    revisit: ReadonlySet<string> = NOTHING,
  ): Promise<SyncReport | undefined> {
    this.#wanted = revisit
    const result = await this.#reader.partial([...new Set([...paths, ...revisit])])
    return result.type === 'LookAtAll' ? undefined : this.#handle(result, revisit)
  }

  async #handle(
    result: SnapshotResult<ReadFile>,
    revisit: ReadonlySet<string>,
  ): Promise<SyncReport> {
    if (result.type === 'Taken') return this.#sync(result.snapshot, revisit)
    if (result.type === 'Busy') {
      this.#lockedSinceMs ??= this.#options.clock.monotonicMs()
      return { ...this.#report(), lookAgainMs: GIT_LOCK_POLL_MS }
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
    await this.#note(snapshot, slicer)
    const gone = isTrusted(snapshot) ? this.#index.compare(snapshot.seen) : NOTHING
    const files = this.#filesToDecide(snapshot, revisit)
    const decision = await this.#decide(snapshot, { files, gone }, slicer)
    const { store, clock, root: source, annotationsAtStart } = this.#options
    const applied = await applyDecision({ store, clock, source, annotationsAtStart }, decision)
    await this.#conclude(decision, applied, slicer)
    const isStale = applied.stale.size > 0 ? 0 : undefined
    const delays = [snapshot.lookAgainMs, decision.prunePlan?.lookAgainMs, isStale]
    const soon = delays.filter((delayMs) => delayMs !== undefined)
    return {
      ...this.#report(applied),
      ...(soon.length > 0 && { lookAgainMs: Math.min(...soon) }),
    }
  }

  /** Takes the snapshot into the index. Changed files are open until the store says what they say. */
  async #note(snapshot: Snapshot<ReadFile>, slicer: Slicer): Promise<void> {
    for (const { path, stat } of snapshot.restated) this.#index.restate(path, stat)
    for (const file of snapshot.changed) {
      const { path, stat, hash, problems } = file
      this.#index.put(path, { stat, hash, problems, open: file })
      await slicer.pause()
    }
    if (!isFull(snapshot)) return
    const { root, directories, lock, problems } = snapshot
    if (lock === undefined) this.#lockedSinceMs = undefined
    this.#place = { root, directories }
    this.#problems = lock === undefined ? problems : [oldLock(lock), ...problems]
  }

  #filesToDecide(snapshot: Snapshot<ReadFile>, revisit: ReadonlySet<string>): readonly ReadFile[] {
    const open = this.#index.openFiles()
    if (isFull(snapshot)) return open
    const paths = new Set([...revisit, ...snapshot.changed.map((file) => file.path)])
    return open.filter((file) => paths.has(file.path))
  }

  async #decide(
    snapshot: Snapshot<ReadFile>,
    look: { readonly files: readonly ReadFile[]; readonly gone: ReadonlySet<string> },
    slicer: Slicer,
  ): Promise<Decision> {
    const { store, root: source } = this.#options
    const owned = await observeOwned(store, source, look, slicer)
    const facts = await observeObjects(store, look.files, slicer)
    const plan = decideSync({ source, ...look, owned, facts })
    // Before the writes: what makes room at once is announced by their own commit.
    for (const object of plan.waiting) this.#awaited.set(renderKey(object), object.file)
    const { root } = snapshot
    const prunePlan = isTrusted(snapshot) ? await this.#decidePrune(root, plan, slicer) : undefined
    if (prunePlan) this.#absences = prunePlan.absences
    return { root, digest: this.#index.digest, ...look, plan, prunePlan }
  }

  async #decidePrune(root: Root, plan: Plan, slicer: Slicer): Promise<PrunePlan> {
    const { store, root: source, clock } = this.#options
    const row = store.sources.get(source)
    const news = plan.steps.filter((step) => step.facts.owner === undefined).length
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
      this.#settle(file, isOpen, isGood(file) ? problems.get(file.path) : file.problems)
      await slicer.pause()
    }
    for (const path of gone) if (!unsettled.has(path)) this.#index.remove(path)
    for (const object of plan.waiting) this.#waiting.add(renderKey(object))
  }

  #settle(file: ReadFile, isOpen: boolean, problems: readonly SourceProblem[] = []): void {
    const { path, stat, hash } = file
    this.#index.put(path, { stat, hash, problems, ...(isOpen && { open: file }) })
    for (const key of file.objects.map(renderKey)) {
      this.#waiting.delete(key)
      if (isOpen) this.#awaited.set(key, path)
      else this.#awaited.delete(key)
    }
  }

  #report(applied: Counts = NO_WRITES): SyncReport {
    const { store, root: source } = this.#options
    const row = store.sources.get(source)
    const held = heldOf(row)
    const problems = [...this.#problems, ...this.#index.problems()]
    return {
      source,
      ok: true,
      revision: row?.revision ?? '',
      created: applied.created,
      updated: applied.updated,
      replaced: applied.replaced,
      pruned: applied.pruned,
      waiting: [...this.#waiting].sort(),
      problems: held ? [holdProblem(held), ...problems] : problems,
      ...(held && { held }),
    }
  }

  #slicer(): Slicer {
    return createSlicer(this.#options.clock)
  }
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
