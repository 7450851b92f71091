import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { errorCode, errorMessage } from '../lib/errors.ts'
import { replaceFile } from './durable-file.ts'
import { StoreUnusable } from './errors.ts'
import {
  type EndedRun,
  endLine,
  gapLine,
  headerLine,
  type LaunchLogHeader,
  type LaunchProofs,
  launchLine,
  parseHeaderLine,
  parseLaunchLog,
  sequenceOf,
} from './launch-log-lines.ts'
import type { LaunchSummaryStore } from './launch-summary.ts'

/**
 * A second record of what was launched, beside the database: append-only text, each line with its checksum.
 * When the database is lost, damaged or put back from an old copy, it tells which runs were never
 * launched and which have ended, which ECS forgets within an hour.
 */
export interface LaunchRecorder {
  /** The `sequence`-th launch of the database was committed. */
  launched(runUid: string, sequence: number): void
  ended(run: EndedRun, sequence: number): void
}

/** What a log is begun with. */
export interface LaunchSummary {
  readonly header: LaunchLogHeader
  readonly runs: LaunchSummaryStore
}

/** Ended runs that are read at a time. */
const PAGE_ROWS = 1_000

/** Lines cost about 100 bytes a launch and 300 an end: 100,000 runs are well below it. */
export const LAUNCH_LOG_MAX_BYTES = 256 * 2 ** 20

/** Undefined when there is none, or when it cannot be read as one. */
export function readLaunchLog(path: string): LaunchProofs | undefined {
  try {
    return parseLaunchLog(readFileSync(path, 'utf8'))
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw new StoreUnusable(
      'Io',
      `${path} cannot be read (${errorMessage(error)}): check the disk, or move the file aside to start without its proofs`,
      { cause: error },
    )
  }
}

/** What the two ends of a log say, without reading what is between them. */
export interface LaunchLogEnds {
  readonly instanceId: string
  /** Launches that the database had counted when the last line was written. */
  readonly sequence: number
  /** Size without a torn last line. */
  readonly bytes: number
}

/** Bytes that are read of each end: far more than the longest line, whose names have at most 253 characters each. */
const END_BYTES = 16 * 2 ** 10

/** Undefined when there is no log, or when one of its ends cannot be read. */
export function inspectLaunchLog(path: string): LaunchLogEnds | undefined {
  const size = statSync(path, { throwIfNoEntry: false })?.size
  if (size === undefined) return undefined
  const descriptor = openSync(path, 'r')
  try {
    const [first = ''] = readText(descriptor, 0).split('\n')
    const end = readText(descriptor, Math.max(0, size - END_BYTES))
    const torn = Buffer.byteLength(end.slice(end.lastIndexOf('\n') + 1))
    const last = end.slice(0, end.lastIndexOf('\n')).split('\n').at(-1) ?? ''
    const header = parseHeaderLine(first)
    const sequence = sequenceOf(last)
    if (!header || sequence === undefined) return undefined
    return { instanceId: header.instanceId, sequence, bytes: size - torn }
  } finally {
    closeSync(descriptor)
  }
}

function readText(descriptor: number, position: number): string {
  const buffer = Buffer.alloc(END_BYTES)
  const length = readSync(descriptor, buffer, 0, END_BYTES, position)
  return buffer.toString('utf8', 0, length)
}

/** Begins the log anew, in one step: a crash leaves the old one or the new one. */
export function writeLaunchLog(path: string, summary: LaunchSummary): void {
  replaceFile(path, summaryTexts(summary))
}

function* summaryTexts(summary: LaunchSummary): Iterable<string> {
  yield headerLine(summary.header)
  const { header, runs } = summary
  let page = runs.endedRuns('', PAGE_ROWS)
  while (page.length > 0) {
    yield page.map((run) => endLine(run, header.sequence)).join('')
    page = runs.endedRuns(page.at(-1)?.uid ?? '', PAGE_ROWS)
  }
  // After the ends: a run that was launched again is not over.
  for (const uid of runs.launchedRunUids()) yield launchLine(uid, header.sequence)
}

