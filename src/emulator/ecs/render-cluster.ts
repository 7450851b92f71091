import type { JsonObject } from '../../lib/json.ts'
import type { Cluster } from '../cluster.ts'
import type { CallContext } from '../context.ts'
import { taskAt } from '../task-state.ts'

/** A cluster as the cluster operations answer it. */
export function renderCluster(context: CallContext, cluster: Cluster): JsonObject {
  const { pending, running } = countTasks(context, cluster.name)
  return {
    clusterArn: cluster.arn,
    clusterName: cluster.name,
    status: cluster.status,
    registeredContainerInstancesCount: context.state.instances.filter(
      ({ config }) => config.cluster === cluster.name,
    ).length,
    runningTasksCount: running,
    pendingTasksCount: pending,
    activeServicesCount: 0,
    statistics: [],
    tags: cluster.tags,
    settings: cluster.settings,
    capacityProviders: cluster.capacityProviders,
    defaultCapacityProviderStrategy: cluster.defaultStrategy,
  }
}

function countTasks(
  { state, nowMs }: CallContext,
  clusterName: string,
): { readonly pending: number; readonly running: number } {
  let pending = 0
  let running = 0
  for (const task of state.tasks.unstopped()) {
    if (task.clusterName !== clusterName) continue
    const { lastStatus } = taskAt(task, nowMs)
    if (lastStatus === 'RUNNING') running++
    else if (['PROVISIONING', 'PENDING', 'ACTIVATING'].includes(lastStatus)) pending++
  }
  return { pending, running }
}
