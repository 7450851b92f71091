import { closeSync, existsSync, openSync, readSync, renameSync, rmSync, statSync } from 'node:fs'
import { fileIdentity } from './data-dir.ts'

/** Which files a data directory held at its last start, as `dev:ino`. */
export interface FileIdentities {
  readonly database: string
  readonly wal: string
}

/** To be asked while the database is open: its log exists only then, or after a crash. */
export function identifyFiles(path: string): FileIdentities {
  return { database: fileIdentity(path) ?? '', wal: fileIdentity(`${path}-wal`) ?? '' }
}

/**
 * A write-ahead log that a crash left behind belongs to the database that crashed. When another file was
 * put in its place, SQLite would write the log's pages into that one. Moves such a log aside and returns where
 * it is now; undefined when there is none. To be called before the database is opened.
 */
export function setStaleWalAside(
  path: string,
  before: FileIdentities | undefined,
): string | undefined {
  const wal = `${path}-wal`
  if ((statSync(wal, { throwIfNoEntry: false })?.size ?? 0) === 0) return undefined
  if (!isReplaced(path, before) && isInWalMode(path)) return undefined
  const aside = `${wal}.stale`
  renameSync(wal, aside)
  rmSync(`${path}-shm`, { force: true })
  return aside
}

/** The log is the one of the last start, and the database is not. */
function isReplaced(path: string, before: FileIdentities | undefined): boolean {
  if (before === undefined) return false
  return fileIdentity(path) !== before.database && fileIdentity(`${path}-wal`) === before.wal
}

/** Byte 18 of the header. A copy that VACUUM INTO made is not, and a database with a log always is. */
function isInWalMode(path: string): boolean {
  if (!existsSync(path)) return false
  const header = Buffer.alloc(20)
  const descriptor = openSync(path, 'r')
  try {
    // An empty file has no header: SQLite drops its log by itself.
    return readSync(descriptor, header, 0, header.length, 0) < header.length || header[18] === 2
  } finally {
    closeSync(descriptor)
  }
}
