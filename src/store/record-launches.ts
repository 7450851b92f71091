import type { LaunchRecorder } from './launch-log.ts'
import type { Transactions } from './transaction.ts'
import type { AttemptStore, HistoryStore, IdentityStore } from './types.ts'

/** Under this identity key stands how many launches the database has committed. */
const LAUNCHES = 'launches'

interface Stores {
  readonly attempts: AttemptStore
  readonly history: HistoryStore
  readonly identity: IdentityStore
}

/** Launches that the database knows of, counted over its whole life. */
export function launchCount(identity: IdentityStore): number {
  return Number(identity.get(LAUNCHES) ?? 0)
}

/** Takes over the count of a lost database, so that no number is given out twice. */
export function raiseLaunchCount(identity: IdentityStore, count: number): void {
  if (count > launchCount(identity)) identity.set(LAUNCHES, String(count))
}

/** Tells the recorder of each launch and end, but only once it is on disk: a log ahead of its database would mean that the database is an old copy. */
export function recordLaunches(
  { attempts, history, identity }: Stores,
  {
    transactions,
    recorder,
  }: {
    readonly transactions: Pick<Transactions, 'whenDurable'>
    readonly recorder: LaunchRecorder | undefined
  },
): Pick<Stores, 'attempts' | 'history'> {
  if (!recorder) return { attempts, history }
  return {
    attempts: {
      ...attempts,
      insert(row) {
        attempts.insert(row)
        const sequence = launchCount(identity) + 1
        identity.set(LAUNCHES, String(sequence))
        transactions.whenDurable(() => recorder.launched(row.runUid, sequence))
      },
    },
    history: {
      ...history,
      put(row) {
        history.put(row)
        const sequence = launchCount(identity)
        const { message: _, ...run } = row
        transactions.whenDurable(() => recorder.ended(run, sequence))
      },
    },
  }
}
