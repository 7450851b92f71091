import type { JsonObject } from '../../lib/json.ts'
import type { CallContext } from '../context.ts'
import { paginate } from '../paging.ts'
import { readShape, struct } from '../shape.ts'
import { findCluster } from './lookup.ts'

const shape = struct({
  cluster: 'string',
  filter: 'string',
  status: 'string',
  nextToken: 'string',
  maxResults: 'number',
})

const MAX_PAGE = 100

/** ARNs of the configured container instances of a cluster; all of them are ACTIVE. */
export function listContainerInstances(context: CallContext, input: JsonObject): JsonObject {
  const request = readShape(shape, input)
  const cluster = findCluster(context, request.cluster)
  const arns = context.state.instances
    .filter(({ config }) => config.cluster === cluster.name)
    .filter(() => (request.status ?? 'ACTIVE') === 'ACTIVE')
    .map(({ arn }) => arn)
  const page = paginate(arns, request, MAX_PAGE)
  return { containerInstanceArns: page.items, nextToken: page.nextToken }
}
