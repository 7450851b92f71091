import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { errors } from '../../test/world/definition-of.ts'
import { build } from '../../test/world/run-task-of.ts'
import type { TemplateSpec } from '../kinds/generated.ts'
import { type RunTaskInput } from './run-task.ts'
import { hasErrors } from './template-problem.ts'

const PROBLEMS: readonly (readonly [TemplateSpec, Partial<RunTaskInput>, string, string])[] = [
  [{ command: "echo 'x" }, {}, 'command', 'without its closing'],
  [{ env: { BIG: 'x'.repeat(8_192) } }, {}, 'env', 'ECS takes 8192'],
  [{ labels: { '***': 'x' } }, {}, 'labels.***', 'no character that AWS takes'],
  [{ labels: { 'a key': 'x'.repeat(257) } }, {}, 'labels.a key', '257 characters'],
  [
    { labels: Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`l${i}`, ''])) },
    {},
    'labels',
    '51 tags',
  ],
  [{}, { network: undefined }, 'networkConfiguration', 'awsvpc needs a network configuration'],
  [
    { launchType: 'EC2' },
    { network: { awsvpcConfiguration: { subnets: ['subnet-1'] } } },
    'networkConfiguration.subnets',
    'bridge takes no network configuration',
  ],
  [
    { launchType: 'EC2', taskDefinition: { networkMode: 'awsvpc' } },
    {},
    'networkConfiguration.assignPublicIp',
    'a public IP is for Fargate only',
  ],
  [
    {},
    {
      network: {
        awsvpcConfiguration: { subnets: Array.from({ length: 17 }, (_, i) => `subnet-${i}`) },
      },
    },
    'networkConfiguration.subnets',
    '17 subnets',
  ],
  [
    {},
    { network: { awsvpcConfiguration: { subnets: [] } } },
    'networkConfiguration.subnets',
    'no subnets',
  ],
  [
    {},
    {
      network: {
        awsvpcConfiguration: { subnets: ['s'], securityGroups: ['1', '2', '3', '4', '5', '6'] },
      },
    },
    'networkConfiguration.securityGroups',
    '6 security groups',
  ],
  [
    { placementConstraints: [{ type: 'distinctInstance' }] },
    {},
    'placementConstraints',
    'Fargate takes none',
  ],
  [{ placementStrategy: [{ type: 'random' }] }, {}, 'placementStrategy', 'Fargate takes none'],
  [
    { launchType: 'EC2', placementStrategy: [{ type: 'binpack', field: 'zone' }] },
    { network: undefined },
    'placementStrategy',
    'field cpu or memory',
  ],
  [
    { launchType: 'EC2', placementConstraints: [{ type: 'memberOf' }] },
    { network: undefined },
    'placementConstraints',
    'memberOf needs an expression',
  ],
  [
    { launchType: 'EXTERNAL', placementStrategy: [{ type: 'random' }] },
    { network: undefined },
    'placementStrategy',
    'EXTERNAL takes no placement strategy',
  ],
  [{ launchType: 'EC2', platformVersion: '1.4.0' }, {}, 'platformVersion', 'Fargate only'],
  [
    { volumes: [{ name: 'd', configuredAtLaunch: true }] },
    {},
    'volumeConfigurations',
    'volume d is configured at launch, and nothing is said about it',
  ],
  [
    { volumeConfigurations: [{ name: 'e', managedEBSVolume: { roleArn: 'r', sizeInGiB: 1 } }] },
    {},
    'volumeConfigurations',
    'e is no volume with configuredAtLaunch',
  ],
  [
    {
      volumes: [{ name: 'd', configuredAtLaunch: true }],
      volumeConfigurations: [{ name: 'd', managedEBSVolume: { roleArn: 'r' } }],
    },
    {},
    'volumeConfigurations',
    'volume d needs sizeInGiB or snapshotId',
  ],
  [{}, { clientToken: 'x'.repeat(65) }, 'taskCustomizations', 'clientToken'],
  [{}, { startedBy: 'a/b' }, 'taskCustomizations', 'startedBy'],
  [
    { taskCustomizations: [{ op: 'add', path: '/count', value: 2 }] },
    {},
    'taskCustomizations',
    'count must be 1',
  ],
  [
    { taskCustomizations: [{ op: 'replace', path: '/clientToken', value: 'mine' }] },
    {},
    'taskCustomizations',
    "clientToken is Capstan's own",
  ],
  [
    { taskCustomizations: [{ op: 'remove', path: '/startedBy' }] },
    {},
    'taskCustomizations',
    "startedBy is Capstan's own",
  ],
  [
    { taskCustomizations: [{ op: 'replace', path: '/taskDefinition', value: 'other' }] },
    {},
    'taskCustomizations',
    'taskDefinition is set by',
  ],
  [
    { taskCustomizations: [{ op: 'remove', path: '/tags/0' }] },
    {},
    'taskCustomizations',
    'tag capstan.dev/run',
  ],
  [
    {
      taskCustomizations: [
        { op: 'replace', path: '/overrides/containerOverrides/0/name', value: 'zz' },
      ],
    },
    {},
    'taskCustomizations',
    'container zz, which is not in the task definition',
  ],
  [
    { taskCustomizations: [{ op: 'replace', path: '/nope', value: 1 }] },
    {},
    'taskCustomizations[0]',
    'there is no "nope"',
  ],
]

