import { type Clock, sleep } from '../lib/clock.ts'
import { createSlicer, type Slicer } from '../runtime/slicer.ts'
import { type FileStat, type Files, statKey } from './files.ts'
import { findGitLock } from './git-lock.ts'
import { isAtomic, type Root, RootError, resolveRoot } from './layout.ts'
import { MAX_FILE_BYTES, MAX_TOTAL_BYTES } from './path-rules.ts'
import type { SourceProblem } from './problem.ts'
import { judgeReading, looksFinished, SETTLE_MS, type Sighting } from './settle.ts'
import {
  DisturbedError,
  FolderTooLargeError,
  type FoundFile,
  isDisturbing,
  isForbidding,
  unreadable,
  type Walk,
  walkFolder,
} from './walk.ts'

/** What is known of a file from before: reading it again is spared while `stat` stays the same. */
export interface KnownFile {
  /** As statKey renders it; empty when the file was too young for its times to be trusted. */
  readonly stat: string
  readonly hash: string
}

/** A settled file with content that is not known yet. */
export interface FreshFile extends KnownFile {
  readonly path: string
  readonly bytes: Uint8Array
}

/** Who knows that a file came into its folder by rename, with all of its bytes (watch.ts). */
export interface Arrivals {
  /** True while nothing was seen to write to the file since it got its name. */
  arrivedWhole(path: string): boolean
  forget(path: string): void
}

export interface SnapshotPorts<Parsed> {
  readonly files: Files
  readonly clock: Clock
  readonly arrivals: Arrivals
  readonly known: (path: string) => KnownFile | undefined
  /** Files to parse even though they are known. */
  readonly wanted: (path: string) => boolean
  /** Equal for equal bytes that are read by the same rules. */
  readonly hash: (bytes: Uint8Array) => string
  /** Called while the bytes are at hand, so that they need not be kept. */
  readonly parse: (file: FreshFile) => Parsed
}

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
  /** Git's lock file, when it was there and did not matter. */
  readonly lock?: string
  /** When an unsettled file is worth another look. */
  readonly lookAgainMs?: number
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

/** A write this young may be followed by one that leaves the same stat (racy git): such files are read again. */
const RACY_MS = 2_000

/** A file that was renamed into place is this old when its event has come through the debounce. */
const ARRIVAL_AGE_MS = 10

/** Lets the event loop deliver what the kernel has queued about a file that was just read. */
const EVENTS_IN_FLIGHT_MS = 2

interface Attempt {
  readonly last: boolean
  readonly ignoreLock: boolean
}

interface Reads<Parsed> {
  readonly root: Root
  readonly whole: boolean
  readonly tolerant: boolean
  readonly slicer: Slicer
  readonly changed: Parsed[]
  readonly restated: (KnownFile & { readonly path: string })[]
  readonly problems: SourceProblem[]
  readonly arrived: { readonly file: FoundFile; readonly parsed: Parsed }[]
  complete: boolean
  lookAgainMs: number | undefined
}

/**
 * Takes snapshots of one folder. Between them it keeps what was last read of files that have not settled
 * (`#sightings`, only of files that the last complete snapshot saw) and where the root led (`#last`).
 */
export class SnapshotReader<Parsed> {
  readonly #path: string
  readonly #ports: SnapshotPorts<Parsed>
  readonly #sightings = new Map<string, Sighting>()
  #last: Root | undefined

  constructor(path: string, ports: SnapshotPorts<Parsed>) {
    this.#path = path
    this.#ports = ports
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
      const reads = this.#newReads(root, { whole: false, tolerant: false })
      const found = paths.map((path) => this.#find(root, path))
      await this.#readAll(found, reads)
      return this.#taken(reads, { seen: new Set(paths), directories: [], complete: false })
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
      if (error instanceof RootError || error instanceof FolderTooLargeError) {
        return { type: 'Failed', message: error.message }
      }
      if (!(error instanceof DisturbedError)) throw error
      if (!how.last) return undefined
      return {
        type: 'Failed',
        message: `${this.#path} changed during each of ${MAX_ATTEMPTS} attempts to read it; it is read again soon.`,
      }
    }
  }

