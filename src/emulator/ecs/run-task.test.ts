import { describe, expect, test } from 'vitest'
import { type Emulated, emulated, FARGATE_RUN, type Wire } from '../../../test/world/emulated.ts'
import { type EmulatorConfig, localConfig } from '../config.ts'

function bench(config: Partial<EmulatorConfig> = {}): Emulated {
  const world = emulated({ behave: () => ({}), config })
  world.register()
  world.ecs('RegisterTaskDefinition', {
    family: 'bridge',
    containerDefinitions: [{ name: 'main', image: 'image', memory: 64 }],
  })
  return world
}

describe('calls that are refused', () => {
  const { awsvpcConfiguration } = FARGATE_RUN.networkConfiguration
  const network = (change: object): object => ({
    networkConfiguration: { awsvpcConfiguration: { ...awsvpcConfiguration, ...change } },
  })
  const strategy = (...items: readonly object[]): object => ({
    launchType: undefined,
    capacityProviderStrategy: items,
  })
  const fargate = { capacityProvider: 'FARGATE', weight: 1 }
  const many = (length: number): readonly string[] => Array.from({ length }, (_, n) => `id-${n}`)

  const instances = (launchType: string): object => ({
    taskDefinition: 'bridge',
    launchType,
    networkConfiguration: undefined,
  })

  test.each<{ rest: object; code?: string; message: string }>([
    { rest: { taskDefinition: undefined }, message: 'TaskDefinition can not be blank.' },
    {
      rest: { taskDefinition: 'none' },
      code: 'ClientException',
      message: 'TaskDefinition not found.',
    },
    { rest: { cluster: 'none' }, code: 'ClusterNotFoundException', message: 'Cluster not found.' },
    { rest: { count: 0 }, message: 'Count must be between 1 and 10: 0.' },
    { rest: { clientToken: 'x'.repeat(65) }, message: 'clientToken must be up to 64' },
    { rest: { clientToken: 'with space' }, message: 'clientToken must be up to 64' },
    { rest: { startedBy: 'x'.repeat(129) }, message: 'Invalid startedBy' },
    { rest: { startedBy: 'a.b' }, message: 'Invalid startedBy: a.b' },
    { rest: { launchType: 'LAMBDA' }, message: 'Invalid launch type: LAMBDA' },
    {
      rest: { taskDefinition: 'bridge' },
      message: 'Task definition does not support launch_type FARGATE.',
    },
    {
      rest: { taskDefinition: 'bridge', launchType: 'EC2' },
      message: 'Network Configuration is not valid for the given networkMode',
    },
    {
      rest: { taskDefinition: 'bridge', launchType: 'EC2', networkConfiguration: undefined },
      message: 'No Container Instances were found in your cluster.',
    },
    {
      rest: { overrides: { memory: '4096' } },
      code: 'ClientException',
      message: 'No Fargate configuration exists for given values.',
    },
    {
      rest: { platformVersion: '9.9.9' },
      code: 'PlatformUnknownException',
      message: 'The specified platform version does not exist.',
    },
    { rest: network({ subnets: [] }), message: 'subnets can not be empty.' },
    { rest: network({ subnets: many(17) }), message: 'subnets can have at most 16 items.' },
    { rest: network({ securityGroups: many(6) }), message: 'securityGroups can have at most 5' },
    { rest: network({ assignPublicIp: 'YES' }), message: 'Invalid assignPublicIp: YES' },
    {
      rest: network({ securityGroups: ['sg-1'] }),
      message: "The security group 'sg-1' does not exist (ErrorCode: InvalidGroup.NotFound)",
    },
    {
      rest: { placementStrategy: [{ type: 'random' }] },
      message: 'not supported with FARGATE',
    },
    {
      rest: { ...instances('EC2'), placementStrategy: [{ type: 'binpack', field: 'zone' }] },
      message: 'Invalid placement constraint or strategy.',
    },
    {
      rest: { ...instances('EC2'), placementConstraints: [{ type: 'memberOf' }] },
      message: 'Invalid placement constraint or strategy.',
    },
    {
      rest: { ...instances('EXTERNAL'), placementStrategy: [{ type: 'random' }] },
      message: 'not supported with EXTERNAL',
    },
    { rest: { propagateTags: 'SERVICE' }, message: 'Invalid value for propagateTags: SERVICE' },
    { rest: { propagateTags: 'NONE' }, message: 'Invalid value for propagateTags: NONE' },
    { rest: { tags: [{ key: 'aws:k', value: '' }] }, message: 'start with aws: are reserved' },
    { rest: { tags: [{ key: 'k!', value: '' }] }, message: "Invalid tag key: 'k!'." },
    { rest: { tags: [{ key: 'k', value: 'x'.repeat(257) }] }, message: 'Invalid value of the tag' },
    {
      rest: { tags: many(51).map((key) => ({ key, value: '' })) },
      message: 'Number of tags exceeds the limit of 50.',
    },
    {
      rest: strategy({ ...fargate, weight: 0 }, { capacityProvider: 'FARGATE_SPOT' }),
      message: 'weight greater than zero',
    },
    { rest: strategy({ ...fargate, weight: 1_001 }), message: 'Weight must be 0 to 1000' },
    {
      rest: strategy(
        { ...fargate, base: 1 },
        { capacityProvider: 'FARGATE_SPOT', weight: 1, base: 1 },
      ),
      message: 'Only one capacity provider in a strategy can have a base',
    },
  ])('$message', ({ rest, code = 'InvalidParameterException', message }) => {
    const world = bench()
    const error = world.refusal('RunTask', { ...FARGATE_RUN, ...rest })
    expect(error.code).toBe(code)
    expect(error.message).toContain(message)
    expect(world.emulator.ledger.size).toBe(0)
  })

  test('an INACTIVE revision', () => {
    const world = bench()
    world.ecs('DeregisterTaskDefinition', { taskDefinition: 'job:1' })
    expect(world.refusal('RunTask', { ...FARGATE_RUN, taskDefinition: 'job:1' })).toMatchObject({
      code: 'ClientException',
      message: 'TaskDefinition is inactive',
    })
  })

  test('an INACTIVE revision while ECS has not noticed everywhere', async () => {
    const world = bench({ inactiveLagMs: 600_000 })
    world.ecs('DeregisterTaskDefinition', { taskDefinition: 'job:1' })
    const run = { ...FARGATE_RUN, taskDefinition: 'job:1' }
    expect(world.ecs('RunTask', run).tasks).toHaveLength(1)
    await world.clock.advance(600_000)
    expect(world.refusal('RunTask', run).message).toBe('TaskDefinition is inactive')
  })

  test('a volume that is configured at launch without its configuration, and one with it', () => {
    const world = bench()
    world.ecs('RegisterTaskDefinition', {
      family: 'ebs',
      cpu: '256',
      memory: '512',
      networkMode: 'awsvpc',
      requiresCompatibilities: ['FARGATE'],
      containerDefinitions: [{ name: 'main', image: 'image' }],
      volumes: [{ name: 'data', configuredAtLaunch: true }],
    })
    const run = { ...FARGATE_RUN, taskDefinition: 'ebs' }
    const managedEBSVolume = { sizeInGiB: 10, roleArn: 'arn:aws:iam::123456789012:role/ebs' }
    expect(world.refusal('RunTask', run).message).toContain('Volume configurations must match')
    const volumeConfigurations = [{ name: 'data', managedEBSVolume }]
    const sizeless = [{ name: 'data', managedEBSVolume: { roleArn: managedEBSVolume.roleArn } }]
    const refusal = world.refusal('RunTask', { ...run, volumeConfigurations: sizeless })
    expect(refusal.message).toContain('needs a size or a snapshot')
    expect(world.ecs('RunTask', { ...run, volumeConfigurations }).tasks).toHaveLength(1)
    const none = { ...FARGATE_RUN, volumeConfigurations }
    expect(world.refusal('RunTask', none).message).toContain('Volume configurations must match')
  })

  test('overrides are measured as JSON: 8,192 characters are taken, one more is not', () => {
    const world = bench()
    const overrides = (length: number): object => {
      const empty = { containerOverrides: [{ name: 'main', command: [''] }] }
      const fill = length - JSON.stringify(empty).length
      return { containerOverrides: [{ name: 'main', command: ['x'.repeat(fill)] }] }
    }
    expect(world.run({ overrides: overrides(8_192) }).lastStatus).toBe('PROVISIONING')
    const error = world.refusal('RunTask', { ...FARGATE_RUN, overrides: overrides(8_193) })
    expect(error.message).toBe('Container Overrides length must be at most 8192')
  })
})

