import type { JsonObject } from '../../lib/json.ts'
import type { CallContext } from '../context.ts'
import { paginate } from '../paging.ts'
import { readShape, struct } from '../shape.ts'

const shape = struct({
  familyPrefix: 'string',
  status: 'string',
  nextToken: 'string',
  maxResults: 'number',
})

const MAX_PAGE = 100

/** Family names; ACTIVE families have an ACTIVE revision, INACTIVE ones have none. */
export function listTaskDefinitionFamilies(context: CallContext, input: JsonObject): JsonObject {
  const request = readShape(shape, input)
  const { familyPrefix = '', status = 'ALL' } = request
  const families = context.state.definitions
    .families()
    .filter(([family]) => family.startsWith(familyPrefix))
    .filter(([, revisions]) => {
      const active = revisions.some((definition) => definition.status === 'ACTIVE')
      return status === 'ALL' || active === (status === 'ACTIVE')
    })
    .map(([family]) => family)
  const page = paginate(families, request, MAX_PAGE)
  return { families: page.items, nextToken: page.nextToken }
}
