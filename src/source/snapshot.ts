import { FileReader, type KnownFile, type ReaderPorts, type Reads } from './file-reader.ts'
import { findGitLock } from './git-lock.ts'
import { isAtomic, type Root, RootError, resolveRoot } from './layout.ts'
import { MAX_TOTAL_BYTES } from './path-rules.ts'
import type { SourceProblem } from './problem.ts'
import { DisturbedError, FolderTooLargeError, isForbidding, type Walk, walkFolder } from './walk.ts'

/** The folder at one moment. */
export interface Snapshot<Parsed> {
  readonly root: Root
  /** True: everything was seen, so what is not in `seen` is gone. */
  readonly complete: boolean
  /** Every manifest that is there, whatever its state. */
  readonly seen: ReadonlySet<string>
  /** Settled files that are new, changed or wanted. What is seen and not here keeps its last good objects. */
  readonly changed: readonly Parsed[]
  /** Same content, other stat. */
  readonly restated: readonly (KnownFile & { readonly path: string })[]
  readonly problems: readonly SourceProblem[]
  /** Absolute; empty for a look at single files. */
  readonly directories: readonly string[]
  /** Git's lock file, where one was there and was ignored. */
  readonly lock?: string
  /** Files that have not settled. */
  readonly waiting: readonly string[]
  /** When the first of them is worth another look. */
  readonly waitMs: number
}

export type SnapshotResult<Parsed> =
  | { readonly type: 'Taken'; readonly snapshot: Snapshot<Parsed> }
  /** Nothing can be said about the folder, so nothing changes. */
  | { readonly type: 'Failed'; readonly message: string }
  /** Git writes to the folder; `lock` is its lock file. */
  | { readonly type: 'Busy'; readonly lock: string }
  /** The folder is not the one that was last seen whole. */
  | { readonly type: 'LookAtAll' }

/** Times that a disturbed snapshot is taken again at once; git-sync disturbs one per flip. */
const MAX_ATTEMPTS = 5

interface Attempt {
  readonly last: boolean
  readonly ignoreLock: boolean
}

/** Takes snapshots of one folder. Between them it keeps where the root led when it was last seen whole (`#last`). */
export class SnapshotReader<Parsed> {
  readonly #path: string
  readonly #ports: ReaderPorts<Parsed>
  readonly #reader: FileReader<Parsed>
  #last: Root | undefined

  constructor(path: string, ports: ReaderPorts<Parsed>) {
    this.#path = path
    this.#ports = ports
    this.#reader = new FileReader(ports)
  }

  /**
   * The whole folder. Disturbed attempts are thrown away and repeated; nothing of two moments is ever
   * mixed. With `ignoreLock`, git's lock does not matter: what is left of a crashed git stays for ever.
   */
  async full(ignoreLock = false): Promise<SnapshotResult<Parsed>> {
    for (let attempt = 1; ; attempt += 1) {
      const result = await this.#attempt({ last: attempt === MAX_ATTEMPTS, ignoreLock })
      if (result) return result
    }
  }