describe('what a task takes from its call', () => {
  test('tags: its own over propagated ones, and the managed one', () => {
    const world = emulated()
    world.register({ tags: ['a', 'b'].map((key) => ({ key, value: 'definition' })) })
    const { tags } = world.run({
      propagateTags: 'TASK_DEFINITION',
      enableECSManagedTags: true,
      tags: [{ key: 'b', value: 'task' }],
    })
    expect(tags).toEqual([
      { key: 'a', value: 'definition' },
      { key: 'b', value: 'task' },
      { key: 'aws:ecs:clusterName', value: 'default' },
    ])
  })

  test('size, storage and overrides', () => {
    const overrides = { cpu: '512', memory: '1 GB', ephemeralStorage: { sizeInGiB: 50 } }
    expect(bench().run({ overrides })).toMatchObject({
      cpu: '512',
      memory: '1024',
      ephemeralStorage: { sizeInGiB: 50 },
      overrides: { ...overrides, containerOverrides: [], inferenceAcceleratorOverrides: [] },
    })
  })

  test('the ledger keeps what StopTask removes', () => {
    const world = bench()
    const tags = [{ key: 'k', value: 'v' }]
    const { taskArn } = world.run({ tags, clientToken: 't', startedBy: 's' })
    world.ecs('StopTask', { task: taskArn })
    expect(world.describeTask(taskArn).tags).toEqual([])
    expect(world.emulator.ledger.get(taskArn)).toMatchObject({
      launchTags: tags,
      task: { clientToken: 't', startedBy: 's' },
    })
  })
})

