import { chmodSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { Worker } from 'node:worker_threads'
import Database from 'better-sqlite3'
import { threadEntry } from '../lib/thread-entry.ts'
import { syncPath } from './durable-file.ts'
import { corruptSentence, StoreUnusable } from './errors.ts'

/**
 * A verified copy of the database at `target`, readable by the owner alone; an older copy there is
 * replaced at the end, in one step. Blocks for about 0.4 s per 100 MB.
 */
export function backUp(database: Database.Database, target: string): void {
  const unfinished = `${target}.tmp`
  rmSync(unfinished, { force: true })
  database.prepare<[string]>('VACUUM INTO ?').run(unfinished)
  chmodSync(unfinished, 0o600)
  verify(unfinished)
  syncPath(unfinished)
  renameSync(unfinished, target)
  syncPath(dirname(target))
}

export interface BackupJob {
  /** A database file, in use or not. */
  readonly source: string
  readonly target: string
}

export type BackupResult = { readonly ok: true } | { readonly ok: false; readonly message: string }

/** As backUp, over a connection of its own that only reads: one snapshot, whoever writes meanwhile. */
export function backUpFile({ source, target }: BackupJob): void {
  const database = new Database(source, { readonly: true, fileMustExist: true })
  try {
    backUp(database, target)
  } finally {
    database.close()
  }
}

/** As backUpFile, in a thread of its own: the event loop goes on. Rejects with a sentence. */
export function backUpInThread(job: BackupJob): Promise<void> {
  const entry = threadEntry(import.meta.url, 'backup-thread')
  return new Promise((resolve, reject) => {
    const worker = new Worker(entry, { workerData: job })
    worker.once('error', reject)
    worker.once('message', (result: BackupResult) => {
      if (result.ok) resolve()
      else reject(new Error(`${job.target} cannot be made a backup: ${result.message}`))
    })
  })
}

/** SQLite's first complaint about the file; undefined when it is sound. 75 ms per 100 MB. */
export function findDamage(database: Database.Database): string | undefined {
  const result = firstComplaint(database)
  if (result === 'ok') return undefined
  const complaints = result.split('\n').filter((line) => !line.startsWith('***'))
  return complaints[0] ?? 'no answer'
}

/** The check evaluates indexes on JSON expressions, which fails where a row's JSON is broken. */
function firstComplaint(database: Database.Database): string {
  try {
    return database.prepare<[], string>('PRAGMA quick_check(1)').pluck().get() ?? ''
  } catch (error) {
    if (error instanceof Database.SqliteError && error.code === 'SQLITE_ERROR') return error.message
    throw error
  }
}

function verify(path: string): void {
  const copy = new Database(path, { readonly: true })
  try {
    const damage = findDamage(copy)
    if (damage !== undefined) throw new StoreUnusable('Corrupt', corruptSentence(path, damage))
  } finally {
    copy.close()
  }
}
