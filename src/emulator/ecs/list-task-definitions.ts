import type { JsonObject } from '../../lib/json.ts'
import type { CallContext } from '../context.ts'
import { paginate } from '../paging.ts'
import { readShape, struct } from '../shape.ts'

const shape = struct({
  familyPrefix: 'string',
  status: 'string',
  sort: 'string',
  nextToken: 'string',
  maxResults: 'number',
})

const MAX_PAGE = 100

/** ARNs by family and revision. `familyPrefix` is the whole family name, in spite of its own. */
export function listTaskDefinitions(context: CallContext, input: JsonObject): JsonObject {
  const request = readShape(shape, input)
  const { familyPrefix, status = 'ACTIVE', sort = 'ASC' } = request
  const arns = context.state.definitions
    .families()
    .filter(([family]) => familyPrefix === undefined || family === familyPrefix)
    .flatMap(([, revisions]) => revisions)
    .filter((definition) => definition.status === status)
    .map(({ arn }) => arn)
  const page = paginate(sort === 'DESC' ? arns.toReversed() : arns, request, MAX_PAGE)
  return { taskDefinitionArns: page.items, nextToken: page.nextToken }
}