describe('capacity providers', () => {
  const providers = (world: Emulated, rest: object): readonly string[] =>
    world
      .ecs('RunTask', { ...FARGATE_RUN, launchType: undefined, ...rest })
      .tasks.map((task: Wire) => task.capacityProviderName)

  test.each([
    { base: 0, weights: [1, 1], count: 4, fargate: 2 },
    { base: 0, weights: [1, 3], count: 8, fargate: 2 },
    { base: 2, weights: [1, 1], count: 6, fargate: 4 },
    { base: 0, weights: [0, 1], count: 3, fargate: 0 },
    { base: 3, weights: [0, 1], count: 5, fargate: 3 },
  ])('base $base, weights $weights: $fargate of $count', ({ base, weights, count, fargate }) => {
    const [weight, spotWeight] = weights
    const used = providers(bench(), {
      count,
      capacityProviderStrategy: [
        { capacityProvider: 'FARGATE', base, weight },
        { capacityProvider: 'FARGATE_SPOT', weight: spotWeight },
      ],
    })
    expect(used.filter((provider) => provider === 'FARGATE')).toHaveLength(fargate)
    expect(used).toHaveLength(count)
  })

  test('without launch type and strategy the cluster’s default strategy counts', () => {
    const world = bench()
    world.ecs('PutClusterCapacityProviders', {
      cluster: 'default',
      capacityProviders: ['FARGATE_SPOT'],
      defaultCapacityProviderStrategy: [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }],
    })
    expect(providers(world, {})).toEqual(['FARGATE_SPOT'])
    const onDemand = {
      launchType: undefined,
      capacityProviderStrategy: [{ capacityProvider: 'FARGATE', weight: 1 }],
    }
    expect(world.refusal('RunTask', { ...FARGATE_RUN, ...onDemand }).message).toContain(
      'not associated with the cluster',
    )
  })
})

