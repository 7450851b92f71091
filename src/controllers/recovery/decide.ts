import type { TaskSnapshot } from '../../aws/ports.ts'
import { WIRE } from '../../kinds/meta.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { AttemptRow } from '../../store/types.ts'
import { clientTokenOf, startedByOf, type TryKey } from '../attempt-identity.ts'

/** Who the database says it is, and what stands beside it. */
export interface Evidence {
  readonly database: {
    readonly instanceId: string
    /** Before this start raised it; 0 for a database that was never used. */
    readonly epoch: number
  }
  /** What the identity file of the data directory says; undefined: there is none. */
  readonly file: { readonly instanceId: string; readonly epoch: number } | undefined
  /** Whether ECS holds tasks or definitions that carry this controller's name. Asked only for a new database. */
  readonly ecsKnowsController: boolean
}

/** Why what ran before cannot be known from the database; undefined when it can. */
export function recoveryReason({
  database,
  file,
  ecsKnowsController,
}: Evidence): string | undefined {
  const isNew = database.epoch === 0
  if (file === undefined) {
    if (!isNew || !ecsKnowsController) return undefined
    return 'ECS holds tasks or task definitions of this controller, and the database is new'
  }
  if (file.instanceId !== database.instanceId) {
    return isNew
      ? 'the database of this data directory was lost: it is new, and its identity file is not'
      : 'the database of this data directory is another one than before'
  }
  if (database.epoch >= file.epoch) return undefined
  return `the database is an older copy: it was last used at start ${database.epoch}, the data directory at start ${file.epoch}`
}

/** Tries that are compared with a task's startedBy: more than a run has ever had refused in a row by far. */
const MAX_TRIES = 200

/**
 * The row of a task that ECS still knows, made from nothing but its tags and startedBy. Undefined when
 * it cannot be proven to be what its tags say: startedBy is a hash of the run's uid, the attempt and the
 * try, so nobody writes a right one by accident.
 */
export function adoptedRow(
  task: TaskSnapshot,
  run: { readonly uid: string; readonly namespace: string; readonly name: string },
  context: {
    readonly account: string
    readonly cluster: string
    readonly workPool: string
    readonly containerName: string
    readonly epoch: number
    readonly nowMs: number
  },
): AttemptRow | undefined {
  if (task.tags[WIRE.tagRunUid] !== run.uid) return undefined
  const number = Number(task.tags[WIRE.tagAttempt])
  if (!Number.isSafeInteger(number) || number < 1) return undefined
  const key = findTry(task, run.uid, number)
  if (!key) return undefined
  return {
    ...key,
    namespace: run.namespace,
    runName: run.name,
    clientToken: clientTokenOf(key),
    startedBy: startedByOf(key),
    account: context.account,
    cluster: context.cluster,
    workPool: context.workPool,
    containerName: context.containerName,
    taskDefinitionArn: task.taskDefinitionArn,
    // Never sent again: the task exists.
    body: '{}',
    phase: 'Launched',
    epoch: context.epoch,
    createdAtMs: task.createdAtMs ?? context.nowMs,
    sends: 0,
    taskArn: task.taskArn,
    clusterArn: task.clusterArn,
    version: task.version,
    observation: task as unknown as JsonObject,
    observedAtMs: context.nowMs,
  }
}

function findTry(task: TaskSnapshot, runUid: string, number: number): TryKey | undefined {
  for (let count = 1; count <= MAX_TRIES; count += 1) {
    const key: TryKey = { runUid, index: 0, number, try: count }
    if (startedByOf(key) === task.startedBy) return key
  }
  return undefined
}