test.each(PROBLEMS)('refuses %j', (template, changes, path, text) => {
  const found = errors(build(template, changes))
  expect(found).toHaveLength(1)
  expect(found[0]).toContain(`${path}: `)
  expect(found[0]).toContain(text)
})

describe('properties', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 300 })
  const template = fc.record(
    {
      env: fc.dictionary(text, fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null)), {
        maxKeys: 60,
      }),
      unsetEnv: fc.array(text, { maxLength: 5 }),
      labels: fc.dictionary(text, text, { maxKeys: 60 }),
      command: fc.oneof(text, fc.array(text, { maxLength: 20 })),
      launchType: fc.constantFrom('FARGATE', 'FARGATE_SPOT', 'EC2', 'EXTERNAL', 'NONE'),
      cpu: fc.integer({ min: 1, max: 40_000 }),
      memory: fc.integer({ min: 6, max: 300_000 }),
    },
    { requiredKeys: [] },
  ) as fc.Arbitrary<TemplateSpec>

  test('a body without errors is one that ECS takes', () => {
    fc.assert(
      fc.property(template, (spec) => {
        const built = build(spec)
        if (hasErrors(built.problems)) return
        const { body } = built
        expect(JSON.stringify(body.overrides).length).toBeLessThanOrEqual(8_192)
        expect(body.tags?.length).toBeLessThanOrEqual(50)
        for (const { key = '', value = '' } of body.tags ?? []) {
          expect(key).toMatch(/^[a-zA-Z0-9_./=+:@-]{1,128}$/)
          expect(key).not.toMatch(/^aws:/i)
          expect(value).toMatch(/^[a-zA-Z0-9_./=+:@-]{0,256}$/)
        }
        expect(body.launchType === undefined || body.capacityProviderStrategy === undefined).toBe(
          true,
        )
        expect(new Set(body.tags?.map(({ key }) => key)).size).toBe(body.tags?.length)
      }),
    )
  })

  test('unset wins', () => {
    fc.assert(
      fc.property(template, (spec) => {
        const sent = build(spec).body.overrides?.containerOverrides?.[0]?.environment ?? []
        const names = sent.map(({ name }) => name)
        const unset = Object.entries(spec.env ?? {}).filter(([, value]) => value === null)
        for (const name of [...(spec.unsetEnv ?? []), ...unset.map(([key]) => key)]) {
          expect(names).not.toContain(name)
        }
        expect(sent.every(({ value }) => typeof value === 'string')).toBe(true)
      }),
    )
  })

  test('the same input gives the same body: it is frozen and sent again', () => {
    fc.assert(
      fc.property(template, (spec) => {
        expect(build(spec)).toEqual(build(structuredClone(spec)))
      }),
    )
  })
})