  /** Single files of a plain folder that was seen whole before. `paths` are relative and named like manifests. */
  async partial(paths: readonly string[]): Promise<SnapshotResult<Parsed>> {
    try {
      const root = await resolveRoot(this.#ports.files, this.#path)
      if (root.fingerprint !== this.#last?.fingerprint) return { type: 'LookAtAll' }
      const lock = this.#lockOf(root)
      if (lock !== undefined) return { type: 'Busy', lock }
      const reads = this.#reader.newReads(root, { whole: false, tolerant: false })
      const found = paths.map((path) => this.#reader.find(root, path))
      await this.#reader.readAll(found, reads)
      const about = { seen: new Set(paths), directories: [], complete: false }
      return { type: 'Taken', snapshot: toSnapshot(reads, about) }
    } catch (error) {
      if (error instanceof DisturbedError || error instanceof RootError || isForbidding(error)) {
        return { type: 'LookAtAll' }
      }
      throw error
    }
  }

  async #attempt(how: Attempt): Promise<SnapshotResult<Parsed> | undefined> {
    try {
      return await this.#takeFull(how)
    } catch (error) {
      if (error instanceof FolderTooLargeError) return { type: 'Failed', message: error.message }
      const isPassing = error instanceof DisturbedError || error instanceof RootError
      if (!isPassing) throw error
      // A root may also be missing because its link flipped between two questions about it.
      if (!how.last) return undefined
      if (error instanceof RootError) return { type: 'Failed', message: error.message }
      return {
        type: 'Failed',
        message: `${this.#path} changed during each of ${MAX_ATTEMPTS} attempts to read it; it is read again soon`,
      }
    }
  }

  async #takeFull({ last, ignoreLock }: Attempt): Promise<SnapshotResult<Parsed>> {
    const { files } = this.#ports
    const root = await resolveRoot(files, this.#path)
    const lock = this.#lockOf(root)
    if (lock !== undefined && !ignoreLock) return { type: 'Busy', lock }
    const whole = this.#hasFlipped(root)
    const reads = this.#reader.newReads(root, { whole, tolerant: last && !isAtomic(root.layout) })
    const { slicer, tolerant } = reads
    const walk = await walkFolder(root.directory, { files, slicer, tolerant })
    checkTotal(root, walk)
    await this.#reader.readAll(walk.files, reads)
    const again = await resolveRoot(files, this.#path)
    if (again.fingerprint !== root.fingerprint) throw new DisturbedError('The root moved.')
    this.#last = root
    const snapshot = this.#conclude(walk, reads)
    return { type: 'Taken', snapshot: lock === undefined ? snapshot : { ...snapshot, lock } }
  }

  /**
   * True when the root leads to a directory that it did not lead to before: what stands behind a link that
   * flips was written to its end before the flip. A link that stays says nothing about what is behind it,
   * nor does the first look at one that may have stood there for ever.
   */
  #hasFlipped({ layout, directory }: Root): boolean {
    const isFirst = this.#last === undefined
    return (
      isAtomic(layout) &&
      directory !== this.#last?.directory &&
      (!isFirst || layout === 'ConfigMap')
    )
  }

  #conclude(walk: Walk, reads: Reads<Parsed>): Snapshot<Parsed> {
    const seen = new Set([...walk.files.map((file) => file.path), ...walk.others])
    const complete = walk.complete && reads.complete
    if (complete) this.#reader.keepOnly(seen)
    reads.problems.push(...walk.problems)
    if (reads.tolerant && !complete) reads.problems.push(restless())
    return toSnapshot(reads, { seen, directories: walk.directories, complete })
  }

  #lockOf(root: Root): string | undefined {
    return isAtomic(root.layout) ? undefined : findGitLock(this.#ports.files, root.directory)
  }
}

function toSnapshot<Parsed>(
  reads: Reads<Parsed>,
  about: Pick<Snapshot<Parsed>, 'seen' | 'directories' | 'complete'>,
): Snapshot<Parsed> {
  const { root, changed, restated, problems, waiting, waitMs } = reads
  return { root, changed, restated, problems, waiting, waitMs, ...about }
}

function checkTotal(root: Root, walk: Walk): void {
  const bytes = walk.files.reduce((sum, file) => sum + file.sizeBytes, 0)
  if (bytes <= MAX_TOTAL_BYTES) return
  throw new FolderTooLargeError(
    `${root.path} holds more than ${MAX_TOTAL_BYTES} bytes of manifests, so nothing is read: is this the right folder?`,
  )
}

function restless(): SourceProblem {
  return {
    code: 'Folder',
    file: '',
    message: `parts of the folder changed, or could not be looked at, during each of ${MAX_ATTEMPTS} attempts to read it: what was read is applied, and nothing counts as gone`,
  }
}
