import { type Clock, sleep } from '../lib/clock.ts'
import { createSlicer, type Slicer } from '../runtime/slicer.ts'
import type { BulkReader } from './bulk-reader.ts'
import { type Content, contentOf, type Question, type Rules, readContent } from './contents.ts'
import type { Files } from './files.ts'
import { isAtomic, type Root } from './layout.ts'
import { MAX_FILE_BYTES } from './path-rules.ts'
import type { SourceProblem } from './problem.ts'
import { judgeReading, SETTLE_MS, type Sighting } from './settle.ts'
import {
  DisturbedError,
  type FoundFile,
  foundFile,
  isDisturbing,
  isForbidding,
  unreadable,
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

/** Knows which files came into their folder by rename, with all of their bytes (watch.ts). */
export interface Arrivals {
  /** True while nothing was seen to write to the file since it got its name. */
  arrivedWhole(path: string): boolean
  forget(path: string): void
}

export interface ReaderPorts<Parsed> extends Rules<Parsed> {
  readonly files: Files
  /** Reads large numbers of files, by the same rules. */
  readonly bulk?: BulkReader<Parsed> | undefined
  readonly clock: Clock
  readonly arrivals: Arrivals
  readonly known: (path: string) => KnownFile | undefined
  /** Files to parse even though they are known. */
  readonly wanted: (path: string) => boolean
  /**
   * Takes files of a plain folder before the look is over, because 100,000 of them need not be in memory at
   * once: each is a unit of its own there. Those of folders that change as a whole come with the snapshot.
   */
  readonly take: (files: readonly Parsed[], root: Root) => Promise<void>
}

/** Parsed files that are handed over together: about 10 ms of work for whoever takes them. */
const BATCH = 200

/** From this many files on the thread is used: starting it takes as long as reading and parsing them. */
const BULK_MIN = 400

/** Files that are asked for together: some ten milliseconds of the thread's time. */
const BULK_FILES = 100

/** Questions in the thread at a time, so that it goes on while answers are taken. */
const BULK_AHEAD = 3

/** A write this young may be followed by one that leaves the same stat (racy git): such files are read again. */
const RACY_MS = 2_000

/** A file that was renamed into place is at least this old once its event has passed the debounce. */
const ARRIVAL_AGE_MS = 10

/** Lets the event loop deliver what the kernel has queued about a file that was just read. */
const EVENTS_IN_FLIGHT_MS = 2

/** A file to be read, and what was known of it before. */
interface Asked extends Question {
  readonly file: FoundFile
  readonly stat: string
  readonly known?: string
  readonly isWanted: boolean
  /** See #untilArrivedMs. */
  readonly untilArrivedMs: number
  /** Monotonic: the bytes are read no earlier. */
  readonly askedMs: number
}

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
      if (stat.type === 'File') return foundFile(path, stat)
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
    const news = await this.#newsAmong(found, reads)
    const { bulk, files, hash, parse } = this.#ports
    if (bulk && news.length >= BULK_MIN) return this.#readInBulk(news, { bulk, reads, batch })
    const rules = { files, hash, parse }
    for (const file of news) {
      const asked = this.#ask(file, reads)
      this.#take(asked, () => readContent(rules, reads.root.directory, asked), reads)
      if (reads.changed.length >= batch) await this.#handOver(reads)
      await reads.slicer.pause()
    }
  }

  /** Files that have to be read: all that are not as they are known to be. */
  async #newsAmong(
    found: readonly FoundFile[],
    { slicer, problems }: Reads<Parsed>,
  ): Promise<readonly FoundFile[]> {
    const { known, wanted } = this.#ports
    const news: FoundFile[] = []
    for (const file of found) {
      const { path, stat, sizeBytes } = file
      if (known(path)?.stat !== stat || wanted(path)) {
        if (sizeBytes <= MAX_FILE_BYTES) news.push(file)
        else problems.push(tooLarge(file))
      }
      const pause = slicer.pause()
      if (pause) await pause
    }
    return news
  }

  /** As #readEach, in the thread; what it does not answer is read here. */
  async #readInBulk(
    news: readonly FoundFile[],
    by: {
      readonly bulk: BulkReader<Parsed>
      readonly reads: Reads<Parsed>
      readonly batch: number
    },
  ): Promise<void> {
    const { bulk, reads, batch } = by
    const { directory } = reads.root
    const ahead: {
      readonly all: readonly Asked[]
      readonly answers: ReturnType<typeof bulk.read>
    }[] = []
    for (let start = 0; start < news.length || ahead.length > 0; ) {
      while (start < news.length && ahead.length < BULK_AHEAD) {
        const all = news.slice(start, start + BULK_FILES).map((file) => this.#ask(file, reads))
        ahead.push({ all, answers: bulk.read(directory, all.map(toQuestion)) })
        start += BULK_FILES
      }
      const next = ahead.shift()
      const answers = await next?.answers
      for (const [index, asked] of (next?.all ?? []).entries()) {
        const answer = answers?.[index]
        const read = () => (answer ? contentOf(answer) : readContent(this.#ports, directory, asked))
        this.#take(asked, read, reads)
        await reads.slicer.pause()
      }
      if (reads.changed.length >= batch) await this.#handOver(reads)
    }
  }

  async #handOver({ changed, root }: Reads<Parsed>): Promise<void> {
    const files = changed.splice(0)
    if (files.length > 0) await this.#ports.take(files, root)
  }

  #ask(file: FoundFile, reads: Reads<Parsed>): Asked {
    const { known, wanted, clock } = this.#ports
    const { path, stat } = file
    const askedMs = clock.monotonicMs()
    const isWanted = wanted(path)
    const untilArrivedMs = this.#untilArrivedMs(file, reads.root)
    const sighting = this.#sightings.get(path)
    const maySettle = sighting?.stat === stat && askedMs - sighting.sinceMs >= SETTLE_MS
    const hash = known(path)?.hash
    return {
      file,
      path,
      stat,
      ...(hash !== undefined && { known: hash }),
      isWanted,
      untilArrivedMs,
      askedMs,
      keptStat: this.#isRacy(file) ? '' : stat,
      parse: isWanted || reads.whole || untilArrivedMs === 0 || maySettle,
    }
  }

  #take(asked: Asked, read: () => Content<Parsed>, reads: Reads<Parsed>): void {
    const content = this.#read(asked, read, reads)
    if (!content) return
    const { file, path, known, keptStat, isWanted, untilArrivedMs } = asked
    const { hash } = content
    if (known === hash) {
      this.#sightings.delete(path)
      if (isWanted) reads.changed.push(content.parsed())
      else reads.restated.push({ path, hash, stat: keptStat })
    } else if (reads.whole) reads.changed.push(content.parsed())
    else if (untilArrivedMs === 0) reads.arrived.push({ file, parsed: content.parsed() })
    else this.#settle(asked, content, reads)
  }

  /** Undefined when the file keeps its last good objects; the reason is in `reads`. */
  #read(
    { path, stat }: Asked,
    read: () => Content<Parsed>,
    reads: Reads<Parsed>,
  ): Content<Parsed> | undefined {
    try {
      const content = read()
      if (content.stat === stat) return content
      if (reads.whole) throw new DisturbedError(`${path} was written to while it was read.`)
      this.#wait(reads, path, SETTLE_MS)
    } catch (error) {
      if (isForbidding(error)) reads.problems.push(unreadable(path))
      else if (!isDisturbing(error)) throw error
      else if (!reads.tolerant) throw new DisturbedError(`${path} vanished.`, { cause: error })
      else reads.complete = false
    }
    return undefined
  }

  #settle(
    { path, stat, askedMs, untilArrivedMs }: Asked,
    content: Content<Parsed>,
    reads: Reads<Parsed>,
  ): void {
    const { hash, looksFinished, isLeading } = content
    const reading = { stat, hash, looksFinished, isLeading, sinceMs: askedMs }
    const earlier = this.#sightings.get(path)
    const verdict = judgeReading(reading, earlier, this.#ports.clock.monotonicMs())
    if (verdict.type === 'Settled') {
      this.#accept(path, reads.root)
      reads.changed.push(content.parsed())
      return
    }
    this.#sightings.set(path, verdict.sighting)
    this.#wait(reads, path, Math.min(verdict.waitMs, untilArrivedMs))
  }

  /**
   * Zero for a file that was renamed into place: it was whole from its first moment under this name. Times
   * cannot tell, because the write and the rename usually fall into the same tick of the kernel's clock
   * (299 of 300 on ext4); the watch can, because a write under this name is an event of its own. Infinite
   * for all others.
   */
  #untilArrivedMs(file: FoundFile, root: Root): number {
    const isArrival =
      file.sizeBytes > 0 &&
      file.links === 1 &&
      this.#ports.arrivals.arrivedWhole(`${root.directory}/${file.path}`)
    return isArrival ? Math.max(0, ARRIVAL_AGE_MS - this.#ageMs(file)) : Number.POSITIVE_INFINITY
  }

  /** Asks again once the events of the moment of reading are in; who fails now settles like any other file. */
  async #confirmArrivals(reads: Reads<Parsed>): Promise<void> {
    await sleep(this.#ports.clock, EVENTS_IN_FLIGHT_MS)
    for (const { file, parsed } of reads.arrived) {
      const now = this.find(reads.root, file.path)
      if (this.#untilArrivedMs(file, reads.root) === 0 && now.stat === file.stat) {
        this.#accept(file.path, reads.root)
        reads.changed.push(parsed)
      } else this.#wait(reads, file.path, 0)
    }
  }

  #accept(path: string, root: Root): void {
    this.#sightings.delete(path)
    this.#ports.arrivals.forget(`${root.directory}/${path}`)
  }

  #isRacy(file: FoundFile): boolean {
    return this.#ageMs(file) < RACY_MS
  }

  /** Since the last write. Negative when the file system's clock is ahead. */
  #ageMs({ modifiedMs }: FoundFile): number {
    return this.#ports.clock.nowMs() - modifiedMs
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

/** Only what the thread needs to know. */
function toQuestion({ path, parse, keptStat, known, isWanted }: Asked): Question {
  return { path, parse, keptStat, ...(known !== undefined && !isWanted && { known }) }
}

function byPath(a: FoundFile, b: FoundFile): number {
  if (a.path === b.path) return 0
  return a.path < b.path ? -1 : 1
}

function tooLarge({ path, sizeBytes }: FoundFile): SourceProblem {
  return {
    code: 'FileTooLarge',
    file: path,
    message: `${sizeBytes} bytes are more than the ${MAX_FILE_BYTES} that a manifest may have, so its objects stay as they are`,
    hint: 'split the file',
  }
}
