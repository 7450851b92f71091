import { join } from 'node:path'
import type { UpOptions } from '../config.ts'
import type { Evidence, Verdict } from '../controllers/recovery/decide.ts'
import { recoveryUnderWay } from '../controllers/recovery/record.ts'
import { settleDatabase } from '../controllers/recovery/settle.ts'
import {
  inspectLaunchLog,
  LAUNCH_LOG_MAX_BYTES,
  readLaunchLog,
  writeLaunchLog,
} from '../store/launch-log.ts'
import type { LaunchProofs } from '../store/launch-log-lines.ts'
import { launchCount } from '../store/record-launches.ts'
import { identifyFiles } from '../store/stale-wal.ts'
import { writeIdentity } from './identity-file.ts'
import {
  DATABASE_FILE,
  type DataDir,
  IDENTITY_FILE,
  LAUNCH_LOG_FILE,
  launchSummary,
} from './open-data-dir.ts'
import { StartProblem } from './start-problem.ts'

/**
 * Compares the database with what stands beside it, and begins recovery when something was lost. Only then is
 * the start counted and the identity file written, so that a crash in between finds the same evidence
 * again. Returns what the launch log proves while recovery is under way. Throws StartProblem for a database
 * that is somebody else's.
 */
export function settleIdentity(options: UpOptions, dataDir: DataDir): LaunchProofs | undefined {
  const { store, path } = dataDir
  const logPath = join(path, LAUNCH_LOG_FILE)
  const { identity } = store
  const log = inspectLaunchLog(logPath)
  const evidence: Evidence = {
    database: {
      instanceId: identity.instanceId(),
      epoch: identity.epoch(),
      launches: launchCount(identity),
    },
    file: dataDir.identity,
    log,
    mayHaveRun: !options.local,
  }
  const proofs = usableProofs(logPath, evidence)
  const verdict = countStart(options, dataDir, evidence, proofs)
  if (isLogBehind(dataDir, verdict, log)) writeLaunchLog(logPath, launchSummary(store))
  writeIdentity(join(path, IDENTITY_FILE), {
    instanceId: identity.instanceId(),
    epoch: identity.epoch(),
    files: identifyFiles(join(path, DATABASE_FILE)),
  })
  return recoveryUnderWay(store) === undefined ? undefined : (proofs ?? readLaunchLog(logPath))
}

/** One transaction: a start that is counted has begun its recovery. */
function countStart(
  options: UpOptions,
  { store, path }: DataDir,
  evidence: Evidence,
  proofs: LaunchProofs | undefined,
): Verdict {
  const epoch = Math.max(evidence.database.epoch, evidence.file?.epoch ?? 0) + 1
  return store.transaction(() => {
    const verdict = settleDatabase(store, evidence, proofs)
    if (verdict.type === 'Refuse') {
      throw new StartProblem(
        `${join(path, DATABASE_FILE)} cannot be used: ${verdict.why}; put this controller's own database or its newest backup in its place, or move it and its -wal file aside to recover from what ECS still knows`,
      )
    }
    while (store.identity.epoch() < epoch) store.identity.raiseEpoch()
    store.identity.setControllerName(options.name)
    return verdict
  })
}

/** The launch log is read in full only where something may have to be proven. */
function usableProofs(path: string, { database, file, log }: Evidence): LaunchProofs | undefined {
  if (log === undefined || (file !== undefined && file.instanceId !== log.instanceId))
    return undefined
  const isOwn = log.instanceId === database.instanceId
  const isBehind = database.epoch < (file?.epoch ?? 0) || database.launches < log.sequence
  return !isOwn || isBehind ? readLaunchLog(path) : undefined
}

/**
 * A log that is not this database's, that lacks what the database knows (the process died between the two), or
 * that grew large is begun anew. During recovery the old one is the better witness.
 */
function isLogBehind(
  { store }: DataDir,
  verdict: Verdict,
  log: ReturnType<typeof inspectLaunchLog>,
): boolean {
  if (log === undefined || log.instanceId !== store.identity.instanceId()) return true
  if (verdict.type === 'Recover') return false
  return log.sequence < launchCount(store.identity) || log.bytes > LAUNCH_LOG_MAX_BYTES / 2
}
