import { type Clock, sleep } from '../lib/clock.ts'
import { createSlicer, type Slicer } from '../runtime/slicer.ts'
import { type FileStat, type Files, statKey } from './files.ts'
import { isAtomic, type Root } from './layout.ts'
import { MAX_FILE_BYTES } from './path-rules.ts'
import type { SourceProblem } from './problem.ts'
import { judgeReading, looksFinished, SETTLE_MS, type Sighting } from './settle.ts'
import { DisturbedError, type FoundFile, isDisturbing, isForbidding, unreadable } from './walk.ts'

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

export interface ReaderPorts<Parsed> {
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
  /**
   * Takes files of a plain folder before the look is over, because 100,000 of them need not be in memory at
   * once: each is a unit of its own there. Those of folders that change as a whole come with the snapshot.
   */
  readonly take: (files: readonly Parsed[], root: Root) => Promise<void>
}

/** Parsed files that are handed over together: about 10 ms of work for whoever takes them. */
const BATCH = 200

/**
 * Whether bytes name something else than Runs, which then has to be applied before the Runs that refer to it.
 * A guess that needs no parser; where it is wrong, a Run waits for its WorkPool or Deployment a little.
 */
const LEADING_KIND = /\bkind["']?\s*:\s*(?!["']?Run\b)/

/** A write this young may be followed by one that leaves the same stat (racy git): such files are read again. */
const RACY_MS = 2_000

/** A file that was renamed into place is this old when its event has come through the debounce. */
const ARRIVAL_AGE_MS = 10

/** Lets the event loop deliver what the kernel has queued about a file that was just read. */
const EVENTS_IN_FLIGHT_MS = 2

/** What came of reading the files of one look. */
export interface Reads<Parsed> {
  readonly root: Root
  /** True: every file was written to its end before the root led here. */
  readonly whole: boolean
  /** True: what vanishes is passed over. False: it ends in DisturbedError. */
  readonly tolerant: boolean
  readonly slicer: Slicer
  readonly changed: Parsed[]
  readonly restated: (KnownFile & { readonly path: string })[]
  readonly problems: SourceProblem[]
  readonly arrived: { readonly file: FoundFile; readonly parsed: Parsed }[]
  complete: boolean
  /** Files that have not settled, and when the first of them is worth another look. */
  readonly waiting: string[]
  waitMs: number
}

/**
 * Reads the files of one folder, look after look. Between looks it keeps what was last read of files that have
 * not settled (`#sightings`, only of files that the last complete look saw).
 */
export class FileReader<Parsed> {
  readonly #ports: ReaderPorts<Parsed>
  readonly #sightings = new Map<string, Sighting>()

  constructor(ports: ReaderPorts<Parsed>) {
    this.#ports = ports
  }

  newReads(
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
      waiting: [],
      waitMs: Number.POSITIVE_INFINITY,
    }
  }

  /** A file that must be there; else throws DisturbedError. */
  find(root: Root, path: string): FoundFile {
    try {
      const stat = this.#ports.files.lstat(`${root.directory}/${path}`)
      if (stat.type === 'File') return { path, stat }
    } catch (error) {
      if (!isDisturbing(error)) throw error
    }
    throw new DisturbedError(`${path} is no file any more.`)
  }

  /** Reads what is not known, and takes what has settled. */
  async readAll(found: readonly FoundFile[], reads: Reads<Parsed>): Promise<void> {
    if (this.#sightings.size <= BATCH || isAtomic(reads.root.layout)) {
      await this.#readEach(found, reads, Number.POSITIVE_INFINITY)
    } else {
      const inOrder = found.toSorted(byPath)
      const isLeading = ({ path }: FoundFile): boolean =>
        this.#sightings.get(path)?.isLeading ?? false
      const leading = inOrder.filter(isLeading)
      const others = inOrder.filter((file) => !isLeading(file))
      await this.#readEach(leading, reads, Number.POSITIVE_INFINITY)
      await this.#handOver(reads)
      await this.#readEach(others, reads, BATCH)
    }
    if (reads.arrived.length > 0) await this.#confirmArrivals(reads)
  }

  async #readEach(found: readonly FoundFile[], reads: Reads<Parsed>, batch: number): Promise<void> {
    for (const file of found) {
      this.#readOne(file, reads)
      if (reads.changed.length >= batch) await this.#handOver(reads)
      await reads.slicer.pause()
    }
  }

  async #handOver({ changed, root }: Reads<Parsed>): Promise<void> {
    const files = changed.splice(0)
    if (files.length > 0) await this.#ports.take(files, root)
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
    const untilArrivedMs = this.#untilArrivedMs(file, reads.root)
    if (reads.whole) reads.changed.push(parse(fresh))
    else if (untilArrivedMs === 0) reads.arrived.push({ file, parsed: parse(fresh) })
    else this.#settle(fresh, stat, { reads, untilArrivedMs })
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
      this.#wait(reads, file.path, SETTLE_MS)
    } catch (error) {
      if (isForbidding(error)) reads.problems.push(unreadable(file.path))
      else if (!isDisturbing(error)) throw error
      else if (!reads.tolerant) throw new DisturbedError(`${file.path} vanished.`, { cause: error })
      else reads.complete = false
    }
    return undefined
  }

  #settle(
    fresh: FreshFile,
    stat: string,
    at: { readonly reads: Reads<Parsed>; readonly untilArrivedMs: number },
  ): void {
    const reading = {
      stat,
      hash: fresh.hash,
      sinceMs: this.#ports.clock.monotonicMs(),
      looksFinished: looksFinished(fresh.bytes),
      isLeading: LEADING_KIND.test(Buffer.from(fresh.bytes).toString('latin1')),
    }
    const verdict = judgeReading(reading, this.#sightings.get(fresh.path))
    if (verdict.type === 'Settled') {
      this.#accept(fresh.path, at.reads.root)
      at.reads.changed.push(this.#ports.parse(fresh))
      return
    }
    this.#sightings.set(fresh.path, verdict.sighting)
    this.#wait(at.reads, fresh.path, Math.min(verdict.waitMs, at.untilArrivedMs))
  }

  /**
   * Zero for a file that was renamed into place: it was whole from its first moment under this name. Times
   * cannot tell, because the write and the rename usually fall into the same tick of the kernel's clock
   * (299 of 300 on ext4); the watch can, because a write under this name is an event of its own. Infinite
   * for all others.
   */
  #untilArrivedMs({ path, stat }: FoundFile, root: Root): number {
    const isArrival =
      stat.sizeBytes > 0 &&
      stat.links === 1 &&
      this.#ports.arrivals.arrivedWhole(`${root.directory}/${path}`)
    return isArrival ? Math.max(0, ARRIVAL_AGE_MS - this.#ageMs(stat)) : Number.POSITIVE_INFINITY
  }

  /** Asks again once the events of the moment of reading are in; who fails now settles like any other file. */
  async #confirmArrivals(reads: Reads<Parsed>): Promise<void> {
    await sleep(this.#ports.clock, EVENTS_IN_FLIGHT_MS)
    for (const { file, parsed } of reads.arrived) {
      const now = this.find(reads.root, file.path)
      if (
        this.#untilArrivedMs(file, reads.root) === 0 &&
        statKey(now.stat) === statKey(file.stat)
      ) {
        this.#accept(file.path, reads.root)
        reads.changed.push(parsed)
      } else this.#wait(reads, file.path, 0)
    }
  }

  #accept(path: string, root: Root): void {
    this.#sightings.delete(path)
    this.#ports.arrivals.forget(`${root.directory}/${path}`)
  }

  #isRacy(stat: FileStat): boolean {
    return this.#ageMs(stat) < RACY_MS
  }

  /** Since the last write. Negative when the file system's clock is ahead. */
  #ageMs(stat: FileStat): number {
    return this.#ports.clock.nowMs() - Number(stat.modifiedNs / 1_000_000n)
  }

  #wait(reads: Reads<Parsed>, path: string, waitMs: number): void {
    reads.waiting.push(path)
    reads.waitMs = Math.min(reads.waitMs, waitMs)
  }

  /** Sightings of files that a complete look did not see are of no use. */
  keepOnly(seen: ReadonlySet<string>): void {
    for (const path of this.#sightings.keys()) if (!seen.has(path)) this.#sightings.delete(path)
  }
}

function byPath(a: FoundFile, b: FoundFile): number {
  if (a.path === b.path) return 0
  return a.path < b.path ? -1 : 1
}

function tooLarge({ path, stat }: FoundFile): SourceProblem {
  return {
    code: 'FileTooLarge',
    file: path,
    message: `${stat.sizeBytes} bytes are more than the ${MAX_FILE_BYTES} that a manifest may have, so its objects stay as they are`,
    hint: 'split the file',
  }
}
