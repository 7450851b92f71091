import type { JsonObject } from '../../lib/json.ts'
import type { CallContext } from '../context.ts'
import { AwsError } from '../errors.ts'
import { readShape, struct } from '../shape.ts'
import { findCluster, required } from './lookup.ts'
import { renderCluster } from './render-cluster.ts'

const shape = struct({ cluster: 'string' })

/** Makes an empty cluster INACTIVE. */
export function deleteCluster(context: CallContext, input: JsonObject): JsonObject {
  const cluster = findCluster(context, required(readShape(shape, input).cluster, 'Cluster'))
  for (const task of context.state.tasks.unstopped()) {
    if (task.clusterName !== cluster.name) continue
    throw new AwsError(
      'ClusterContainsTasksException',
      'The Cluster cannot be deleted while Tasks are active.',
    )
  }
  cluster.status = 'INACTIVE'
  context.state.sink.put('cluster', cluster.name, cluster)
  return { cluster: renderCluster(context, cluster) }
}
