import type { TaskSnapshot } from '../../aws/ports.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { AttemptRow, Store } from '../../store/types.ts'
import { taskRecord } from '../run-records.ts'
import { subjectOfAttempt } from '../run-subject.ts'

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
  const isNew = store.attempts.observe(clientToken, {
    taskArn: task.taskArn,
    clusterArn: task.clusterArn,
    version: task.version,
    snapshot: task as unknown as JsonObject,
    observedAtMs: nowMs,
  })
  if (isNew && task.lastStatus !== before) {
    const subject = subjectOfAttempt(store, attempt)
    store.eventLog.append([taskRecord(subject, task, attempt, nowMs)])
  }
  return isNew
}
