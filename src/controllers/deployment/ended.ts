import type { ObjectKey } from '../../kinds/meta.ts'
import { isFinalState } from '../../kinds/run.ts'
import { HISTORY_LIMIT, MAX_REMOVALS } from './limits.ts'
import type { DeploymentRun, DeploymentWorld } from './world.ts'

/** Failed runs since the newest one that completed; what was cancelled says nothing either way. */
export function failuresInARow({ ended }: DeploymentWorld, fromMs: number | undefined): number {
  const counted = ended.filter(
    ({ finishedAtMs, stateType }) => finishedAtMs > (fromMs ?? 0) && stateType !== 'CANCELLED',
  )
  const success = counted.findIndex(({ stateType }) => stateType === 'COMPLETED')
  return success < 0 ? counted.length : success
}

/** Finished runs beyond the history limits, oldest first. Their rows in history stay. */
export function surplusRuns({ deployment, runs }: DeploymentWorld): readonly ObjectKey[] {
  const { successfulRunsHistoryLimit, failedRunsHistoryLimit } = deployment.spec
  const finished = runs.filter(
    ({ isOwned, isDeleting, stateType }) => isOwned && !isDeleting && isFinalState(stateType),
  )
  const succeeded = finished.filter(({ stateType }) => stateType === 'COMPLETED')
  const failed = finished.filter(({ stateType }) => stateType !== 'COMPLETED')
  return [
    ...beyond(succeeded, successfulRunsHistoryLimit ?? HISTORY_LIMIT),
    ...beyond(failed, failedRunsHistoryLimit ?? HISTORY_LIMIT),
  ]
    .slice(0, MAX_REMOVALS)
    .map(({ key }) => key)
}

function beyond(runs: readonly DeploymentRun[], limit: number): readonly DeploymentRun[] {
  if (runs.length <= limit) return []
  const endOf = (run: DeploymentRun): string => run.completedAt ?? run.createdAt
  return runs.toSorted((a, b) => (endOf(a) < endOf(b) ? -1 : 1)).slice(0, runs.length - limit)
}
