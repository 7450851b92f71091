import type { JsonObject } from '../../lib/json.ts'
import type { CallContext } from '../context.ts'
import { list, readShape, struct } from '../shape.ts'
import { checkIds, describePage, filterList, passes } from './filters.ts'

const shape = struct({
  GroupIds: list('string'),
  GroupNames: list('string'),
  Filters: filterList,
  NextToken: 'string',
  MaxResults: 'number',
})

export function describeSecurityGroups(context: CallContext, input: JsonObject): JsonObject {
  const request = readShape(shape, input)
  const { vpcs, accountId } = context.config
  const groups = vpcs.flatMap((vpc) => vpc.securityGroups.map((group) => ({ vpc, group })))
  checkIds(
    request.GroupIds,
    groups.map(({ group }) => group.id),
    { code: 'InvalidGroup.NotFound', noun: 'security group' },
  )
  const found = groups
    .filter(({ group }) => request.GroupIds?.includes(group.id) ?? true)
    .filter(({ group }) => request.GroupNames?.includes(group.name) ?? true)
    .filter(({ vpc, group }) =>
      passes(request.Filters, {
        fields: { 'vpc-id': vpc.id, 'group-id': group.id, 'group-name': group.name },
        tags: {},
      }),
    )
    .map(({ vpc, group }) => ({
      GroupId: group.id,
      GroupName: group.name,
      Description: `${group.name} security group`,
      VpcId: vpc.id,
      OwnerId: accountId,
      Tags: [],
    }))
  return describePage('SecurityGroups', found, request)
}
