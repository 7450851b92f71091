import type { RunSpec } from '../../kinds/generated.ts'
import type { CapstanObject, ObjectKey } from '../../kinds/meta.ts'
import { isFinalState, type RunStatus } from '../../kinds/run.ts'
import type { WorkPool } from '../../kinds/workpool.ts'
import type { Store } from '../../store/types.ts'
import type { WaitingRun, WorkPoolWorld } from './decide.ts'

/** Reads a pool and the runs that wait in it. Undefined: the pool is gone. */
export function observeWorkPool(store: Store, key: ObjectKey): WorkPoolWorld | undefined {
  const pool = store.objects.get(key) as WorkPool | undefined
  if (!pool) return undefined
  const { namespace, name } = key
  const waiting = store.objects
    .unfinishedRunKeysOfWorkPool(namespace, name)
    .map((run) => store.objects.get(run) as CapstanObject<RunSpec, RunStatus> | undefined)
    .filter((run) => run !== undefined && !isUnderWay(run))
    .map((run) => waitingRun(run as CapstanObject<RunSpec, RunStatus>))
  return { pool, active: store.attempts.countLive(namespace, name), waiting }
}

function isUnderWay(run: CapstanObject<RunSpec, RunStatus>): boolean {
  const { type, name } = run.status?.state ?? {}
  return (
    isFinalState(type) ||
    type === 'RUNNING' ||
    type === 'CANCELLING' ||
    (type === 'PENDING' && name !== 'Pending')
  )
}

function waitingRun(run: CapstanObject<RunSpec, RunStatus>): WaitingRun {
  const { metadata, spec, status } = run
  return {
    key: { kind: 'Run', namespace: metadata.namespace, name: metadata.name },
    priority: spec.priority ?? 0,
    createdAt: metadata.creationTimestamp,
    wantsSlot: status?.state === undefined || status.state.name === 'AwaitingConcurrencySlot',
  }
}
