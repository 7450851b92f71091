import type { DeploymentSpec, RunSpec } from '../kinds/generated.ts'
import { DEFAULT_WORK_POOL, type ObjectMeta } from '../kinds/meta.ts'
import { isFinalState, type RunStatus } from '../kinds/run.ts'
import type { ObjectRow } from './object-row.ts'

/** The columns that objects are searched by; they repeat what is in the row's JSON texts. */
export interface SearchColumns {
  readonly owner_uid: string | null
  readonly deployment: string | null
  readonly work_pool: string | null
  readonly unfinished: 1 | null
}

/** Computed from the texts, so that the two always agree. */
export function searchColumns(row: Omit<ObjectRow, 'rv'>): SearchColumns {
  const { ownerReferences } = JSON.parse(row.meta) as Pick<ObjectMeta, 'ownerReferences'>
  const status = row.status === null ? undefined : (JSON.parse(row.status) as RunStatus)
  return {
    owner_uid: ownerReferences?.[0]?.uid ?? null,
    ...placeColumns(row),
    unfinished: unfinishedOf(row, status),
  }
}

/** Null for a run of a deployment that names no pool: it runs in the deployment's. */
function placeColumns({
  kind,
  spec,
}: Pick<ObjectRow, 'kind' | 'spec'>): Pick<SearchColumns, 'deployment' | 'work_pool'> {
  if (kind === 'Run') {
    const { deployment = null, workPool } = JSON.parse(spec) as RunSpec
    const ownPool = deployment === null ? DEFAULT_WORK_POOL : null
    return { deployment, work_pool: workPool ?? ownPool }
  }
  if (kind !== 'Deployment') return { deployment: null, work_pool: null }
  const { workPool } = JSON.parse(spec) as DeploymentSpec
  return { deployment: null, work_pool: workPool ?? DEFAULT_WORK_POOL }
}

/** A run that has not ended, or that is being deleted. */
export function unfinishedOf(
  { kind, deleted_at }: Pick<ObjectRow, 'kind' | 'deleted_at'>,
  status: RunStatus | undefined,
): 1 | null {
  if (kind !== 'Run') return null
  return deleted_at !== null || !isFinalState(status?.state?.type) ? 1 : null
}
