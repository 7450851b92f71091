import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { TemplateSpec } from '../kinds/generated.ts'
import type { RegisterTaskDefinitionBody } from './ports.ts'
import { type BuiltTaskDefinition, buildTaskDefinition, findContainer } from './task-definition.ts'
import { renderTemplatePath } from './template-problem.ts'

const ROLE = 'arn:aws:iam::1:role/execution'

function build(
  template: TemplateSpec,
  base?: RegisterTaskDefinitionBody,
  rung = 0,
): BuiltTaskDefinition {
  return buildTaskDefinition({
    template,
    rung,
    base,
    region: 'eu-west-1',
    family: 'capstan-default-etl',
    logPrefix: 'default/etl',
  })
}

function errors(built: BuiltTaskDefinition): readonly string[] {
  return built.problems
    .filter(({ severity }) => severity === 'Error')
    .map(({ path, message }) => `${renderTemplatePath(path)}: ${message}`)
}

test('with nothing but an image: the container, the family, the sizes and what Fargate needs', () => {
  const built = build({ image: 'busybox' })
  expect(built).toEqual({
    containerName: 'main',
    changed: true,
    problems: [],
    body: {
      family: 'capstan-default-etl',
      containerDefinitions: [{ name: 'main', image: 'busybox' }],
      cpu: '1024',
      memory: '2048',
      networkMode: 'awsvpc',
      requiresCompatibilities: ['FARGATE'],
    },
  })
})

test.each(['EC2', 'EXTERNAL', 'NONE'] as const)('on %s sizes are the container’s', (launchType) => {
  expect(build({ image: 'busybox', launchType }).body).toEqual({
    family: 'capstan-default-etl',
    containerDefinitions: [{ name: 'main', image: 'busybox', cpu: 1024, memory: 2048 }],
  })
})

test('what goes with RunTask is not in it, so that runs share a definition', () => {
  const shared = build({ image: 'busybox' }).body
  const template: TemplateSpec = {
    image: 'busybox',
    command: ['x'],
    env: { A: '1' },
    labels: { team: 'x' },
    cluster: 'c',
    taskRoleArn: 'arn:aws:iam::1:role/task',
    vpcId: 'vpc-1',
    launchType: 'FARGATE_SPOT',
  }
  expect(build(template).body).toEqual(shared)
})

