import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { TemplateSpec } from '../kinds/generated.ts'
import type { RegisterTaskDefinitionBody, RunTaskBody } from './ports.ts'
import { type BuiltRunTask, buildRunTask, type RunTaskInput } from './run-task.ts'
import { buildTaskDefinition } from './task-definition.ts'
import { hasErrors, renderTemplatePath } from './template-problem.ts'

const ARN = 'arn:aws:ecs:eu-west-1:1:task-definition/f:1'
const NETWORK = {
  awsvpcConfiguration: {
    subnets: ['subnet-1'],
    securityGroups: [],
    assignPublicIp: 'ENABLED' as const,
  },
}
const OWN_TAGS = { 'capstan.dev/run': 'default/hello' }

function build(template: TemplateSpec, changes: Partial<RunTaskInput> = {}): BuiltRunTask {
  const names = { region: 'eu-west-1', family: 'f', logPrefix: 'p' }
  const rung = changes.rung ?? 0
  const { body, containerName } = buildTaskDefinition({
    template: { image: 'x', ...template },
    rung,
    ...names,
  })
  return buildRunTask({
    template,
    rung,
    taskDefinition: ARN,
    definition: body,
    containerName,
    network: body.networkMode === 'awsvpc' ? NETWORK : undefined,
    tags: OWN_TAGS,
    clientToken: 'a'.repeat(64),
    startedBy: 'capstan-0123456789',
    ...changes,
  })
}

function errors(built: BuiltRunTask): readonly string[] {
  return built.problems
    .filter(({ severity }) => severity === 'Error')
    .map(({ path, message }) => `${renderTemplatePath(path)}: ${message}`)
}

test('with nothing but an image', () => {
  expect(build({ image: 'x' })).toEqual({
    problems: [],
    body: {
      taskDefinition: ARN,
      launchType: 'FARGATE',
      networkConfiguration: NETWORK,
      overrides: { containerOverrides: [{ name: 'main', environment: [] }] },
      tags: [{ key: 'capstan.dev/run', value: 'default/hello' }],
      clientToken: 'a'.repeat(64),
      startedBy: 'capstan-0123456789',
    },
  })
})

type Pick = (body: RunTaskBody) => unknown
const container: Pick = (body) => body.overrides?.containerOverrides?.[0]