  async #takeFull({ last, ignoreLock }: Attempt): Promise<SnapshotResult<Parsed>> {
    const { files } = this.#ports
    const root = await resolveRoot(files, this.#path)
    const lock = this.#lockOf(root)
    if (lock !== undefined && !ignoreLock) return { type: 'Busy', lock }
    const atomic = isAtomic(root.layout)
    const flipped =
      root.layout === 'ConfigMap' ||
      (atomic && this.#last !== undefined && root.directory !== this.#last.directory)
    const reads = this.#newReads(root, { whole: flipped, tolerant: last && !atomic })
    const walk = await walkFolder(root.directory, {
      files,
      slicer: reads.slicer,
      tolerant: reads.tolerant,
    })
    checkTotal(root, walk)
    await this.#readAll(walk.files, reads)
    const again = await resolveRoot(files, this.#path)
    if (again.fingerprint !== root.fingerprint)
      throw new DisturbedError('The root leads elsewhere now.')
    this.#last = root
    const seen = new Set([...walk.files.map((file) => file.path), ...walk.others])
    const complete = walk.complete && reads.complete
    if (complete) this.#forgetSightings(seen)
    reads.problems.push(...walk.problems)
    const { directories } = walk
    return this.#taken(reads, { seen, directories, complete, ...(lock !== undefined && { lock }) })
  }

  #newReads(
    root: Root,
    mode: { readonly whole: boolean; readonly tolerant: boolean },
  ): Reads<Parsed> {
    return {
      ...mode,
      root,
      slicer: createSlicer(this.#ports.clock),
      changed: [],
      restated: [],
      problems: [],
      arrived: [],
      complete: true,
      lookAgainMs: undefined,
    }
  }

  #taken(
    reads: Reads<Parsed>,
    about: Pick<Snapshot<Parsed>, 'seen' | 'directories' | 'complete' | 'lock'>,
  ): SnapshotResult<Parsed> {
    const { root, changed, restated, problems, lookAgainMs } = reads
    const snapshot = { root, changed, restated, problems, ...about }
    return {
      type: 'Taken',
      snapshot: lookAgainMs === undefined ? snapshot : { ...snapshot, lookAgainMs },
    }
  }

  #lockOf(root: Root): string | undefined {
    return isAtomic(root.layout) ? undefined : findGitLock(this.#ports.files, root.directory)
  }

  #find(root: Root, path: string): FoundFile {
    try {
      const stat = this.#ports.files.lstat(`${root.directory}/${path}`)
      if (stat.type === 'File') return { path, stat }
    } catch (error) {
      if (!isDisturbing(error)) throw error
    }
    throw new DisturbedError(`${path} is no file any more.`)
  }

