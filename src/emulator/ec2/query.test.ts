import { describe, expect, test } from 'vitest'
import { emulated } from '../../../test/world/emulated.ts'
import { AwsError } from '../errors.ts'
import { parseQuery } from './query.ts'
import { renderXml, renderXmlError } from './xml.ts'

describe('forms', () => {
  test.each([
    {
      form: 'Action=DescribeVpcs&Version=2016-11-15',
      request: { operation: 'DescribeVpcs', input: {} },
    },
    {
      form: 'Action=DescribeSubnets&Filter.1.Name=vpc-id&Filter.1.Value.1=a&Filter.1.Value.2=b&Filter.2.Name=tag%3Ax&Filter.2.Value.1=y+z',
      request: {
        operation: 'DescribeSubnets',
        input: {
          Filters: [
            { Name: 'vpc-id', Values: ['a', 'b'] },
            { Name: 'tag:x', Values: ['y z'] },
          ],
        },
      },
    },
    {
      form: 'Action=DescribeSubnets&SubnetId.2=b&SubnetId.10=c&SubnetId.1=a&MaxResults=5&NextToken=t',
      request: {
        operation: 'DescribeSubnets',
        input: { SubnetIds: ['a', 'b', 'c'], MaxResults: 5, NextToken: 't' },
      },
    },
  ])('$form', ({ form, request }) => expect(parseQuery(form)).toEqual(request))

  test('too many parameters', () => {
    const form = Array.from({ length: 5_001 }, (_, index) => `VpcId.${index}=v`).join('&')
    expect(() => parseQuery(form)).toThrow('Too many parameters.')
  })
})

test('XML: sets of items, small first letters, escaped text', () => {
  const body = { Vpcs: [{ VpcId: 'a<b>&"c"', IsDefault: true, Tags: [{ Key: 'k', Value: '' }] }] }
  expect(renderXml('DescribeVpcs', body, 'id')).toContain(
    '<requestId>id</requestId><vpcSet><item><vpcId>a&lt;b&gt;&amp;&quot;c&quot;</vpcId><isDefault>true</isDefault><tagSet><item><key>k</key><value></value></item></tagSet></item></vpcSet></DescribeVpcsResponse>',
  )
  expect(renderXmlError(new AwsError('Code', 'a < b'), 'id')).toContain(
    '<Response><Errors><Error><Code>Code</Code><Message>a &lt; b</Message></Error></Errors><RequestID>id</RequestID></Response>',
  )
})

describe('the network', () => {
  const world = emulated({
    config: {
      vpcs: [
        { id: 'vpc-1', cidr: '10.0.0.0/16', isDefault: true, subnets: [], securityGroups: [] },
        {
          id: 'vpc-2',
          cidr: '10.1.0.0/16',
          isDefault: false,
          tags: { env: 'test' },
          subnets: ['a', 'b', 'c'].map((zone) => ({
            id: `subnet-${zone}`,
            zone: `us-east-1${zone}`,
            cidr: '10.1.0.0/24',
            ...(zone === 'b' && { tags: { tier: 'private' } }),
          })),
          securityGroups: [
            { id: 'sg-1', name: 'default' },
            { id: 'sg-2', name: 'jobs' },
          ],
        },
      ],
    },
  })
  const filter = (Name: string, ...Values: readonly string[]): object => ({
    Filters: [{ Name, Values }],
  })

  test.each([
    ['DescribeVpcs', {}, ['vpc-1', 'vpc-2']],
    ['DescribeVpcs', filter('isDefault', 'true'), ['vpc-1']],
    ['DescribeVpcs', filter('is-default', 'false'), ['vpc-2']],
    ['DescribeVpcs', filter('vpc-id', 'vpc-*'), ['vpc-1', 'vpc-2']],
    ['DescribeVpcs', filter('tag:env', 'test', 'prod'), ['vpc-2']],
    ['DescribeVpcs', { VpcIds: ['vpc-2'] }, ['vpc-2']],
    ['DescribeSubnets', filter('vpc-id', 'vpc-1'), []],
    ['DescribeSubnets', filter('tag-key', 'tier'), ['subnet-b']],
    [
      'DescribeSubnets',
      filter('availability-zone', 'us-east-1?'),
      ['subnet-a', 'subnet-b', 'subnet-c'],
    ],
    ['DescribeSecurityGroups', filter('group-name', 'jobs'), ['sg-2']],
    ['DescribeSecurityGroups', { GroupNames: ['default'] }, ['sg-1']],
  ])('%s %j', (operation, input, ids) => {
    const found = Object.values(world.ec2(operation, input)).flat() as readonly object[]
    expect(found.map((each) => Object.values(each)[0])).toEqual(ids)
  })

  test.each([
    ['DescribeVpcs', { VpcIds: ['x'] }, 'InvalidVpcID.NotFound'],
    ['DescribeSubnets', { SubnetIds: ['x'] }, 'InvalidSubnetID.NotFound'],
    ['DescribeSecurityGroups', { GroupIds: ['x'] }, 'InvalidGroup.NotFound'],
    ['DescribeVpcs', filter('colour', 'red'), 'InvalidParameterValue'],
    ['DescribeVpcs', filter('constructor', 'x'), 'InvalidParameterValue'],
    ['DescribeInstances', {}, 'InvalidAction'],
  ])('%s %j: %s', (operation, input, code) => {
    expect(world.call('ec2', operation, input)).toMatchObject({ type: 'Error', error: { code } })
  })

  test('pages', () => {
    const first = world.ec2('DescribeSubnets', { MaxResults: 2 })
    const second = world.ec2('DescribeSubnets', { MaxResults: 2, NextToken: first.NextToken })
    const ids = [...first.Subnets, ...second.Subnets].map(({ SubnetId }) => SubnetId)
    expect(ids).toEqual(['subnet-a', 'subnet-b', 'subnet-c'])
    expect(second.NextToken).toBeUndefined()
  })
})