const RULES: readonly (readonly [
  string,
  TemplateSpec,
  (body: RegisterTaskDefinitionBody) => unknown,
  unknown,
])[] = [
  ['family is made valid', { image: 'x', family: 'My Fam*&' }, (b) => b.family, 'My-Fam'],
  [
    'the definition’s own family',
    { image: 'x', taskDefinition: { family: 'own' } },
    (b) => b.family,
    'own',
  ],
  [
    'the template’s family is stronger',
    { image: 'x', family: 'mine', taskDefinition: { family: 'own' } },
    (b) => b.family,
    'mine',
  ],
  [
    'image over the definition’s',
    {
      image: 'new',
      taskDefinition: { containerDefinitions: [{ name: 'main', image: 'old', privileged: true }] },
    },
    (b) => b.containerDefinitions,
    [{ name: 'main', image: 'new', privileged: true }],
  ],
  [
    'the definition’s image',
    { taskDefinition: { containerDefinitions: [{ name: 'main', image: 'old' }] } },
    (b) => b.containerDefinitions?.[0]?.image,
    'old',
  ],
  [
    'the container named prefect',
    {
      image: 'x',
      taskDefinition: { containerDefinitions: [{ name: 'a', image: 'a' }, { name: 'prefect' }] },
    },
    (b) => b.containerDefinitions?.[1],
    { name: 'prefect', image: 'x' },
  ],
  [
    'the configured container',
    {
      image: 'x',
      containerName: 'b',
      taskDefinition: { containerDefinitions: [{ name: 'a', image: 'a' }, { name: 'b' }] },
    },
    (b) => b.containerDefinitions,
    [
      { name: 'a', image: 'a' },
      { name: 'b', image: 'x' },
    ],
  ],
  [
    'a container without a name gets one',
    { image: 'x', taskDefinition: { containerDefinitions: [{ privileged: true }] } },
    (b) => b.containerDefinitions,
    [{ name: 'main', image: 'x', privileged: true }],
  ],
  [
    'cpu and memory',
    { image: 'x', cpu: 512, memory: 1024 },
    (b) => [b.cpu, b.memory],
    ['512', '1024'],
  ],
  [
    'sizes of the definition',
    { image: 'x', taskDefinition: { cpu: '2 vCPU', memory: 4096 } },
    (b) => [b.cpu, b.memory],
    ['2048', '4096'],
  ],
  [
    'the template’s sizes are stronger',
    { image: 'x', cpu: 512, memory: 1024, taskDefinition: { cpu: 2048, memory: 4096 } },
    (b) => [b.cpu, b.memory],
    ['512', '1024'],
  ],
  [
    'EC2 keeps a container’s own sizes',
    {
      launchType: 'EC2',
      cpu: 512,
      taskDefinition: {
        containerDefinitions: [{ name: 'm', image: 'x', cpu: 64, memoryReservation: 99 }],
      },
    },
    (b) => b.containerDefinitions,
    [{ name: 'm', image: 'x', cpu: 64, memoryReservation: 99 }],
  ],
  [
    'EC2 takes the task’s sizes for the container',
    {
      launchType: 'EC2',
      taskDefinition: {
        cpu: '512',
        memory: '256',
        containerDefinitions: [{ name: 'm', image: 'x' }],
      },
    },
    (b) => [b.cpu, b.memory, b.containerDefinitions],
    ['512', '256', [{ name: 'm', image: 'x', cpu: 512, memory: 256 }]],
  ],
  [
    'a compatibility is added',
    { image: 'x', taskDefinition: { requiresCompatibilities: ['EC2'] } },
    (b) => b.requiresCompatibilities,
    ['EC2', 'FARGATE'],
  ],
  [
    'execution role',
    { image: 'x', executionRoleArn: ROLE, taskDefinition: { executionRoleArn: 'other' } },
    (b) => b.executionRoleArn,
    ROLE,
  ],
  [
    'the definition’s execution role',
    { image: 'x', taskDefinition: { executionRoleArn: ROLE } },
    (b) => b.executionRoleArn,
    ROLE,
  ],
  [
    'logs',
    { image: 'x', configureCloudwatchLogs: true, executionRoleArn: ROLE },
    (b) => b.containerDefinitions?.[0]?.logConfiguration,
    {
      logDriver: 'awslogs',
      options: {
        'awslogs-create-group': 'true',
        'awslogs-group': 'capstan',
        'awslogs-region': 'eu-west-1',
        'awslogs-stream-prefix': 'default/etl',
      },
    },
  ],
  [
    'logs because of streamOutput',
    { image: 'x', streamOutput: true, executionRoleArn: ROLE },
    (b) => b.containerDefinitions?.[0]?.logConfiguration?.logDriver,
    'awslogs',
  ],
  [
    'no logs in spite of streamOutput',
    { image: 'x', streamOutput: true, configureCloudwatchLogs: false },
    (b) => b.containerDefinitions?.[0]?.logConfiguration,
    undefined,
  ],
  [
    'log prefix',
    {
      image: 'x',
      configureCloudwatchLogs: true,
      executionRoleArn: ROLE,
      cloudwatchLogsPrefix: 'p',
    },
    (b) => b.containerDefinitions?.[0]?.logConfiguration?.options?.['awslogs-stream-prefix'],
    'p',
  ],
  [
    'log options are the strongest',
    {
      image: 'x',
      configureCloudwatchLogs: true,
      executionRoleArn: ROLE,
      cloudwatchLogsPrefix: 'p',
      cloudwatchLogsOptions: { 'awslogs-stream-prefix': 'o', mode: 'non-blocking' },
    },
    (b) => b.containerDefinitions?.[0]?.logConfiguration?.options,
    {
      'awslogs-create-group': 'true',
      'awslogs-group': 'capstan',
      'awslogs-region': 'eu-west-1',
      'awslogs-stream-prefix': 'o',
      mode: 'non-blocking',
    },
  ],
  [
    'null unsets, also here',
    {
      image: 'x',
      env: { A: null, B: 'b' },
      unsetEnv: ['C'],
      taskDefinition: {
        containerDefinitions: [
          {
            name: 'm',
            environment: [
              { name: 'A', value: '1' },
              { name: 'C', value: '2' },
              { name: 'D', value: '' },
            ],
          },
        ],
      },
    },
    (b) => b.containerDefinitions?.[0]?.environment,
    [{ name: 'D', value: '' }],
  ],
  [
    'secrets',
    {
      image: 'x',
      executionRoleArn: ROLE,
      secrets: { A: 'arn:new', B: 'arn:b' },
      taskDefinition: {
        containerDefinitions: [
          {
            name: 'm',
            secrets: [
              { name: 'Z', valueFrom: 'arn:z' },
              { name: 'A', valueFrom: 'arn:old' },
            ],
            environment: [{ name: 'B', value: 'plain' }],
          },
        ],
      },
    },
    (b) => [b.containerDefinitions?.[0]?.secrets, b.containerDefinitions?.[0]?.environment],
    [
      [
        { name: 'Z', valueFrom: 'arn:z' },
        { name: 'A', valueFrom: 'arn:new' },
        { name: 'B', valueFrom: 'arn:b' },
      ],
      [],
    ],
  ],
  [
    'volumes by name',
    {
      image: 'x',
      volumes: [{ name: 'v', host: { sourcePath: '/new' } }, { name: 'w' }],
      taskDefinition: { volumes: [{ name: 'v', host: { sourcePath: '/old' } }, { name: 'u' }] },
    },
    (b) => b.volumes,
    [{ name: 'v', host: { sourcePath: '/new' } }, { name: 'u' }, { name: 'w' }],
  ],
  [
    'mount points',
    {
      image: 'x',
      volumes: [{ name: 'v' }],
      mountPoints: [{ sourceVolume: 'v', containerPath: '/v' }],
    },
    (b) => b.containerDefinitions?.[0]?.mountPoints,
    [{ sourceVolume: 'v', containerPath: '/v' }],
  ],
  [
    'limits of zero stay',
    { image: 'x', ulimits: [{ name: 'core', softLimit: 0, hardLimit: 0 }] },
    (b) => b.containerDefinitions?.[0]?.ulimits,
    [{ name: 'core', softLimit: 0, hardLimit: 0 }],
  ],
  [
    'health check',
    { image: 'x', healthCheck: { command: ['CMD', 'true'], startPeriod: 0 } },
    (b) => b.containerDefinitions?.[0]?.healthCheck,
    { command: ['CMD', 'true'], startPeriod: 0 },
  ],
  [
    'stop timeout',
    { image: 'x', stopTimeoutSeconds: 90 },
    (b) => b.containerDefinitions?.[0]?.stopTimeout,
    90,
  ],
  [
    'GPUs',
    { image: 'x', launchType: 'EC2', resourceRequirements: [{ type: 'GPU', value: '1' }] },
    (b) => b.containerDefinitions?.[0]?.resourceRequirements,
    [{ type: 'GPU', value: '1' }],
  ],
  [
    'linux parameters',
    { image: 'x', linuxParameters: { initProcessEnabled: true } },
    (b) => b.containerDefinitions?.[0]?.linuxParameters,
    { initProcessEnabled: true },
  ],
  [
    'platform',
    { image: 'x', runtimePlatform: { cpuArchitecture: 'ARM64' } },
    (b) => b.runtimePlatform,
    { cpuArchitecture: 'ARM64' },
  ],
  [
    'ephemeral storage',
    { image: 'x', ephemeralStorageGiB: 100 },
    (b) => b.ephemeralStorage,
    { sizeInGiB: 100 },
  ],
  [
    'sidecars',
    { image: 'x', sidecars: [{ name: 'side', image: 's', essential: false }] },
    (b) => b.containerDefinitions,
    [
      { name: 'main', image: 'x' },
      { name: 'side', image: 's', essential: false },
    ],
  ],
  [
    'a sidecar in place of one that is there',
    {
      image: 'x',
      sidecars: [{ name: 'side', image: 'new' }],
      taskDefinition: {
        containerDefinitions: [{ name: 'main' }, { name: 'side', image: 'old', cpu: 1 }],
      },
    },
    (b) => b.containerDefinitions?.[1],
    { name: 'side', image: 'new' },
  ],
  [
    'customizations are last',
    {
      image: 'x',
      taskDefinitionCustomizations: [
        { op: 'replace', path: '/cpu', value: '2048' },
        { op: 'replace', path: '/memory', value: '4096' },
        { op: 'add', path: '/pidMode', value: 'task' },
      ],
    },
    (b) => [b.cpu, b.memory, b.pidMode],
    ['2048', '4096', 'task'],
  ],
  [
    'customizations as text',
    { image: 'x', taskDefinitionCustomizations: '[{"op":"add","path":"/pidMode","value":"task"}]' },
    (b) => b.pidMode,
    'task',
  ],
]
test.each(RULES)('%s', (_, template, pick, expected) => {
  const built = build(template)
  expect(errors(built)).toEqual([])
  expect(pick(built.body)).toEqual(expected)
})

