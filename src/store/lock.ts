import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { isJsonObject } from '../lib/json.ts'
import { ensureDataDir, fileIdentity } from './data-dir.ts'
import { StoreUnusable, toStoreUnusable } from './errors.ts'

const LOCK_FILE = 'lock.db'
const HOLDER_FILE = 'lock.json'

export interface DataDirLock {
  /** Lets the next controller in. The lock also ends with the process, however it dies. */
  release(): void
  /** Why the lock no longer keeps others out: its file is gone, so the next controller makes a new one. */
  problem(): StoreUnusable | undefined
}

/**
 * One controller per data directory. Node has no flock, so the lock is SQLite's own: an exclusive
 * transaction on a database of its own that never ends; the kernel lets go of it when the process does.
 * Nothing else may open `lock.db`, because closing any descriptor of a file drops the process's locks
 * on it. Makes the directory, mode 0700, when only its last part is missing. Throws StoreUnusable:
 * 'Locked' names the holder. Keep the answer: the lock goes when it is garbage-collected.
 */
export function acquireDataDir(dir: string): DataDirLock {
  ensureDataDir(dir)
  const database = lockDatabase(dir)
  const holderPath = join(dir, HOLDER_FILE)
  writeFileSync(holderPath, JSON.stringify({ pid: process.pid, host: hostname() }), { mode: 0o600 })
  const path = join(dir, LOCK_FILE)
  const identity = fileIdentity(path)
  return {
    release() {
      if (!database.open) return
      // Whoever took over has written its own.
      if (fileIdentity(path) === identity) rmSync(holderPath, { force: true })
      database.close()
    },
    problem() {
      if (fileIdentity(path) === identity) return undefined
      return new StoreUnusable(
        'Replaced',
        `${path} was deleted or replaced while Capstan held it: this controller stops, because another one may start; start it again`,
      )
    },
  }
}

function lockDatabase(dir: string): Database.Database {
  const path = join(dir, LOCK_FILE)
  let database: Database.Database | undefined
  try {
    database = new Database(path, { timeout: 0 })
    database.pragma('locking_mode = EXCLUSIVE')
    database.exec('BEGIN EXCLUSIVE')
    return database
  } catch (error) {
    database?.close()
    const unusable = toStoreUnusable(error, path)
    if (unusable?.reason !== 'Locked') throw unusable ?? error
    throw new StoreUnusable(
      'Locked',
      `${dir} is in use by ${renderHolder(join(dir, HOLDER_FILE))}: stop it, or give this controller another data directory`,
      { cause: error },
    )
  }
}

function renderHolder(path: string): string {
  try {
    const holder: unknown = JSON.parse(readFileSync(path, 'utf8'))
    if (!isJsonObject(holder)) return 'another controller'
    const { pid, host } = holder
    if (typeof pid === 'number' && typeof host === 'string') {
      return `another controller (pid ${pid} on ${host})`
    }
  } catch {
    // The holder has the lock but has not written the file yet, or somebody took the file away.
  }
  return 'another controller'
}
