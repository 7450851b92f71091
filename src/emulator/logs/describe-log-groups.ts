import type { JsonObject } from '../../lib/json.ts'
import type { CallContext } from '../context.ts'
import { paginate } from '../paging.ts'
import { readShape, struct } from '../shape.ts'
import { groupArn } from './lookup.ts'

const shape = struct({
  logGroupNamePrefix: 'string',
  logGroupNamePattern: 'string',
  nextToken: 'string',
  limit: 'number',
})

const MAX_PAGE = 50

/** Groups in alphabetical order, by prefix or by a text that their names hold. */
export function describeLogGroups(context: CallContext, input: JsonObject): JsonObject {
  const request = readShape(shape, input)
  const { logGroupNamePrefix: prefix = '', logGroupNamePattern: pattern = '' } = request
  const { groups } = context.state.logs
  const names = [...groups.keys()]
    .filter((name) => name.startsWith(prefix) && name.includes(pattern))
    .toSorted()
  const page = paginate(names, { ...request, maxResults: request.limit }, MAX_PAGE)
  return {
    logGroups: page.items.map((name) => ({
      logGroupName: name,
      creationTime: groups.get(name)?.createdAtMs,
      arn: `${groupArn(context, name)}:*`,
      logGroupArn: groupArn(context, name),
      storedBytes: 0,
      metricFilterCount: 0,
      logGroupClass: 'STANDARD',
    })),
    nextToken: page.nextToken,
  }
}
