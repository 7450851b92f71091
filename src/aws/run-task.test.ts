import { expect, test } from 'vitest'
import { errors } from '../../test/world/definition-of.ts'
import { ARN, build, NETWORK } from '../../test/world/run-task-of.ts'
import type { TemplateSpec } from '../kinds/generated.ts'
import type { RegisterTaskDefinitionBody, RunTaskBody } from './ports.ts'

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
