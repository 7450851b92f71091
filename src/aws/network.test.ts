import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  chooseNetwork,
  type NetworkSettings,
  type ObservedNetwork,
  planNetworkLookup,
} from './network.ts'
import type { Subnet } from './ports.ts'

function subnet(id: string, zone: string, tags: Readonly<Record<string, string>> = {}): Subnet {
  return { subnetId: id, vpcId: 'vpc-1', availabilityZone: zone, tags }
}

const VPC: ObservedNetwork = {
  vpcId: 'vpc-1',
  subnets: [
    subnet('subnet-3', 'c', { tier: 'private' }),
    subnet('subnet-2', 'b'),
    subnet('subnet-1', 'a', { tier: 'private' }),
    subnet('subnet-4', 'a'),
  ],
}

test.each([
  [{}, { networkMode: 'bridge' as const }, { type: 'NotNeeded' }],
  [{ vpcId: 'vpc-1' }, {}, { type: 'NotNeeded' }],
  [{}, { networkMode: 'awsvpc' as const }, { type: 'DefaultVpc' }],
  [{ vpcId: 'vpc-1' }, { networkMode: 'awsvpc' as const }, { type: 'Vpc', vpcId: 'vpc-1' }],
  [
    { networkConfiguration: { subnets: ['subnet-1'] } },
    { networkMode: 'awsvpc' as const },
    { type: 'Given' },
  ],
  [
    { networkConfiguration: { subnets: ['subnet-1'] }, vpcId: 'vpc-1' },
    { networkMode: 'awsvpc' as const },
    { type: 'Vpc', vpcId: 'vpc-1' },
  ],
  [
    { networkConfiguration: { securityGroups: ['sg-1'] } },
    { networkMode: 'awsvpc' as const },
    { type: 'DefaultVpc' },
  ],
])('planNetworkLookup(%j, %j)', (settings, definition, expected) => {
  expect(planNetworkLookup(settings, definition)).toEqual(expected)
})

describe('chooseNetwork', () => {
  const CHOICES: readonly (readonly [
    string,
    NetworkSettings,
    ObservedNetwork | undefined,
    object,
  ])[] = [
    [
      'all of the VPC, in turns over the zones',
      {},
      VPC,
      {
        subnets: ['subnet-1', 'subnet-2', 'subnet-3', 'subnet-4'],
        securityGroups: [],
        assignPublicIp: 'ENABLED',
      },
    ],
    [
      'those with the tags',
      { networkConfiguration: { subnetTags: { tier: 'private' } } },
      VPC,
      { subnets: ['subnet-1', 'subnet-3'] },
    ],
    [
      'the given ones, as they are',
      {
        networkConfiguration: {
          subnets: ['subnet-9', 'subnet-8'],
          assignPublicIp: 'DISABLED',
          securityGroups: ['sg-1'],
        },
      },
      undefined,
      { subnets: ['subnet-9', 'subnet-8'], securityGroups: ['sg-1'], assignPublicIp: 'DISABLED' },
    ],
    [
      'given ones of the VPC',
      { vpcId: 'vpc-1', networkConfiguration: { subnets: ['subnet-2'] } },
      VPC,
      { subnets: ['subnet-2'], assignPublicIp: 'ENABLED' },
    ],
    [
      'security groups with subnets of the VPC',
      { networkConfiguration: { securityGroups: ['sg-1'] } },
      VPC,
      { securityGroups: ['sg-1'], subnets: ['subnet-1', 'subnet-2', 'subnet-3', 'subnet-4'] },
    ],
  ]
  test.each(CHOICES)('%s', (_, settings, observed, expected) => {
    expect(chooseNetwork(settings, observed, 'Fargate')).toMatchObject({
      networkConfiguration: { awsvpcConfiguration: expected },
    })
  })

  const PROBLEMS: readonly (readonly [
    string,
    NetworkSettings,
    ObservedNetwork,
    readonly string[],
    string,
  ])[] = [
    ['no default VPC', {}, { subnets: [] }, ['vpcId'], 'no default VPC in this region: set vpcId'],
    ['no such VPC', { vpcId: 'vpc-7' }, { subnets: [] }, ['vpcId'], 'there is no VPC vpc-7'],
    [
      'no subnets',
      { vpcId: 'vpc-1' },
      { vpcId: 'vpc-1', subnets: [] },
      ['vpcId'],
      'VPC vpc-1 has no subnets',
    ],
    [
      'foreign subnets',
      { vpcId: 'vpc-1', networkConfiguration: { subnets: ['subnet-1', 'subnet-9'] } },
      VPC,
      ['networkConfiguration', 'subnets'],
      'subnets subnet-9 are not in VPC vpc-1',
    ],
    [
      'no subnet with the tags',
      { networkConfiguration: { subnetTags: { tier: 'gone' } } },
      VPC,
      ['networkConfiguration', 'subnetTags'],
      'tier=gone',
    ],
  ]
  test.each(PROBLEMS)('%s', (...row) => {
    const [, settings, observed, path, text] = row
    const choice = chooseNetwork(settings, observed, 'Fargate')
    expect(choice).toMatchObject({ problem: { severity: 'Error', path } })
    expect('problem' in choice && choice.problem.message).toContain(text)
  })

  test('tasks on instances get no public address, which ECS would refuse', () => {
    expect(chooseNetwork({}, VPC, 'Ec2')).toMatchObject({
      networkConfiguration: { awsvpcConfiguration: { assignPublicIp: 'DISABLED' } },
    })
  })

  test('at most 16 subnets, as even over the zones as can be, whatever the order', () => {
    const zone = fc.constantFrom('a', 'b', 'c')
    const many = fc.array(zone, { minLength: 1, maxLength: 60 })
    fc.assert(
      fc.property(many, (zones) => {
        const subnets = zones.map((name, index) => subnet(`subnet-${index}`, name))
        const pick = (list: readonly Subnet[]): readonly string[] => {
          const choice = chooseNetwork({}, { vpcId: 'vpc-1', subnets: list }, 'Fargate')
          if ('problem' in choice) throw new Error(choice.problem.message)
          return choice.networkConfiguration.awsvpcConfiguration?.subnets ?? []
        }
        const chosen = pick(subnets)
        expect(chosen.length).toBe(Math.min(16, subnets.length))
        expect(pick(subnets.toReversed())).toEqual(chosen)
        const counts = ['a', 'b', 'c'].map((name) => ({
          taken: chosen.filter(
            (id) => subnets.find((each) => each.subnetId === id)?.availabilityZone === name,
          ).length,
          there: zones.filter((each) => each === name).length,
        }))
        const most = Math.max(...counts.map(({ taken }) => taken))
        for (const { taken, there } of counts)
          expect(taken).toBeGreaterThanOrEqual(Math.min(there, most - 1))
      }),
    )
  })
})
