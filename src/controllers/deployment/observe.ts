import type { Deployment } from '../../kinds/deployment.ts'
import type { Schedule } from '../../kinds/generated.ts'
import type { ObjectKey } from '../../kinds/meta.ts'
import type { Run } from '../../kinds/run.ts'
import { parseIsoTime } from '../../lib/instant.ts'
import type { HistoryRow, Store } from '../../store/types.ts'
import type { ReadNextDefinition } from '../next-definition.ts'
import type { DeploymentRun, DeploymentWorld, ReadSchedule } from './world.ts'

export interface DeploymentObserveDeps {
  readonly store: Store
  /** Reads a schedule for a seed; remembers what it has read. */
  readonly readSchedule: (schedule: Schedule, seed: string) => ReadSchedule
  readonly nextDefinition: ReadNextDefinition
}

/** Ends that are read to count failures, for each failure that would pause: the rest may be cancelled runs in between. */
const ENDS_PER_FAILURE = 2
/** Ends that are read otherwise: the newest success is among them, or was seen before. */
const MIN_ENDS = 10

/** Reads everything that a decision about this deployment needs. Undefined: it is gone. */
export function observeDeployment(
  { store, readSchedule, nextDefinition }: DeploymentObserveDeps,
  key: ObjectKey,
): DeploymentWorld | undefined {
  const deployment = store.objects.get(key) as Deployment | undefined
  if (!deployment) return undefined
  const { namespace, name } = key
  const { uid, creationTimestamp } = deployment.metadata
  const createdMs = parseIsoTime(creationTimestamp) ?? 0
  return {
    deployment,
    runs: store.objects.runKeysOfDeployment(namespace, name).flatMap((run) => {
      const object = store.objects.get(run) as Run | undefined
      return object ? [deploymentRun(run, object, uid)] : []
    }),
    ended: endsOf(store, deployment).filter(({ finishedAtMs }) => finishedAtMs >= createdMs),
    registeredAhead: registered(store, nextDefinition(deployment)),
    read: (schedule) => readSchedule(schedule, uid),
    isMade: (runUid) =>
      store.objects.getByUid(runUid) !== undefined || store.history.get(runUid) !== undefined,
    isTaken: (runName) =>
      store.objects.get({ kind: 'Run', namespace, name: runName }) !== undefined,
  }
}

/** Newest first. Nothing is counted beyond a success, so one row will do where the newest end is one, as most are. */
function endsOf(store: Store, { metadata, spec }: Deployment): readonly HistoryRow[] {
  const { namespace, name: deployment } = metadata
  const newest = store.history.list({ namespace, deployment, limit: 1 })
  if (newest[0] === undefined || newest[0].stateType === 'COMPLETED') return newest
  const limit = Math.max(MIN_ENDS, ENDS_PER_FAILURE * (spec.pauseAfterFailures ?? 0))
  return store.history.list({ namespace, deployment, limit })
}

function registered(store: Store, next: ReturnType<ReadNextDefinition>): string | undefined {
  if (!next) return undefined
  const row = store.definitions.byHash(next.accountId, next.wanted.family, next.wanted.hash)
  return row?.status === 'ACTIVE' ? row.taskDefinitionArn : undefined
}

function deploymentRun(
  key: ObjectKey,
  { metadata, status }: Run,
  deploymentUid: string,
): DeploymentRun {
  return {
    key,
    stateType: status?.state?.type,
    isOwned: metadata.ownerReferences?.some(({ uid }) => uid === deploymentUid) ?? false,
    isDeleting: metadata.deletionTimestamp !== undefined,
    createdAt: metadata.creationTimestamp,
    completedAt: status?.completionTime,
    taskDefinitionArn: status?.attempts?.at(-1)?.taskDefinitionArn,
  }
}
