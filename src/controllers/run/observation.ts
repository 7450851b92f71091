import type { TaskSnapshot } from '../../aws/ports.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { AttemptRow, Store } from '../../store/types.ts'
import { taskRecord } from '../run-records.ts'
import { subjectOfAttempt } from '../run-subject.ts'

/** What an attempt's row keeps of its task: all but what its frozen request says already. */
export function observationOf(
  task: TaskSnapshot,
  nowMs: number,
): Pick<AttemptRow, 'observation' | 'observedAtMs' | 'version'> {
  const { tags: _, heartbeat: __, ...observed } = task
  return {
    observation: observed as unknown as JsonObject,
    observedAtMs: nowMs,
    version: task.version,
  }
}

/**
 * Keeps what ECS says of an attempt's task, and an event where its `lastStatus` is another one. Runs inside
 * a transaction. False: something newer, or the same, was known already.
 */
export function recordObservation(
  store: Store,
  attempt: AttemptRow,
  task: TaskSnapshot,
  nowMs: number,
): boolean {
  const { clientToken } = attempt
  const before = store.attempts.lastStatus(clientToken)
  const { taskArn, clusterArn, version } = task
  const { observation: snapshot = {} } = observationOf(task, nowMs)
  const observedAtMs = nowMs
  const isNew = store.attempts.observe(clientToken, {
    taskArn,
    clusterArn,
    version,
    snapshot,
    observedAtMs,
  })
  if (isNew && task.lastStatus !== before) {
    const subject = subjectOfAttempt(store, attempt)
    store.eventLog.append([taskRecord(subject, task, attempt, nowMs)])
  }
  return isNew
}
