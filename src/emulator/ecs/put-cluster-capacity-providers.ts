import type { JsonObject } from '../../lib/json.ts'
import type { CallContext } from '../context.ts'
import { list, readShape, struct } from '../shape.ts'
import { strategyItemsProblem, toStrategy } from './launch-target.ts'
import { findCluster, required } from './lookup.ts'
import { renderCluster } from './render-cluster.ts'
import { strategyShape } from './run-task-shape.ts'

const shape = struct({
  cluster: 'string',
  capacityProviders: list('string'),
  defaultCapacityProviderStrategy: strategyShape,
})

/** Replaces the capacity providers of a cluster and its default strategy. */
export function putClusterCapacityProviders(context: CallContext, input: JsonObject): JsonObject {
  const request = readShape(shape, input)
  const cluster = findCluster(context, required(request.cluster, 'Cluster'))
  const capacityProviders = request.capacityProviders ?? []
  const strategy = toStrategy(request.defaultCapacityProviderStrategy)
  const problem =
    strategy.length > 0
      ? strategyItemsProblem(strategy, { ...cluster, capacityProviders })
      : undefined
  if (problem) throw problem
  cluster.capacityProviders = capacityProviders
  cluster.defaultStrategy = strategy
  context.state.sink.put('cluster', cluster.name, cluster)
  return { cluster: renderCluster(context, cluster) }
}
