import { expect, test } from 'vitest'
import { build, errors, ROLE } from '../../test/world/definition-of.ts'
import type { TemplateSpec } from '../kinds/generated.ts'
import type { RegisterTaskDefinitionBody } from './ports.ts'

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
      taskDefinition: {
        containerDefinitions: [{ name: 'main', image: 'old', readonlyRootFilesystem: true }],
      },
    },
    (b) => b.containerDefinitions,
    [{ name: 'main', image: 'new', readonlyRootFilesystem: true }],
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
    { image: 'x', taskDefinition: { containerDefinitions: [{ readonlyRootFilesystem: true }] } },
    (b) => b.containerDefinitions,
    [{ name: 'main', image: 'x', readonlyRootFilesystem: true }],
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
      volumes: [{ name: 'v', efsVolumeConfiguration: { fileSystemId: 'fs-2' } }, { name: 'w' }],
      taskDefinition: {
        volumes: [{ name: 'v', efsVolumeConfiguration: { fileSystemId: 'fs-1' } }, { name: 'u' }],
      },
    },
    (b) => b.volumes,
    [{ name: 'v', efsVolumeConfiguration: { fileSystemId: 'fs-2' } }, { name: 'u' }, { name: 'w' }],
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
