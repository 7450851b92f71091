import type { Operation } from '../context.ts'
import { describeSecurityGroups } from './describe-security-groups.ts'
import { describeSubnets } from './describe-subnets.ts'
import { describeVpcs } from './describe-vpcs.ts'

export const ec2Operations: Readonly<Record<string, Operation>> = {
  DescribeSecurityGroups: describeSecurityGroups,
  DescribeSubnets: describeSubnets,
  DescribeVpcs: describeVpcs,
}
