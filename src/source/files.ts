import {
  type BigIntStats,
  closeSync,
  constants,
  type Dirent,
  fstatSync,
  lstatSync,
  opendirSync,
  openSync,
  readlinkSync,
  readSync,
  realpathSync,
} from 'node:fs'
import { realpath } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * The file system, as far as a folder source touches it. Paths are absolute; failures are errors with
 * Node's `code`. Everything but `realpath` is synchronous, because ten thousand lstat calls take 22 ms that
 * way and 80 ms through the thread pool; callers pause between slices. `realpath` comes first in every
 * look and goes through the pool, so that a mount that no longer answers hangs no more than that look.
 */
export interface Files {
  realpath(path: string): Promise<string>
  readlink(path: string): string
  /** Never follows a link. */
  lstat(path: string): FileStat
  /** In batches, so that a large directory can be read in slices. Order is the file system's. */
  list(directory: string): Iterable<readonly DirectoryEntry[]>
  /**
   * At most `limitBytes` of a regular file. Never follows a link, never waits for a FIFO, and refuses
   * (code ESCAPED) a path that no longer leads where it says.
   */
  read(path: string, limitBytes: number): FileContent
}

export type FileType = 'File' | 'Directory' | 'Link' | 'Other'

export interface DirectoryEntry {
  readonly name: string
  readonly type: FileType
}

export interface FileStat {
  readonly type: FileType
  /** `dev:ino`. */
  readonly identity: string
  readonly sizeBytes: number
  readonly modifiedNs: bigint
  /** Time of the last change of the inode; nobody can set it. */
  readonly changedNs: bigint
  /** Names that the inode has. */
  readonly links: number
}

export interface FileContent {
  readonly bytes: Uint8Array
  /** As it was after the last byte was read. */
  readonly stat: FileStat
}

/** `dev:ino:size:mtimeNs:ctimeNs`: two equal keys mean the same bytes, unless the last write is younger than the clock's grain. */
export function statKey(stat: FileStat): string {
  // `join` makes one flat string; a concatenated one would keep its pieces in memory.
  return [stat.identity, stat.sizeBytes, stat.modifiedNs, stat.changedNs].join(':')
}

/** Entries per batch: about 0.3 ms each. */
const LIST_BATCH = 1_024

export const systemFiles: Files = {
  realpath: (path) => realpath(path),
  readlink: (path) => readlinkSync(path),
  lstat: (path) => toStat(lstatSync(path, { bigint: true })),
  list: listDirectory,
  read: readRegularFile,
}

function* listDirectory(path: string): Generator<readonly DirectoryEntry[]> {
  const directory = opendirSync(path, { bufferSize: LIST_BATCH })
  try {
    for (let done = false; !done; ) {
      const batch: DirectoryEntry[] = []
      while (batch.length < LIST_BATCH && !done) {
        const entry = directory.readSync()
        if (entry) batch.push({ name: entry.name, type: typeOf(entry) })
        else done = true
      }
      yield batch
    }
  } finally {
    directory.closeSync()
  }
}

function readRegularFile(path: string, limitBytes: number): FileContent {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants
  const descriptor = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  try {
    const directory = dirname(path)
    if (realpathSync.native(directory) !== directory) throw escaped(path)
    const { size } = fstatSync(descriptor)
    // One byte more than its size, so that a growing file shows.
    const bytes = readBytes(descriptor, Math.min(limitBytes, size + 1))
    return { bytes, stat: toStat(fstatSync(descriptor, { bigint: true })) }
  } finally {
    closeSync(descriptor)
  }
}

function readBytes(descriptor: number, limitBytes: number): Uint8Array {
  const buffer = Buffer.allocUnsafe(limitBytes)
  let length = 0
  while (length < limitBytes) {
    const read = readSync(descriptor, buffer, length, limitBytes - length, null)
    if (read === 0) break
    length += read
  }
  return buffer.subarray(0, length)
}

function escaped(path: string): Error {
  return Object.assign(new Error(`${path} leads out of its folder`), { code: 'ESCAPED' })
}

function toStat(stats: BigIntStats): FileStat {
  return {
    type: typeOf(stats),
    identity: `${stats.dev}:${stats.ino}`,
    sizeBytes: Number(stats.size),
    modifiedNs: stats.mtimeNs,
    changedNs: stats.ctimeNs,
    links: Number(stats.nlink),
  }
}

function typeOf(entry: Dirent | BigIntStats): FileType {
  if (entry.isFile()) return 'File'
  if (entry.isDirectory()) return 'Directory'
  return entry.isSymbolicLink() ? 'Link' : 'Other'
}
