import { describe, expect, test } from 'vitest'
import { emulated, FARGATE_RUN } from '../../../test/world/emulated.ts'

const HOUR = 3_600_000

describe('clusters', () => {
  test('creating one twice is creating it once; a deleted one can be created again', () => {
    const world = emulated()
    world.ecs('CreateCluster', { clusterName: 'two', capacityProviders: ['FARGATE'] })
    const again = world.ecs('CreateCluster', { clusterName: 'two' })
    expect(again.cluster.capacityProviders).toEqual(['FARGATE'])
    world.ecs('DeleteCluster', { cluster: 'two' })
    const [found] = world.ecs('DescribeClusters', { clusters: ['two'] }).clusters
    expect(found.status).toBe('INACTIVE')
    const fresh = world.ecs('CreateCluster', { clusterName: 'two' })
    expect(fresh.cluster).toMatchObject({ status: 'ACTIVE', capacityProviders: [] })
  })

  test('one with tasks cannot be deleted, and counts them', () => {
    const world = emulated({ behave: () => ({}) })
    world.register()
    world.run()
    const count = (): object => world.ecs('DescribeClusters').clusters[0]
    expect(count()).toMatchObject({ pendingTasksCount: 1, runningTasksCount: 0 })
    world.clock.advanceSync(60_000)
    expect(count()).toMatchObject({ pendingTasksCount: 0, runningTasksCount: 1 })
    expect(world.refusal('DeleteCluster', { cluster: 'default' })).toMatchObject({
      code: 'ClusterContainsTasksException',
    })
  })
})

describe('task definitions', () => {
  test('are named by family, revision or ARN', () => {
    const world = emulated()
    const { taskDefinition } = world.register()
    world.register()
    for (const name of ['job:1', taskDefinition.taskDefinitionArn]) {
      const found = world.ecs('DescribeTaskDefinition', { taskDefinition: name })
      expect(found.taskDefinition.revision).toBe(1)
    }
    const { message } = world.refusal('DescribeTaskDefinition', { taskDefinition: 'job:3' })
    expect(message).toBe('Unable to describe task definition.')
  })

  test('deregistering wants a revision, and an ACTIVE one', () => {
    const world = emulated()
    world.register()
    const deregister = { taskDefinition: 'job' }
    expect(world.refusal('DeregisterTaskDefinition', deregister).code).toBe('ClientException')
    world.ecs('DeregisterTaskDefinition', { taskDefinition: 'job:1' })
    const again = world.refusal('DeregisterTaskDefinition', { taskDefinition: 'job:1' })
    expect(again.message).toBe('The specified task definition is inactive.')
    const { taskDefinition } = world.ecs('DescribeTaskDefinition', { taskDefinition: 'job:1' })
    expect(taskDefinition).toMatchObject({
      status: 'INACTIVE',
      deregisteredAt: world.clock.nowMs() / 1000,
    })
  })

  test('a running task outlives its definition', () => {
    const world = emulated({ behave: () => ({}) })
    world.register()
    const { taskArn } = world.run()
    world.ecs('DeregisterTaskDefinition', { taskDefinition: 'job:1' })
    world.ecs('DeleteTaskDefinitions', { taskDefinitions: ['job:1'] })
    world.clock.advanceSync(HOUR)
    expect(world.describeTask(taskArn).lastStatus).toBe('RUNNING')
  })

  test('are listed newest first on demand, and page by page', () => {
    const world = emulated()
    for (const family of ['a', 'b', 'a']) world.register({ family })
    const names = (input: object): readonly string[] =>
      world
        .ecs('ListTaskDefinitions', input)
        .taskDefinitionArns.map((arn: string) => arn.split('/')[1])
    expect(names({})).toEqual(['a:1', 'a:2', 'b:1'])
    expect(names({ sort: 'DESC', familyPrefix: 'a' })).toEqual(['a:2', 'a:1'])
    const { nextToken } = world.ecs('ListTaskDefinitions', { maxResults: 2 })
    expect(names({ maxResults: 2, nextToken })).toEqual(['b:1'])
  })

  test('families stay listed when all their revisions are INACTIVE', () => {
    const world = emulated()
    world.register({ family: 'a' })
    world.register({ family: 'b' })
    world.ecs('DeregisterTaskDefinition', { taskDefinition: 'a:1' })
    const families = (input: object): readonly string[] =>
      world.ecs('ListTaskDefinitionFamilies', input).families
    expect(families({})).toEqual(['a', 'b'])
    expect(families({ status: 'ACTIVE' })).toEqual(['b'])
    expect(families({ status: 'INACTIVE' })).toEqual(['a'])
    expect(families({ familyPrefix: 'b' })).toEqual(['b'])
  })
})