const RULES: readonly (readonly [string, TemplateSpec, Pick, unknown])[] = [
  ['cluster', { cluster: 'c' }, (b) => b.cluster, 'c'],
  [
    'command as text',
    { command: "sh -c 'echo hi'" },
    container,
    { name: 'main', command: ['sh', '-c', 'echo hi'], environment: [] },
  ],
  [
    'command as words',
    { command: ['a b', ''] },
    container,
    { name: 'main', command: ['a b', ''], environment: [] },
  ],
  [
    'environment as text',
    { env: { S: 's', N: 60, Z: 0, T: true, F: false, E: '', GONE: null } },
    container,
    {
      name: 'main',
      environment: [
        { name: 'S', value: 's' },
        { name: 'N', value: '60' },
        { name: 'Z', value: '0' },
        { name: 'T', value: 'true' },
        { name: 'F', value: 'false' },
        { name: 'E', value: '' },
      ],
    },
  ],
  [
    'unsetEnv beats env',
    { env: { A: '1', B: '2' }, unsetEnv: ['A'] },
    container,
    { name: 'main', environment: [{ name: 'B', value: '2' }] },
  ],
  [
    'a secret is not sent in plain',
    { env: { A: '1' }, secrets: { A: 'arn:a' }, executionRoleArn: 'arn:r' },
    container,
    { name: 'main', environment: [] },
  ],
  [
    'nor a secret of the definition',
    {
      env: { A: '1' },
      taskDefinition: {
        executionRoleArn: 'arn:r',
        containerDefinitions: [{ name: 'main', secrets: [{ name: 'A', valueFrom: 'arn:a' }] }],
      },
    },
    container,
    { name: 'main', environment: [] },
  ],
  [
    'sizes that were set',
    { cpu: 512, memory: 1024 },
    (b) => b.overrides,
    {
      cpu: '512',
      memory: '1024',
      containerOverrides: [{ name: 'main', environment: [], cpu: 512, memory: 1024 }],
    },
  ],
  [
    'each size on its own',
    { memory: 4096 },
    (b) => b.overrides,
    { memory: '4096', containerOverrides: [{ name: 'main', environment: [], memory: 4096 }] },
  ],
  [
    'beside a sidecar with a size: the task’s on Fargate',
    { cpu: 512, sidecars: [{ name: 's', image: 's', memory: 64 }], memory: 1024 },
    (b) => b.overrides,
    { cpu: '512', memory: '1024', containerOverrides: [{ name: 'main', environment: [] }] },
  ],
  [
    'beside a sidecar with a size: the container’s on EC2',
    { launchType: 'EC2', cpu: 512, sidecars: [{ name: 's', image: 's', memory: 64 }] },
    (b) => b.overrides,
    { containerOverrides: [{ name: 'main', environment: [], cpu: 512 }] },
  ],
  ['task role', { taskRoleArn: 'arn:t' }, (b) => b.overrides?.taskRoleArn, 'arn:t'],
  [
    'execution role of the definition is not repeated',
    { executionRoleArn: 'arn:r' },
    (b) => b.overrides?.executionRoleArn,
    undefined,
  ],
  [
    'Spot',
    { launchType: 'FARGATE_SPOT' },
    (b) => [b.launchType, b.capacityProviderStrategy],
    [undefined, [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }]],
  ],
  [
    'a strategy, its zeros kept',
    { capacityProviderStrategy: [{ capacityProvider: 'asg', weight: 1, base: 0 }] },
    (b) => [b.launchType, b.capacityProviderStrategy, b.networkConfiguration],
    [undefined, [{ capacityProvider: 'asg', weight: 1, base: 0 }], undefined],
  ],
  [
    'NONE',
    { launchType: 'NONE' },
    (b) => [b.launchType, b.capacityProviderStrategy],
    [undefined, undefined],
  ],
  [
    'labels',
    { labels: { 'my team': 'a b' } },
    (b) => b.tags,
    [
      { key: 'my-team', value: 'a-b' },
      { key: 'capstan.dev/run', value: 'default/hello' },
    ],
  ],
  [
    'options',
    {
      platformVersion: '1.4.0',
      group: 'g',
      propagateTags: 'TASK_DEFINITION',
      enableExecuteCommand: true,
    },
    (b) => [b.platformVersion, b.group, b.propagateTags, b.enableExecuteCommand],
    ['1.4.0', 'g', 'TASK_DEFINITION', true],
  ],
  [
    'NONE is no value of propagateTags',
    { propagateTags: 'NONE', enableExecuteCommand: false },
    (b) => [b.propagateTags, b.enableExecuteCommand],
    [undefined, undefined],
  ],
  [
    'placement',
    {
      launchType: 'EC2',
      placementConstraints: [{ type: 'memberOf', expression: 'x' }],
      placementStrategy: [{ type: 'spread', field: 'y' }],
    },
    (b) => [b.placementConstraints, b.placementStrategy],
    [[{ type: 'memberOf', expression: 'x' }], [{ type: 'spread', field: 'y' }]],
  ],
  [
    'an EBS volume that is made for the task',
    {
      volumes: [{ name: 'd', configuredAtLaunch: true }],
      volumeConfigurations: [{ name: 'd', managedEBSVolume: { roleArn: 'r', sizeInGiB: 10 } }],
    },
    (b) => b.volumeConfigurations,
    [{ name: 'd', managedEBSVolume: { roleArn: 'r', sizeInGiB: 10 } }],
  ],
  [
    'no network without awsvpc',
    { launchType: 'EC2', networkConfiguration: { subnets: ['subnet-1'] } },
    (b) => b.networkConfiguration,
    undefined,
  ],
  [
    'customizations are last',
    {
      taskCustomizations: [
        {
          op: 'replace',
          path: '/networkConfiguration/awsvpcConfiguration/assignPublicIp',
          value: 'DISABLED',
        },
        {
          op: 'add',
          path: '/networkConfiguration/awsvpcConfiguration/securityGroups',
          value: ['sg-1'],
        },
        {
          op: 'add',
          path: '/overrides/containerOverrides/0/environment/-',
          value: { name: 'X', value: 'y' },
        },
      ],
    },
    (b) => [b.networkConfiguration?.awsvpcConfiguration, container(b)],
    [
      { subnets: ['subnet-1'], securityGroups: ['sg-1'], assignPublicIp: 'DISABLED' },
      { name: 'main', environment: [{ name: 'X', value: 'y' }] },
    ],
  ],
]
test.each(RULES)('%s', (_, template, pick, expected) => {
  const built = build(template)
  expect(errors(built)).toEqual([])
  expect(pick(built.body)).toEqual(expected)
})

test('each rung goes to its own place', () => {
  const template: TemplateSpec = {
    capacityLadder: [{ launchType: 'FARGATE_SPOT' }, { launchType: 'FARGATE' }],
  }
  expect(build(template, { rung: 0 }).body.launchType).toBeUndefined()
  expect(build(template, { rung: 1 }).body).toMatchObject({ launchType: 'FARGATE' })
})

test('own variables count over the template’s', () => {
  const { body } = build(
    { env: { A: '1', B: '2' } },
    { ownEnv: { B: 'own', CAPSTAN_RUN_UID: 'u' } },
  )
  expect(container(body)).toMatchObject({
    environment: [
      { name: 'A', value: '1' },
      { name: 'B', value: 'own' },
      { name: 'CAPSTAN_RUN_UID', value: 'u' },
    ],
  })
})

test('a linked definition with another execution role gets the template’s as an override', () => {
  const definition: RegisterTaskDefinitionBody = {
    family: 'f',
    executionRoleArn: 'arn:own',
    containerDefinitions: [{ name: 'main', image: 'x' }],
  }
  const { body } = build(
    { launchType: 'EC2', executionRoleArn: 'arn:mine' },
    { definition, network: undefined },
  )
  expect(body.overrides?.executionRoleArn).toBe('arn:mine')
})

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