test('each rung of the ladder has a definition of its own platform', () => {
  const template: TemplateSpec = {
    image: 'x',
    capacityLadder: [{ launchType: 'FARGATE_SPOT' }, { launchType: 'EC2' }],
  }
  expect(build(template, undefined, 0).body.requiresCompatibilities).toEqual(['FARGATE'])
  expect(build(template, undefined, 1).body.requiresCompatibilities).toBeUndefined()
})

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

test('a name that is plain and secret is the secret, with a warning', () => {
  const built = build({
    image: 'x',
    executionRoleArn: ROLE,
    env: { A: '1' },
    secrets: { A: 'arn:a' },
  })
  expect(built.problems).toMatchObject([{ severity: 'Warning', path: ['env', 'A'] }])
})

describe('a linked definition', () => {
  const ARN = 'arn:aws:ecs:eu-west-1:1:task-definition/linked:3'
  const BASE: RegisterTaskDefinitionBody = {
    family: 'linked',
    networkMode: 'awsvpc',
    requiresCompatibilities: ['FARGATE'],
    cpu: '1024',
    memory: '2048',
    executionRoleArn: 'arn:aws:iam::1:role/own',
    volumes: [],
    placementConstraints: [],
    containerDefinitions: [
      {
        name: 'app',
        image: 'busybox:1',
        cpu: 0,
        essential: true,
        environment: [{ name: 'A', value: '1' }],
        mountPoints: [],
        volumesFrom: [],
      },
    ],
  }
  const linked = (template: TemplateSpec): BuiltTaskDefinition =>
    build({ taskDefinitionArn: ARN, ...template }, BASE)

  test.each([
    [{}],
    [{ env: { B: '2' } }],
    [{ env: { NOT_THERE: null } }],
    [{ command: 'x' }],
    [{ labels: { a: 'b' } }],
    [{ cluster: 'c' }],
    [{ taskRoleArn: 'arn:aws:iam::1:role/task' }],
    [{ executionRoleArn: ROLE }],
    [{ image: 'busybox:1' }],
    [{ cpu: 1024, memory: 2048 }],
    [{ launchType: 'FARGATE_SPOT' as const }],
    [{ vpcId: 'vpc-1' }],
  ])('runs itself with %j', (template) => {
    const built = linked(template)
    expect(built.changed).toBe(false)
    expect(built.containerName).toBe('app')
    expect(errors(built)).toEqual([])
    expect(built.body.executionRoleArn).toBe('arn:aws:iam::1:role/own')
  })

  test.each([
    [{ image: 'busybox:2' }],
    [{ family: 'other' }],
    [{ configureCloudwatchLogs: true }],
    [{ env: { A: null } }],
    [{ unsetEnv: ['A'] }],
    [{ cpu: 2048, memory: 4096 }],
    [{ secrets: { S: 'arn:s' } }],
    [{ sidecars: [{ name: 's', image: 's' }] }],
  ])('is copied for %j', (template) => {
    const built = linked({ ...template, executionRoleArn: ROLE })
    expect(built.changed).toBe(true)
    expect(errors(built)).toEqual([])
    expect(built.body.executionRoleArn).toBe(ROLE)
    expect(BASE.containerDefinitions?.[0]?.environment).toEqual([{ name: 'A', value: '1' }])
  })

  test('a copy leaves out what only ECS can say', () => {
    const described = {
      ...BASE,
      revision: 3,
      status: 'ACTIVE',
      taskDefinitionArn: ARN,
    } as typeof BASE
    const built = build({ taskDefinitionArn: ARN, image: 'new' }, described)
    expect(Object.keys(built.body)).not.toEqual(expect.arrayContaining(['revision']))
    expect(Object.keys(built.body)).not.toEqual(expect.arrayContaining(['status']))
  })

  test('as it is: settings of the definition are warnings, secrets an error', () => {
    const built = linked({
      taskDefinitionArnMode: 'UseAsIs',
      image: 'busybox:2',
      stopTimeoutSeconds: 60,
      secrets: { S: 'arn:s' },
    })
    expect(built.body).toBe(BASE)
    expect(built.changed).toBe(false)
    const found = built.problems.map(({ severity, path }) => `${severity} ${path[0]}`)
    expect(found).toEqual(['Warning image', 'Warning stopTimeoutSeconds', 'Error secrets'])
  })

  test('as it is, nothing to say where nothing differs', () => {
    expect(
      linked({ taskDefinitionArnMode: 'UseAsIs', image: 'busybox:1', env: { B: '1' } }).problems,
    ).toEqual([])
  })

  test('as it is, a container that it does not have is an error', () => {
    const built = linked({ taskDefinitionArnMode: 'UseAsIs', containerName: 'zz' })
    expect(errors(built).join()).toContain(
      'containerName: container zz is not in the task definition, which has: app',
    )
  })

  test('as it is, a variable of the definition cannot be unset', () => {
    const built = linked({ taskDefinitionArnMode: 'UseAsIs', env: { A: null } })
    expect(built.problems).toMatchObject([{ severity: 'Warning', path: ['env', 'A'] }])
  })

  test('as it is, it must still go with the launch type', () => {
    const built = build(
      { taskDefinitionArn: ARN, taskDefinitionArnMode: 'UseAsIs' },
      { ...BASE, networkMode: 'bridge' },
    )
    expect(errors(built).join()).toContain(
      'launchType: network mode bridge does not go with Fargate',
    )
  })
})

test('a customization may rename the container', () => {
  const patch = [{ op: 'replace' as const, path: '/containerDefinitions/0/name', value: 'renamed' }]
  const built = build({ image: 'x', taskDefinitionCustomizations: patch })
  expect(built.containerName).toBe('renamed')
  expect(errors(built)).toEqual([])
})

test('unset wins: no name that is unset is in the definition, wherever it came from', () => {
  const name = fc.constantFrom('A', 'B', 'C', 'D')
  const environment = fc.array(fc.record({ name, value: fc.string() }))
  fc.assert(
    fc.property(environment, fc.array(name), fc.array(name), (values, nulls, listed) => {
      const built = build({
        image: 'x',
        env: Object.fromEntries(nulls.map((each) => [each, null])),
        unsetEnv: listed,
        taskDefinition: { containerDefinitions: [{ name: 'm', environment: values }] },
      })
      const left = findContainer(built.body, 'm')?.environment?.map((entry) => entry.name) ?? []
      for (const each of [...nulls, ...listed]) expect(left).not.toContain(each)
    }),
  )
})