describe('room on container instances', () => {
  const instance = { cluster: 'default', launchType: 'EC2', cpu: 1024, memoryMiB: 1024 } as const

  function onInstances(config: object, definition: object = {}, request: object = {}): Wire {
    const world = emulated({
      behave: () => ({}),
      config: { containerInstances: [{ ...instance, ...config }] },
    })
    const container = { name: 'main', image: 'image', memory: 256, cpu: 128 }
    world.ecs('RegisterTaskDefinition', {
      family: 'job',
      containerDefinitions: [{ ...container, ...definition }],
    })
    return world.ecs('RunTask', { taskDefinition: 'job', launchType: 'EC2', count: 5, ...request })
  }

  test.each<{
    reason: string
    placed: number
    config?: object
    definition?: object
    request?: object
  }>([
    { reason: 'RESOURCE:MEMORY', placed: 4 },
    { reason: 'RESOURCE:CPU', placed: 2, definition: { cpu: 512 } },
    {
      reason: 'RESOURCE:GPU',
      placed: 1,
      config: { gpus: 1 },
      definition: { resourceRequirements: [{ type: 'GPU', value: '1' }] },
    },
    {
      reason: 'RESOURCE:PORTS',
      placed: 1,
      definition: { portMappings: [{ containerPort: 80, hostPort: 80 }] },
    },
    { reason: 'AGENT', placed: 0, config: { agentConnected: false } },
    { reason: 'ATTRIBUTE', placed: 0, config: { attributes: { zone: 'a' } } },
    {
      reason: 'MemberOf placement constraint unsatisfied.',
      placed: 0,
      request: { placementConstraints: [{ type: 'memberOf', expression: 'attribute:zone == b' }] },
    },
    {
      reason: 'DistinctInstance placement constraint unsatisfied.',
      placed: 1,
      request: { placementConstraints: [{ type: 'distinctInstance' }] },
    },
  ])('$reason after $placed tasks', ({ reason, placed, config = {}, definition, request }) => {
    const { tasks, failures } = onInstances(config, definition, request)
    expect(tasks).toHaveLength(placed)
    expect(failures).toHaveLength(5 - placed)
    expect(failures[0]).toEqual({
      arn: expect.stringContaining(':container-instance/default/'),
      reason,
    })
  })

  test('what a task held is free when it has STOPPED', () => {
    const world = emulated({
      behave: () => ({ runMs: 60_000 }),
      config: { containerInstances: [instance] },
    })
    world.ecs('RegisterTaskDefinition', {
      family: 'job',
      containerDefinitions: [{ name: 'main', image: 'image', memory: 1024 }],
    })
    const run = (): Wire => world.ecs('RunTask', { taskDefinition: 'job', launchType: 'EC2' })
    expect(run().tasks[0]).toMatchObject({ launchType: 'EC2', lastStatus: 'PENDING' })
    expect(run().failures).toMatchObject([{ reason: 'RESOURCE:MEMORY' }])
    world.clock.advanceSync(120_000)
    expect(run().failures).toEqual([])
    const { containerInstanceArns } = world.ecs('ListContainerInstances')
    const found = world.ecs('DescribeContainerInstances', {
      containerInstances: [containerInstanceArns[0], 'none'],
    })
    expect(found.containerInstances).toMatchObject([
      { agentConnected: true, remainingResources: [{}, { name: 'MEMORY', integerValue: 0 }] },
    ])
    expect(found.failures).toEqual([{ arn: 'none', reason: 'MISSING' }])
  })
})

test('the local configuration takes any network and has room for every launch type', () => {
  const world = emulated({ config: localConfig })
  world.register()
  const network = { awsvpcConfiguration: { subnets: ['subnet-of-a-real-account'] } }
  expect(world.run({ networkConfiguration: network }).launchType).toBe('FARGATE')
  world.register({ requiresCompatibilities: ['EC2'], networkMode: 'bridge' })
  for (const launchType of ['EC2', 'EXTERNAL']) {
    const { tasks } = world.ecs('RunTask', { taskDefinition: 'job', launchType })
    expect(tasks[0].launchType).toBe(launchType)
  }
})
