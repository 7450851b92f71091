import type { JsonObject } from '../../lib/json.ts'
import type { SubnetConfig, VpcConfig } from '../config.ts'
import type { CallContext } from '../context.ts'
import { list, readShape, struct } from '../shape.ts'
import { checkIds, describePage, filterList, passes, renderTags } from './filters.ts'

const shape = struct({
  SubnetIds: list('string'),
  Filters: filterList,
  NextToken: 'string',
  MaxResults: 'number',
})

export function describeSubnets(context: CallContext, input: JsonObject): JsonObject {
  const request = readShape(shape, input)
  const { config } = context
  const subnets = config.vpcs.flatMap((vpc) => vpc.subnets.map((subnet) => ({ vpc, subnet })))
  checkIds(
    request.SubnetIds,
    subnets.map(({ subnet }) => subnet.id),
    { code: 'InvalidSubnetID.NotFound', noun: 'subnet' },
  )
  const found = subnets
    .filter(({ subnet }) => request.SubnetIds?.includes(subnet.id) ?? true)
    .filter(({ vpc, subnet }) =>
      passes(request.Filters, { fields: fieldsOf(vpc, subnet), tags: subnet.tags ?? {} }),
    )
    .map(({ vpc, subnet }) => ({
      SubnetId: subnet.id,
      SubnetArn: `arn:aws:ec2:${config.region}:${config.accountId}:subnet/${subnet.id}`,
      VpcId: vpc.id,
      AvailabilityZone: subnet.zone,
      CidrBlock: subnet.cidr,
      State: 'available',
      DefaultForAz: vpc.isDefault,
      MapPublicIpOnLaunch: vpc.isDefault,
      AvailableIpAddressCount: 4091,
      OwnerId: config.accountId,
      Tags: renderTags(subnet.tags ?? {}),
    }))
  return describePage('Subnets', found, request)
}

function fieldsOf(vpc: VpcConfig, subnet: SubnetConfig): Readonly<Record<string, string>> {
  return {
    'vpc-id': vpc.id,
    'subnet-id': subnet.id,
    'availability-zone': subnet.zone,
    availabilityZone: subnet.zone,
    'cidr-block': subnet.cidr,
    'default-for-az': String(vpc.isDefault),
    'map-public-ip-on-launch': String(vpc.isDefault),
    state: 'available',
  }
}
