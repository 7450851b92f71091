import { parentPort, workerData } from 'node:worker_threads'
import Database from 'better-sqlite3'
import { errorMessage } from '../lib/errors.ts'
import {
  type CheckpointAnswer,
  type CheckpointJob,
  type LogState,
  TURN,
  toLogState,
} from './checkpoint-worker.ts'
import { fileIdentity } from './data-dir.ts'

/**
 * Entry of the thread that moves pages from the write-ahead log into the database file. It has a
 * connection of its own, sleeps until it is told to move, and ends when it is told to close.
 */
function run({ path, identity, turns }: CheckpointJob): void {
  let database: Database.Database | undefined
  for (;;) {
    Atomics.wait(turns, 0, TURN.idle)
    if (Atomics.load(turns, 0) === TURN.close) break
    try {
      database ??= open(path, identity)
      answer({ ok: true, state: move(database) }, turns)
    } catch (error) {
      const code = error instanceof Database.SqliteError ? error.code : undefined
      answer({ ok: false, code, message: errorMessage(error) }, turns)
    }
  }
  database?.close()
  Atomics.store(turns, 0, TURN.closed)
  Atomics.notify(turns, 0)
}

function answer(result: CheckpointAnswer, turns: Int32Array): void {
  // Unless it is to close by now.
  Atomics.compareExchange(turns, 0, TURN.move, TURN.idle)
  Atomics.notify(turns, 0)
  parentPort?.postMessage(result)
}

/** Looked at before the first statement: until then nothing but the file itself was opened. */
function open(path: string, identity: string): Database.Database {
  const database = new Database(path, { fileMustExist: true })
  if (fileIdentity(path) !== identity) {
    database.close()
    throw new Error(`${path} is another file by now`)
  }
  database.pragma('mmap_size = 0')
  // A checkpoint syncs the log before it copies pages, and the file before the log may begin anew.
  database.pragma('synchronous = FULL')
  return database
}

function move(database: Database.Database): LogState {
  return toLogState(database.prepare<[], object>('PRAGMA wal_checkpoint(PASSIVE)').get())
}

run(workerData as CheckpointJob)
