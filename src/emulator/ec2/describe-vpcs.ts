import type { JsonObject } from '../../lib/json.ts'
import type { VpcConfig } from '../config.ts'
import type { CallContext } from '../context.ts'
import { list, readShape, struct } from '../shape.ts'
import { checkIds, describePage, filterList, passes, renderTags } from './filters.ts'

const shape = struct({
  VpcIds: list('string'),
  Filters: filterList,
  NextToken: 'string',
  MaxResults: 'number',
})

export function describeVpcs(context: CallContext, input: JsonObject): JsonObject {
  const request = readShape(shape, input)
  const { vpcs } = context.config
  checkIds(
    request.VpcIds,
    vpcs.map(({ id }) => id),
    { code: 'InvalidVpcID.NotFound', noun: 'vpc' },
  )
  const found = vpcs
    .filter(({ id }) => request.VpcIds?.includes(id) ?? true)
    .filter((vpc) => passes(request.Filters, { fields: fieldsOf(vpc), tags: vpc.tags ?? {} }))
    .map((vpc) => ({
      VpcId: vpc.id,
      CidrBlock: vpc.cidr,
      IsDefault: vpc.isDefault,
      State: 'available',
      OwnerId: context.config.accountId,
      InstanceTenancy: 'default',
      Tags: renderTags(vpc.tags ?? {}),
    }))
  return describePage('Vpcs', found, request)
}

function fieldsOf(vpc: VpcConfig): Readonly<Record<string, string>> {
  return {
    'vpc-id': vpc.id,
    cidr: vpc.cidr,
    isDefault: String(vpc.isDefault),
    'is-default': String(vpc.isDefault),
    state: 'available',
  }
}