/**
 * Appends to the log. Lines wait in memory until somebody must know that they are on disk: `durable`
 * writes all that wait and syncs once, off the event loop, so that launches of one moment share one sync.
 *
 * - `#written` bytes of the file are whole lines; what a failed write left behind it is cut off.
 * - `#appended` and `#synced` count lines; nobody may act on a launch whose line is not synced.
 * - A failed sync is final: a later one may report success for data that is gone.
 */
export class LaunchLog implements LaunchRecorder {
  readonly #path: string
  readonly #summarize: () => LaunchSummary
  #handle: Promise<FileHandle> | undefined
  #waiting: string[] = []
  #written = 0
  #appended = 0
  #synced = 0
  #flushing: Promise<void> | undefined
  #problem: StoreUnusable | undefined
  #isBroken = false

  /** `summarize` says what a log that grew too large is begun anew with. */
  constructor(path: string, summarize: () => LaunchSummary) {
    this.#path = path
    this.#summarize = summarize
  }

  launched(runUid: string, sequence: number): void {
    this.#append(launchLine(runUid, sequence))
  }

  ended(run: EndedRun, sequence: number): void {
    this.#append(endLine(run, sequence))
  }

  /** From here on a run that is not in the log may have been launched. */
  gap(sequence: number): void {
    this.#append(gapLine(sequence))
  }

  /** Why the newest lines are not on disk; undefined while they are or may be. */
  problem(): StoreUnusable | undefined {
    return this.#problem
  }

  /** Resolves when all that was appended is on disk. Rejects with StoreUnusable when it cannot be. */
  async durable(): Promise<void> {
    const wanted = this.#appended
    while (this.#synced < wanted) {
      this.#flushing ??= this.#flush().finally(() => {
        this.#flushing = undefined
      })
      await this.#flushing
    }
  }

  async close(): Promise<void> {
    try {
      await this.durable()
    } finally {
      await (await this.#handle)?.close()
    }
  }

  #append(line: string): void {
    this.#waiting.push(line)
    this.#appended += 1
  }

  async #flush(): Promise<void> {
    if (this.#isBroken && this.#problem) throw this.#problem
    const lines = this.#waiting
    const until = this.#appended
    this.#waiting = []
    try {
      const handle = await this.#open()
      const bytes = Buffer.from(lines.join(''))
      await writeWhole(handle, bytes, this.#written)
      this.#written += bytes.length
      await this.#sync(handle)
    } catch (error) {
      this.#waiting = [...lines, ...this.#waiting]
      this.#problem ??= toProblem(this.#path, error)
      throw this.#problem
    }
    this.#synced = until
    this.#problem = undefined
    if (this.#written > LAUNCH_LOG_MAX_BYTES) await this.#beginAnew()
  }

  async #sync(handle: FileHandle): Promise<void> {
    try {
      await handle.datasync()
    } catch (error) {
      this.#isBroken = true
      throw error
    }
  }

  #open(): Promise<FileHandle> {
    this.#handle ??= this.#openAtEnd().catch((error: unknown) => {
      this.#handle = undefined
      throw error
    })
    return this.#handle
  }

  async #openAtEnd(): Promise<FileHandle> {
    const handle = await open(this.#path, 'r+')
    try {
      this.#written = inspectLaunchLog(this.#path)?.bytes ?? (await handle.stat()).size
      // A line that was torn when a process died would be one in the middle.
      await handle.truncate(this.#written)
      return handle
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  /** Needed once in many hours of launching at full rate. Lines that wait meanwhile are in the database too, and so in the new log. */
  async #beginAnew(): Promise<void> {
    await (await this.#handle)?.close()
    this.#handle = undefined
    writeLaunchLog(this.#path, this.#summarize())
  }
}

/** Over what a failed write may have left, so that no torn line stays in the middle. */
async function writeWhole(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  let done = 0
  while (done < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done)
    done += bytesWritten
  }
}

function toProblem(path: string, error: unknown): StoreUnusable {
  const isFull = errorCode(error) === 'ENOSPC'
  return new StoreUnusable(
    isFull ? 'Full' : 'Io',
    isFull
      ? `${path} cannot grow because the disk is full: free some space; nothing is launched until writes succeed again`
      : `${path} cannot be written (${errorMessage(error)}): check the disk, then start Capstan again`,
    { cause: error },
  )
}
