import type { JsonObject } from '../../lib/json.ts'
import type { CallContext } from '../context.ts'
import { paginate } from '../paging.ts'
import { readShape, struct } from '../shape.ts'

const shape = struct({ nextToken: 'string', maxResults: 'number' })

const MAX_PAGE = 100

/** ARNs of the ACTIVE clusters. */
export function listClusters(context: CallContext, input: JsonObject): JsonObject {
  const arns = [...context.state.clusters.values()]
    .filter(({ status }) => status === 'ACTIVE')
    .map(({ arn }) => arn)
    .toSorted()
  const page = paginate(arns, readShape(shape, input), MAX_PAGE)
  return { clusterArns: page.items, nextToken: page.nextToken }
}