describe('DescribeTasks and ListTasks', () => {
  test('100 at a time, and never none', () => {
    const world = emulated()
    const ids = Array.from({ length: 101 }, (_, index) => `${index}`)
    expect(world.refusal('DescribeTasks', { tasks: ids }).message).toContain('at most 100')
    expect(world.refusal('DescribeTasks', { tasks: [] }).message).toBe('Tasks cannot be empty.')
  })

  test('a task of another cluster is MISSING', () => {
    const world = emulated()
    world.register()
    world.ecs('CreateCluster', { clusterName: 'two' })
    const { taskArn } = world.run({ cluster: 'two' })
    const arn = `arn:aws:ecs:us-east-1:123456789012:task/default/${taskArn.split('/').at(-1)}`
    expect(world.ecs('DescribeTasks', { tasks: [taskArn.split('/').at(-1)] })).toEqual({
      tasks: [],
      failures: [{ arn, reason: 'MISSING' }],
    })
    expect(world.ecs('DescribeTasks', { cluster: 'two', tasks: [taskArn] }).tasks).toHaveLength(1)
  })

  test('tags come only when they are asked for', () => {
    const world = emulated()
    world.register()
    const { taskArn } = world.run({ tags: [{ key: 'k', value: 'v' }] })
    expect(world.ecs('DescribeTasks', { tasks: [taskArn] }).tasks[0].tags).toEqual([])
  })

  test('a stopped task is known for the retention time', () => {
    const world = emulated({ config: { retentionMs: HOUR } })
    world.register()
    const { taskArn } = world.run()
    world.clock.advanceSync(31_000)
    expect(world.describeTask(taskArn).lastStatus).toBe('STOPPED')
    world.clock.advanceSync(HOUR - 1)
    expect(world.describeTask(taskArn).lastStatus).toBe('STOPPED')
    world.clock.advanceSync(1)
    expect(world.describeTask(taskArn)).toBeUndefined()
    expect(world.ecs('ListTasks', { desiredStatus: 'STOPPED' }).taskArns).toEqual([])
    expect(world.emulator.ledger.size).toBe(1)
  })

  test('new tasks can lag in both', () => {
    const world = emulated({ config: { listLagMs: 2_000, describeLagMs: 1_000 } })
    world.register()
    const { taskArn } = world.run()
    expect(world.describeTask(taskArn)).toBeUndefined()
    world.clock.advanceSync(1_000)
    expect(world.describeTask(taskArn)).toBeDefined()
    expect(world.ecs('ListTasks').taskArns).toEqual([])
    world.clock.advanceSync(1_000)
    expect(world.ecs('ListTasks').taskArns).toEqual([taskArn])
  })

  test('filters', () => {
    const world = emulated({ behave: () => ({}) })
    world.register()
    world.register({ family: 'other' })
    const job = world.run().taskArn
    const other = world.run({ taskDefinition: 'other', startedBy: 'me' }).taskArn
    const listed = (input: object): readonly string[] => world.ecs('ListTasks', input).taskArns
    expect(listed({ family: 'job' })).toEqual([job])
    expect(listed({ startedBy: 'me' })).toEqual([other])
    expect(listed({ startedBy: 'me', family: 'job' })).toEqual([])
    expect(listed({ launchType: 'EC2' })).toEqual([])
    expect(listed({ launchType: 'FARGATE' })).toEqual([job, other])
    expect(listed({ serviceName: 's' })).toEqual([])
    expect(listed({ desiredStatus: 'PENDING' })).toEqual([])
    expect(world.refusal('ListTasks', { desiredStatus: 'x' }).code).toBe(
      'InvalidParameterException',
    )
  })
})

describe('tags of resources', () => {
  test('clusters, tasks and definitions have them; nothing else', () => {
    const world = emulated()
    const { taskDefinition } = world.register()
    const { taskArn, clusterArn } = world.run()
    for (const resourceArn of [taskDefinition.taskDefinitionArn, taskArn, clusterArn]) {
      world.ecs('TagResource', { resourceArn, tags: [{ key: 'k', value: 'v' }] })
      expect(world.ecs('ListTagsForResource', { resourceArn }).tags).toEqual([
        { key: 'k', value: 'v' },
      ])
    }
    const head = 'arn:aws:ecs:us-east-1:123456789012'
    expect(world.refusal('TagResource', { resourceArn: 'x' }).code).toBe(
      'InvalidParameterException',
    )
    for (const resourceArn of [
      `${head}:service/default/s`,
      `${head}:task/default/${'0'.repeat(32)}`,
    ]) {
      expect(world.refusal('ListTagsForResource', { resourceArn }).code).toBe(
        'ResourceNotFoundException',
      )
    }
  })

  test('fifty at most, those that are there included', () => {
    const world = emulated()
    const resourceArn = world.register().taskDefinition.taskDefinitionArn
    const tags = (from: number, count: number): object =>
      Array.from({ length: count }, (_, index) => ({ key: `k${from + index}`, value: '' }))
    world.ecs('TagResource', { resourceArn, tags: tags(0, 50) })
    world.ecs('TagResource', { resourceArn, tags: tags(0, 1) })
    expect(world.refusal('TagResource', { resourceArn, tags: tags(50, 1) }).message).toContain('50')
  })
})

test('an unknown operation', () => {
  const world = emulated()
  expect(world.refusal('RunTasks', FARGATE_RUN)).toMatchObject({
    code: 'UnknownOperationException',
    status: 404,
  })
  expect(world.refusal('toString').code).toBe('UnknownOperationException')
})
