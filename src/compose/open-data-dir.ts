import { join } from 'node:path'
import { isLaunchHistoryWhole } from '../controllers/recovery/record.ts'
import { DEFAULT_NAMESPACE } from '../kinds/meta.ts'
import type { Clock } from '../lib/clock.ts'
import { uuidV5 } from '../lib/names.ts'
import type { Random } from '../lib/random.ts'
import type { Log } from '../runtime/logger.ts'
import { LaunchLog, type LaunchSummary } from '../store/launch-log.ts'
import { acquireDataDir, type DataDirLock } from '../store/lock.ts'
import { openStore, type SqliteStore } from '../store/open.ts'
import { launchCount } from '../store/record-launches.ts'
import { setStaleWalAside } from '../store/stale-wal.ts'
import { type IdentityFile, readIdentity } from './identity-file.ts'

export const DATABASE_FILE = 'capstan.db'

/** Beside the database, so that a lost or exchanged database is noticed. */
export const IDENTITY_FILE = 'identity.json'

export const LAUNCH_LOG_FILE = 'launches.log'

/** Everything that a controller keeps on disk, locked for this process. */
export interface DataDir {
  readonly path: string
  readonly lock: DataDirLock
  readonly store: SqliteStore
  /** Not written before the identity of the database is settled. */
  readonly launches: LaunchLog
  /** What the identity file said before this start. */
  readonly identity: IdentityFile | undefined
  close(): Promise<void>
}

/** Throws StoreUnusable: another controller has it, or its database will not do. */
export function openDataDir(
  path: string,
  deps: { readonly clock: Clock; readonly random: Random; readonly log: Log },
): DataDir {
  const lock = acquireDataDir(path)
  const identity = readIdentity(join(path, IDENTITY_FILE))
  const aside = setStaleWalAside(join(path, DATABASE_FILE), identity?.files)
  if (aside !== undefined) {
    deps.log.warn('the write-ahead log is of another database than the one beside it: set aside', {
      aside,
    })
  }
  const launches = new LaunchLog(join(path, LAUNCH_LOG_FILE), () => launchSummary(store))
  const nowMs = deps.clock.nowMs()
  const store = openStore({
    path: join(path, DATABASE_FILE),
    random: deps.random,
    nowMs,
    launches,
  })
  store.transaction(() => {
    const uid = uuidV5('Namespace', DEFAULT_NAMESPACE)
    store.objects.ensureNamespace(DEFAULT_NAMESPACE, uid, nowMs)
  })
  return {
    path,
    lock,
    store,
    launches,
    identity,
    async close() {
      // What cannot be written at the end is in the database, and is compared with the log at the next start.
      await store.durable().catch(() => {})
      await launches.close().catch(() => {})
      store.close()
      lock.release()
    },
  }
}

/** What a launch log is begun with. */
export function launchSummary(store: SqliteStore): LaunchSummary {
  return {
    header: {
      instanceId: store.identity.instanceId(),
      sequence: launchCount(store.identity),
      whole: isLaunchHistoryWhole(store),
    },
    runs: store.launchSummary,
  }
}