  async #readAll(found: readonly FoundFile[], reads: Reads<Parsed>): Promise<void> {
    for (const file of found) {
      this.#readOne(file, reads)
      await reads.slicer.pause()
    }
    if (reads.arrived.length > 0) await this.#confirmArrivals(reads)
  }

  #readOne(file: FoundFile, reads: Reads<Parsed>): void {
    const { known: knownFile, wanted, parse } = this.#ports
    const { path } = file
    const stat = statKey(file.stat)
    const known = knownFile(path)
    if (known?.stat === stat && !wanted(path)) return
    const bytes = this.#readBytes(file, reads)
    if (!bytes) return
    const hash = this.#ports.hash(bytes)
    const fresh = { path, hash, bytes, stat: this.#isRacy(file.stat) ? '' : stat }
    if (known?.hash === hash) {
      this.#sightings.delete(path)
      if (wanted(path)) reads.changed.push(parse(fresh))
      else reads.restated.push({ path, hash, stat: fresh.stat })
      return
    }
    if (reads.whole) reads.changed.push(parse(fresh))
    else if (this.#arrivedWhole(file, reads.root))
      reads.arrived.push({ file, parsed: parse(fresh) })
    else this.#settle(fresh, stat, reads)
  }

  /** Undefined when the file keeps its last good objects; the reason is in `reads`. */
  #readBytes(file: FoundFile, reads: Reads<Parsed>): Uint8Array | undefined {
    if (file.stat.sizeBytes > MAX_FILE_BYTES) {
      reads.problems.push(tooLarge(file))
      return undefined
    }
    try {
      const content = this.#ports.files.read(`${reads.root.directory}/${file.path}`, MAX_FILE_BYTES)
      if (statKey(content.stat) === statKey(file.stat)) return content.bytes
      if (reads.whole) throw new DisturbedError(`${file.path} was written to while it was read.`)
      this.#wait(reads, SETTLE_MS)
    } catch (error) {
      if (isForbidding(error)) reads.problems.push(unreadable(file.path))
      else if (!isDisturbing(error)) throw error
      else if (!reads.tolerant) throw new DisturbedError(`${file.path} vanished.`, { cause: error })
      else reads.complete = false
    }
    return undefined
  }

  #settle(fresh: FreshFile, stat: string, reads: Reads<Parsed>): void {
    const reading = {
      stat,
      hash: fresh.hash,
      sinceMs: this.#ports.clock.monotonicMs(),
      looksFinished: looksFinished(fresh.bytes),
    }
    const verdict = judgeReading(reading, this.#sightings.get(fresh.path))
    if (verdict.type === 'Settled') {
      this.#accept(fresh.path, reads.root)
      reads.changed.push(this.#ports.parse(fresh))
      return
    }
    this.#sightings.set(fresh.path, verdict.sighting)
    this.#wait(reads, verdict.waitMs)
  }

  /**
   * True for a file that was renamed into place: then it was whole from its first moment under this name.
   * Times cannot tell, because the write and the rename usually fall into the same tick of the kernel's
   * clock (299 of 300 on ext4); the watch can, because a write under this name is an event of its own.
   */
  #arrivedWhole({ path, stat }: FoundFile, root: Root): boolean {
    const ageMs = this.#ports.clock.nowMs() - Number(stat.modifiedNs / 1_000_000n)
    return (
      stat.sizeBytes > 0 &&
      stat.links === 1 &&
      ageMs >= ARRIVAL_AGE_MS &&
      this.#ports.arrivals.arrivedWhole(`${root.directory}/${path}`)
    )
  }

  /** Asks again once the events of the moment of reading are in; who fails now settles like any other file. */
  async #confirmArrivals(reads: Reads<Parsed>): Promise<void> {
    await sleep(this.#ports.clock, EVENTS_IN_FLIGHT_MS)
    for (const { file, parsed } of reads.arrived) {
      const now = this.#find(reads.root, file.path)
      if (this.#arrivedWhole(file, reads.root) && statKey(now.stat) === statKey(file.stat)) {
        this.#accept(file.path, reads.root)
        reads.changed.push(parsed)
      } else this.#wait(reads, 0)
    }
  }

  #accept(path: string, root: Root): void {
    this.#sightings.delete(path)
    this.#ports.arrivals.forget(`${root.directory}/${path}`)
  }

  #isRacy(stat: FileStat): boolean {
    return this.#ports.clock.nowMs() - Number(stat.modifiedNs / 1_000_000n) < RACY_MS
  }

  #wait(reads: Reads<Parsed>, waitMs: number): void {
    reads.lookAgainMs = Math.min(reads.lookAgainMs ?? waitMs, waitMs)
  }

  #forgetSightings(seen: ReadonlySet<string>): void {
    for (const path of this.#sightings.keys()) if (!seen.has(path)) this.#sightings.delete(path)
  }
}

function checkTotal(root: Root, walk: Walk): void {
  const bytes = walk.files.reduce((sum, file) => sum + file.stat.sizeBytes, 0)
  if (bytes <= MAX_TOTAL_BYTES) return
  throw new FolderTooLargeError(
    `${root.path} holds more than ${MAX_TOTAL_BYTES} bytes of manifests, so nothing is read: is this the right folder?`,
  )
}

function tooLarge({ path, stat }: FoundFile): SourceProblem {
  return {
    code: 'FileTooLarge',
    file: path,
    message: `${stat.sizeBytes} bytes are more than the ${MAX_FILE_BYTES} that a manifest may have, so its objects stay as they are`,
    hint: 'split the file',
  }
}
