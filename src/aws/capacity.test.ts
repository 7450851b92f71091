import { describe, expect, test } from 'vitest'
import type { TemplateSpec } from '../kinds/generated.ts'
import { capacityProblems, chooseCapacity, isOnFargate } from './capacity.ts'

const ASG = [{ capacityProvider: 'asg', weight: 1 }]
const SPOT = [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }]

const CHOICES: readonly (readonly [string, TemplateSpec, number, object])[] = [
  ['nothing said', {}, 0, { platform: 'Fargate', launchType: 'FARGATE', path: ['launchType'] }],
  [
    'Spot is a strategy',
    { launchType: 'FARGATE_SPOT' },
    0,
    { platform: 'Fargate', capacityProviderStrategy: SPOT },
  ],
  ['EC2', { launchType: 'EC2' }, 0, { platform: 'Ec2', launchType: 'EC2' }],
  ['EXTERNAL', { launchType: 'EXTERNAL' }, 0, { platform: 'External', launchType: 'EXTERNAL' }],
  ['NONE', { launchType: 'NONE' }, 0, { platform: 'ClusterDefault' }],
  [
    'a strategy replaces the launch type',
    { launchType: 'FARGATE', capacityProviderStrategy: ASG },
    0,
    { platform: 'Ec2', capacityProviderStrategy: ASG },
  ],
  [
    'an empty strategy does not',
    { launchType: 'EC2', capacityProviderStrategy: [] },
    0,
    { platform: 'Ec2', launchType: 'EC2' },
  ],
  [
    'first rung',
    { capacityLadder: [{ launchType: 'FARGATE_SPOT' }, { launchType: 'FARGATE' }] },
    0,
    { capacityProviderStrategy: SPOT, path: ['capacityLadder', 0, 'launchType'] },
  ],
  [
    'second rung',
    { capacityLadder: [{ launchType: 'FARGATE_SPOT' }, { capacityProviderStrategy: ASG }] },
    1,
    { platform: 'Ec2', path: ['capacityLadder', 1, 'capacityProviderStrategy'] },
  ],
  [
    'beyond the last rung',
    { capacityLadder: [{ launchType: 'FARGATE_SPOT' }, { launchType: 'EC2' }] },
    7,
    { launchType: 'EC2' },
  ],
]
test.each(CHOICES)('%s', (_, template, rung, expected) => {
  expect(chooseCapacity(template, rung)).toMatchObject(expected)
})

test('NONE sends neither launch type nor strategy', () => {
  expect(Object.keys(chooseCapacity({ launchType: 'NONE' }, 0))).toEqual(['platform', 'path'])
})

test.each([
  ['FARGATE', undefined, true],
  ['EC2', ['FARGATE', 'EC2'], false],
  ['NONE', ['FARGATE'], true],
  ['NONE', undefined, false],
] as const)('%s with %j on Fargate: %s', (launchType, requiresCompatibilities, expected) => {
  const definition = requiresCompatibilities
    ? { requiresCompatibilities: [...requiresCompatibilities] }
    : {}
  expect(isOnFargate(chooseCapacity({ launchType }, 0), definition)).toBe(expected)
})

describe('capacityProblems', () => {
  const a = { capacityProvider: 'a' }
  const b = { capacityProvider: 'b' }
  const PROBLEMS: readonly (readonly [string, TemplateSpec, string])[] = [
    [
      'mixed',
      { capacityProviderStrategy: [{ capacityProvider: 'FARGATE', weight: 1 }, ...ASG] },
      'cannot be mixed',
    ],
    ['no weight', { capacityProviderStrategy: [a, { ...b, weight: 0 }] }, 'weight above 0'],
    [
      'two bases',
      {
        capacityProviderStrategy: [
          { ...a, weight: 1, base: 1 },
          { ...b, base: 2 },
        ],
      },
      'only one capacity provider can have a base',
    ],
    ['twice', { capacityProviderStrategy: [{ ...a, weight: 1 }, a] }, 'named twice'],
    ['an empty rung', { capacityLadder: [{ waitSeconds: 3 }] }, 'a rung needs'],
    [
      'a rung with both',
      { capacityLadder: [{ launchType: 'EC2', capacityProviderStrategy: ASG }] },
      'not both',
    ],
  ]
  test.each(PROBLEMS)('%s', (_, template, text) => {
    const problems = capacityProblems(template)
    expect(problems).toHaveLength(1)
    expect(problems[0]?.message).toContain(text)
  })

  test('one provider needs no weight, zero base is no base', () => {
    expect(capacityProblems({ capacityProviderStrategy: [a] })).toEqual([])
    const two = [
      { ...a, weight: 1, base: 1 },
      { ...b, weight: 0, base: 0 },
    ]
    expect(capacityProblems({ capacityProviderStrategy: two })).toEqual([])
  })
})
