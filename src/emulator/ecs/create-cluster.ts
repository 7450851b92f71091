import type { JsonObject } from '../../lib/json.ts'
import type { Cluster } from '../cluster.ts'
import type { CallContext } from '../context.ts'
import { invalidParameter } from '../errors.ts'
import { list, readShape, struct } from '../shape.ts'
import { newCluster } from '../state.ts'
import { strategyItemsProblem, toStrategy } from './launch-target.ts'
import { DEFAULT_CLUSTER } from './lookup.ts'
import { renderCluster } from './render-cluster.ts'
import { strategyShape } from './run-task-shape.ts'
import { tagProblem, toTags } from './tags.ts'
import { tagList } from './task-definition-shape.ts'

const shape = struct({
  clusterName: 'string',
  tags: tagList,
  settings: list(struct({ name: 'string', value: 'string' })),
  capacityProviders: list('string'),
  defaultCapacityProviderStrategy: strategyShape,
})

/** Creates a cluster; one that exists is answered as it is. */
export function createCluster(context: CallContext, input: JsonObject): JsonObject {
  const request = readShape(shape, input)
  const { clusterName: name = DEFAULT_CLUSTER, capacityProviders = [] } = request
  if (!/^[A-Za-z0-9_-]{1,255}$/.test(name)) {
    throw invalidParameter('Identifier is invalid: cluster names have 1 to 255 of A-Z a-z 0-9 _ -')
  }
  const known = context.state.clusters.get(name)
  if (known?.status === 'ACTIVE') return { cluster: renderCluster(context, known) }

  const strategy = toStrategy(request.defaultCapacityProviderStrategy)
  const cluster: Cluster = {
    ...newCluster(context.config, name, capacityProviders),
    defaultStrategy: strategy,
    settings: request.settings ?? [],
    tags: toTags(request.tags),
  }
  const problem =
    tagProblem(request.tags ?? []) ??
    (strategy.length > 0 ? strategyItemsProblem(strategy, cluster) : undefined)
  if (problem) throw problem
  context.state.clusters.set(name, cluster)
  context.state.sink.put('cluster', name, cluster)
  return { cluster: renderCluster(context, cluster) }
}
