import type { LaunchProofs } from '../../store/launch-log-lines.ts'
import { raiseLaunchCount } from '../../store/record-launches.ts'
import type { Store } from '../../store/types.ts'
import { type Evidence, judgeDatabase, type Verdict } from './decide.ts'
import { beginProbe, beginRecovery } from './record.ts'

/**
 * Judges the database and begins what follows; inside the transaction that counts the start. A new database in
 * a used directory becomes the instance that the directory belongs to, so that the tasks of the lost one are its own.
 */
export function settleDatabase(store: Store, evidence: Evidence, proofs?: LaunchProofs): Verdict {
  const verdict = judgeDatabase(evidence)
  if (verdict.type === 'Refuse' || verdict.type === 'Trust') return verdict
  if (verdict.type === 'Probe') {
    beginProbe(store)
    return verdict
  }
  const owner = evidence.file?.instanceId ?? evidence.log?.instanceId
  if (owner !== undefined) store.identity.takeInstanceId(owner)
  const { launches } = evidence.database
  // Before anything is recorded: no number comes twice.
  if (proofs) raiseLaunchCount(store.identity, proofs.sequence)
  beginRecovery(store, verdict.reason, { proofs, launches })
  return verdict
}
