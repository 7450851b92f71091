import { parentPort, workerData } from 'node:worker_threads'
import { errorMessage } from '../lib/errors.ts'
import { type BackupJob, type BackupResult, backUpFile } from './backup.ts'

/** Entry of the thread in which a backup of a running controller's database is made. */
function run(job: BackupJob): BackupResult {
  try {
    backUpFile(job)
    return { ok: true }
  } catch (error) {
    return { ok: false, message: errorMessage(error) }
  }
}

parentPort?.postMessage(run(workerData as BackupJob))
