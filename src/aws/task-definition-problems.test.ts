import { expect, test } from 'vitest'
import { build, errors, ROLE } from '../../test/world/definition-of.ts'
import type { TemplateSpec } from '../kinds/generated.ts'

const LOGS = { image: 'x', executionRoleArn: ROLE, configureCloudwatchLogs: true } as const

const PROBLEMS: readonly (readonly [TemplateSpec, string, string])[] = [
  [{}, 'image', 'it has no image: set image'],
  [{ image: 'x'.repeat(256) }, 'image', '256 characters; ECS takes 255'],
  [{ image: 'x', family: '***' }, 'family', 'no character of the family can be used'],
  [{ image: 'x', cpu: 257 }, 'cpu', 'Fargate has no tasks of cpu 257'],
  [{ image: 'x', cpu: 4096 }, 'memory', '8192 to 30720 by 1024'],
  [{ image: 'x', taskDefinition: { memory: 100 } }, 'taskDefinition.memory', 'with memory 100'],
  [
    {
      image: 'x',
      runtimePlatform: { operatingSystemFamily: 'WINDOWS_SERVER_2022_CORE' },
      cpu: 512,
      memory: 1024,
    },
    'cpu',
    'it has 1024, 2048, 4096',
  ],
  [
    {
      image: 'x',
      containerName: 'zz',
      taskDefinition: { containerDefinitions: [{ name: 'a', image: 'a' }] },
    },
    'containerName',
    'container zz is not in the task definition, which has: a',
  ],
  [
    { image: 'x', taskDefinition: { networkMode: 'bridge' } },
    'taskDefinition.networkMode',
    'network mode bridge does not go with Fargate',
  ],
  [
    { image: 'x', launchType: 'EXTERNAL', taskDefinition: { networkMode: 'awsvpc' } },
    'taskDefinition.networkMode',
    'does not go with EXTERNAL',
  ],
  [
    { image: 'x', launchType: 'EC2', taskDefinition: { requiresCompatibilities: ['FARGATE'] } },
    'taskDefinition.requiresCompatibilities',
    'has FARGATE, not EC2',
  ],
  [
    {
      image: 'x',
      launchType: 'EC2',
      taskDefinition: { requiresCompatibilities: ['EC2', 'FARGATE'] },
    },
    'taskDefinition.requiresCompatibilities',
    'leave FARGATE out',
  ],
  [
    { image: 'x', configureCloudwatchLogs: true },
    'executionRoleArn',
    'logs need an execution role',
  ],
  [{ image: 'x', streamOutput: true }, 'executionRoleArn', 'logs need an execution role'],
  [
    { image: 'x', cloudwatchLogsOptions: { mode: 'blocking' } },
    'cloudwatchLogsOptions',
    'without logs',
  ],
  [
    {
      image: 'x',
      configureCloudwatchLogs: true,
      executionRoleArn: ROLE,
      cloudwatchLogsOptions: { 'awslogs-datetime-format': 'x', 'awslogs-multiline-pattern': 'y' },
    },
    'cloudwatchLogsOptions',
    'exclude each other',
  ],
  [{ image: 'x', secrets: { A: 'arn:a' } }, 'executionRoleArn', 'secrets need an execution role'],
  [
    { taskDefinition: { containerDefinitions: [{ name: 'a', image: 'a', essential: false }] } },
    'taskDefinition.containerDefinitions',
    'at least one container must be essential',
  ],
  [
    { image: 'x', sidecars: [{ name: 'main', image: 'y' }] },
    'sidecars[0].name',
    'main is the container of the run',
  ],
  [{ image: 'x', sidecars: [{ name: 's' }] }, 'sidecars[0]', 'container s: it has no image'],
  [
    {
      image: 'x',
      sidecars: [
        { name: 's', image: 's', dependsOn: [{ containerName: 'zz', condition: 'START' }] },
      ],
    },
    'sidecars[0]',
    'depends on container zz',
  ],
  [
    {
      image: 'x',
      sidecars: [
        { name: 's', image: 's', dependsOn: [{ containerName: 'main', condition: 'COMPLETE' }] },
      ],
    },
    'sidecars[0]',
    'which is essential',
  ],
  [
    {
      image: 'x',
      sidecars: [
        { name: 's', image: 's', dependsOn: [{ containerName: 'main', condition: 'HEALTHY' }] },
      ],
    },
    'sidecars[0]',
    'which has no healthCheck',
  ],
  [
    { image: 'x', sidecars: Array.from({ length: 10 }, (_, i) => ({ name: `s${i}`, image: 's' })) },
    'sidecars',
    '11 containers; ECS takes 10',
  ],
  [
    { image: 'x', sidecars: [{ name: 's', image: 's', memory: 4096 }] },
    'memory',
    'want memory 4096 together, the task has 2048',
  ],
  [
    { image: 'x', sidecars: [{ name: 's', image: 's', cpu: 4096 }] },
    'cpu',
    'want cpu 4096 together',
  ],
  [
    { image: 'x', launchType: 'EC2', sidecars: [{ name: 's', image: 's' }] },
    'sidecars[0]',
    'it needs memory or memoryReservation',
  ],
  [{ image: 'x', stopTimeoutSeconds: 121 }, 'stopTimeoutSeconds', 'Fargate takes 2 to 120'],
  [
    { image: 'x', healthCheck: { command: ['x'], interval: 301 } },
    'healthCheck',
    'healthCheck.interval 301 is outside 5 to 300',
  ],
  [{ image: 'x', healthCheck: { command: [] } }, 'healthCheck', 'no command'],
  [
    { image: 'x', ulimits: [{ name: 'nofile', softLimit: 2, hardLimit: 1 }] },
    'ulimits',
    'softLimit 2 is more than hardLimit 1',
  ],
  [
    { image: 'x', mountPoints: [{ sourceVolume: 'v', containerPath: '/v' }] },
    'mountPoints',
    'volume v, which is not in volumes',
  ],
  [{ image: 'x', ephemeralStorageGiB: 20 }, 'ephemeralStorageGiB', '20 GiB is outside 21 to 200'],
  [
    { image: 'x', launchType: 'EC2', ephemeralStorageGiB: 30 },
    'ephemeralStorageGiB',
    'on Fargate only',
  ],
  [
    {
      image: 'x',
      taskDefinition: { placementConstraints: [{ type: 'memberOf', expression: 'x' }] },
    },
    'taskDefinition.placementConstraints',
    'Fargate takes no placement constraints',
  ],
  [
    { image: 'x', taskDefinition: { tags: [{ key: 'aws:x', value: '' }] } },
    'taskDefinition.tags',
    'reserved',
  ],
  [
    {
      image: 'x',
      taskDefinition: {
        containerDefinitions: [
          { name: 'm', environment: [{ name: 'BIG', value: 'v'.repeat(65_536) }] },
        ],
      },
    },
    'taskDefinition',
    'ECS takes 65536',
  ],
  [
    {
      image: 'x',
      taskDefinition: {
        containerDefinitions: [{ name: 'm', logConfiguration: { logDriver: 'syslog' } }],
      },
    },
    'taskDefinition.containerDefinitions[0]',
    'log driver syslog',
  ],
  [
    {
      image: 'x',
      taskDefinition: {
        containerDefinitions: [{ name: 'm', logConfiguration: { logDriver: 'awslogs' } }],
      },
    },
    'taskDefinition.containerDefinitions[0]',
    'needs the option awslogs-stream-prefix',
  ],
  [
    { ...LOGS, cloudwatchLogsOptions: { 'awslogs-group': 'a group' } },
    'cloudwatchLogsOptions',
    'log group "a group": a name has letters',
  ],
  [{ ...LOGS, cloudwatchLogsPrefix: 'team:etl' }, 'cloudwatchLogsPrefix', 'takes neither : nor *'],
  [
    { ...LOGS, cloudwatchLogsPrefix: 'p'.repeat(475) },
    'cloudwatchLogsPrefix',
    'a name of 513 characters',
  ],
  [
    {
      image: 'x',
      taskDefinition: {
        containerDefinitions: [
          { name: 'm', portMappings: [{ name: 'p'.repeat(65), containerPort: 80 }] },
        ],
      },
    },
    'taskDefinition.containerDefinitions[0]',
    'has 65 characters; ECS takes 64',
  ],
  [
    { image: 'x', taskDefinitionCustomizations: [{ op: 'remove', path: '/nope' }] },
    'taskDefinitionCustomizations[0]',
    'there is no "nope"',
  ],
  [
    { image: 'x', taskDefinitionCustomizations: '{}' },
    'taskDefinitionCustomizations',
    'a list of operations',
  ],
]

test.each(PROBLEMS)('refuses %j', (template, path, text) => {
  const found = errors(build(template))
  expect(found.filter((line) => line.startsWith(`${path}: `)).join('\n')).toContain(text)
  expect(found).toHaveLength(1)
})

test('no message holds a value of the environment', () => {
  const template: TemplateSpec = {
    image: '',
    cpu: 1,
    env: { PASSWORD: 'hush' },
    taskDefinition: {
      containerDefinitions: [
        { name: 'm', environment: [{ name: 'BIG', value: 'hush'.repeat(20_000) }] },
      ],
    },
  }
  expect(JSON.stringify(build(template).problems)).not.toContain('hush')
})
