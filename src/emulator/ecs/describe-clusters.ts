import type { JsonObject } from '../../lib/json.ts'
import type { CallContext } from '../context.ts'
import { list, readShape, struct } from '../shape.ts'
import { clusterName, DEFAULT_CLUSTER } from './lookup.ts'
import { renderCluster } from './render-cluster.ts'

const shape = struct({ clusters: list('string'), include: list('string') })

/** Describes clusters by name or ARN, also INACTIVE ones; unknown ones are failures MISSING. */
export function describeClusters(context: CallContext, input: JsonObject): JsonObject {
  const { clusters: asked = [DEFAULT_CLUSTER] } = readShape(shape, input)
  const { region, accountId } = context.config
  const clusters: JsonObject[] = []
  const failures: JsonObject[] = []
  for (const nameOrArn of asked) {
    const name = clusterName(nameOrArn)
    const cluster = context.state.clusters.get(name)
    if (cluster) clusters.push(renderCluster(context, cluster))
    else {
      const arn = `arn:aws:ecs:${region}:${accountId}:cluster/${name}`
      failures.push({ arn, reason: 'MISSING' })
    }
  }
  return { clusters, failures }
}
