import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { EmulatorConfig } from '../../src/emulator/config.ts'
import { createNoneDriver } from '../../src/emulator/drivers/none.ts'
import { createEmulator } from '../../src/emulator/emulator.ts'
import type { Service } from '../../src/emulator/errors.ts'
import { serveEmulator } from '../../src/emulator/server.ts'
import { FakeClock } from '../world/fake-clock.ts'
import { seededRandom } from '../world/seeded-random.ts'

// Answers of three different clients are read freely here.
// oxlint-disable-next-line typescript/no-explicit-any
export type Answer = any

/** A real client of the services: the SDK, the aws CLI, boto3. */
export interface Tools {
  /** Calls an operation with the API's own member names; throws ToolError for an error answer. */
  call(service: Service, operation: string, input: object): Promise<Answer>
  /** Whether errors carry their further members (the CLI prints code and text only). */
  readonly showsErrorMembers: boolean
  close(): Promise<void>
}

/** What a client says when the service answers with an error. */
export class ToolError extends Error {
  readonly code: string
  readonly resourceIds: readonly string[] | undefined
  constructor(code: string, message: string, resourceIds?: readonly string[]) {
    super(message)
    this.code = code
    this.resourceIds = resourceIds
  }
}

const SUBNET = 'subnet-0a1b2c3d4e5f60001'
const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
/** PROVISIONING and PENDING of the emulator's default pace, together. */
const STARTED = 20 * SECOND

const FARGATE_DEFINITION = {
  family: 'job',
  networkMode: 'awsvpc',
  requiresCompatibilities: ['FARGATE'],
  cpu: '256',
  memory: '512',
  containerDefinitions: [{ name: 'main', image: 'image' }],
}

const RUN = {
  taskDefinition: 'job',
  launchType: 'FARGATE',
  networkConfiguration: { awsvpcConfiguration: { subnets: [SUBNET] } },
}

/** What every client of the emulated services must see; `open` connects one to an endpoint. */
export function ecsContract(
  name: string,
  open: (endpoint: string) => Promise<Tools> | Tools,
): void {
  describe(name, () => {
    let clock: FakeClock
    let tools: Tools
    let close: () => Promise<void>

    const start = async (config: Partial<EmulatorConfig> = {}): Promise<void> => {
      clock = new FakeClock()
      const random = seededRandom(7)
      const emulator = createEmulator({ clock, random, driver: createNoneDriver(), config })
      const served = await serveEmulator({ emulator, clock, random })
      tools = await open(served.url)
      close = async () => {
        await tools.close()
        await served.close()
      }
    }
    const ecs = (operation: string, input: object): Promise<Answer> =>
      tools.call('ecs', operation, input)
    const logs = (operation: string, input: object): Promise<Answer> =>
      tools.call('logs', operation, input)
    const ec2 = (operation: string, input: object): Promise<Answer> =>
      tools.call('ec2', operation, input)
    const register = (rest: object = {}): Promise<Answer> =>
      ecs('RegisterTaskDefinition', { ...FARGATE_DEFINITION, ...rest })
    const run = (rest: object = {}): Promise<Answer> => ecs('RunTask', { ...RUN, ...rest })
    const describeTask = async (taskArn: string): Promise<Answer> =>
      (await ecs('DescribeTasks', { tasks: [taskArn], include: ['TAGS'] })).tasks[0]
    const refusal = async (answer: Promise<Answer>): Promise<ToolError> => {
      const error: unknown = await answer.catch((thrown: unknown) => thrown)
      if (error instanceof ToolError) return error
      throw error instanceof Error ? error : new Error(`no refusal: ${JSON.stringify(error)}`)
    }

    beforeEach(() => start())
    afterEach(() => close())

    test('clusters', async () => {
      expect((await ecs('DescribeClusters', {})).clusters[0].clusterName).toBe('default')
      await ecs('CreateCluster', { clusterName: 'two', tags: [{ key: 'k', value: 'v' }] })
      const { clusterArns } = await ecs('ListClusters', {})
      expect(clusterArns.map((arn: string) => arn.split('/')[1])).toEqual(['default', 'two'])
      const found = await ecs('DescribeClusters', { clusters: ['two', 'three'], include: ['TAGS'] })
      expect(found.clusters).toMatchObject([
        { clusterName: 'two', status: 'ACTIVE', tags: [{ key: 'k', value: 'v' }] },
      ])
      expect(found.failures).toMatchObject([{ reason: 'MISSING' }])
      await ecs('DeleteCluster', { cluster: 'two' })
      expect((await ecs('ListClusters', {})).clusterArns).toHaveLength(1)
      expect(await refusal(run({ cluster: 'two' }))).toMatchObject({
        code: 'ClusterNotFoundException',
        message: expect.stringContaining('Cluster not found.'),
      })
    })

    test('task definitions: defaults, revisions, retirement', async () => {
      const environment = ['A', 'B', 'C', 'D', 'E'].map((each) => ({ name: each, value: '1' }))
      const { taskDefinition } = await register({
        cpu: '.25 vCPU',
        memory: '0.5 GB',
        containerDefinitions: [
          { name: 'main', image: 'image', environment, portMappings: [{ containerPort: 80 }] },
        ],
        tags: [{ key: 'k', value: 'v' }],
      })
      expect(taskDefinition).toMatchObject({
        revision: 1,
        status: 'ACTIVE',
        cpu: '256',
        memory: '512',
        volumes: [],
        placementConstraints: [],
        compatibilities: expect.arrayContaining(['EC2', 'FARGATE']),
      })
      const [container] = taskDefinition.containerDefinitions
      expect(container).toMatchObject({
        cpu: 0,
        essential: true,
        mountPoints: [],
        volumesFrom: [],
        portMappings: [{ containerPort: 80, hostPort: 80, protocol: 'tcp' }],
      })
      const byName = (a: Answer, b: Answer): number => (a.name < b.name ? -1 : 1)
      expect(container.environment).not.toEqual(environment)
      expect(container.environment.toSorted(byName)).toEqual(environment)

      await register()
      const second = await ecs('DescribeTaskDefinition', { taskDefinition: 'job' })
      expect(second.taskDefinition.revision).toBe(2)
      const first = await ecs('DescribeTaskDefinition', {
        taskDefinition: 'job:1',
        include: ['TAGS'],
      })
      expect(first.tags).toEqual([{ key: 'k', value: 'v' }])

      await ecs('DeregisterTaskDefinition', { taskDefinition: 'job:2' })
      const { taskDefinitionArns } = await ecs('ListTaskDefinitions', { familyPrefix: 'job' })
      expect(taskDefinitionArns).toEqual([taskDefinition.taskDefinitionArn])
      const deleted = await ecs('DeleteTaskDefinitions', { taskDefinitions: ['job:2', 'job:1'] })
      expect(deleted.taskDefinitions).toMatchObject([{ status: 'DELETE_IN_PROGRESS' }])
      expect(deleted.failures).toMatchObject([
        { reason: expect.stringContaining('still in ACTIVE status') },
      ])
      const families = await ecs('ListTaskDefinitionFamilies', { status: 'ACTIVE' })
      expect(families.families).toEqual(['job'])
      expect((await register()).taskDefinition.revision).toBe(3)
    })

    test('definitions that ECS refuses', async () => {
      const container = { name: 'main', image: 'image' }
      const cases: readonly (readonly [object, string])[] = [
        [{ memory: '999' }, 'No Fargate configuration exists for given values.'],
        [{ cpu: '32768', memory: '65536' }, 'No Fargate configuration exists for given values.'],
        [{ networkMode: 'bridge' }, "Fargate only supports network mode 'awsvpc'."],
        [
          { networkMode: 'bridge', requiresCompatibilities: ['EC2'], memory: undefined },
          "Invalid setting for container 'main'. At least one of 'memory' or 'memoryReservation' must be specified.",
        ],
        [
          { containerDefinitions: [{ ...container, essential: false }] },
          'at least one essential container',
        ],
      ]
      for (const [change, message] of cases) {
        const error = await refusal(register(change))
        expect(error).toMatchObject({
          code: 'ClientException',
          message: expect.stringContaining(message),
        })
      }
      const missing = await refusal(ecs('DescribeTaskDefinition', { taskDefinition: 'none' }))
      expect(missing.message).toContain('Unable to describe task definition.')
    })

    test('the life of a Fargate task', async () => {
      await register()
      const { tasks, failures } = await run({
        startedBy: 'me',
        tags: [{ key: 'k', value: 'v' }],
        overrides: {
          containerOverrides: [
            { name: 'main', environment: [{ name: 'EMULATOR_EXIT_CODE', value: '3' }] },
          ],
        },
      })
      expect(failures).toEqual([])
      const { taskArn } = tasks[0]
      expect(taskArn).toMatch(/:task\/default\/[0-9a-f]{32}$/)
      expect(tasks[0]).toMatchObject({
        lastStatus: 'PROVISIONING',
        desiredStatus: 'RUNNING',
        version: 1,
        group: 'family:job',
        launchType: 'FARGATE',
        platformVersion: '1.4.0',
        attachments: [{ type: 'ElasticNetworkInterface', status: 'PRECREATED' }],
        containers: [{ lastStatus: 'PENDING', cpu: '0' }],
      })
      const seen: string[] = []
      for (const ms of [8 * SECOND, 12 * SECOND, SECOND, 10 * SECOND]) {
        await clock.advance(ms)
        const { lastStatus, desiredStatus, version } = await describeTask(taskArn)
        seen.push(`${lastStatus} ${desiredStatus} ${version}`)
      }
      expect(seen).toEqual([
        'PENDING RUNNING 2',
        'RUNNING RUNNING 3',
        'DEPROVISIONING STOPPED 4',
        'STOPPED STOPPED 5',
      ])
      expect(await describeTask(taskArn)).toMatchObject({
        startedBy: 'me',
        tags: [{ key: 'k', value: 'v' }],
        stopCode: 'EssentialContainerExited',
        stoppedReason: 'Essential container in task exited',
        containers: [{ lastStatus: 'STOPPED', exitCode: 3 }],
        attachments: [{ status: 'DELETED' }],
      })
      await clock.advance(HOUR)
      const gone = await ecs('DescribeTasks', { tasks: [taskArn] })
      expect(gone).toMatchObject({ tasks: [], failures: [{ arn: taskArn, reason: 'MISSING' }] })
    })

    test('RunTask is idempotent by its token', async () => {
      await register()
      const first = await run({ clientToken: 'token-1' })
      const { taskArn } = first.tasks[0]
      expect((await run({ clientToken: 'token-1' })).tasks[0].taskArn).toBe(taskArn)
      const conflict = await refusal(run({ clientToken: 'token-1', startedBy: 'other' }))
      expect(conflict.code).toBe('ConflictException')
      if (tools.showsErrorMembers) expect(conflict.resourceIds).toEqual([taskArn])

      await clock.advance(MINUTE)
      expect((await run({ clientToken: 'token-1' })).tasks).toEqual([
        { taskArn, lastStatus: 'STOPPED', desiredStatus: 'STOPPED' },
      ])
      await clock.advance(HOUR)
      const fresh = await run({ clientToken: 'token-1' })
      expect(fresh.tasks[0].taskArn).not.toBe(taskArn)
    })

    test('calls of RunTask that ECS refuses', async () => {
      await register()
      const { awsvpcConfiguration } = RUN.networkConfiguration
      const cases: readonly (readonly [object, string])[] = [
        [
          { overrides: { containerOverrides: [{ name: 'other' }] } },
          'Override for container named other is not a container in the TaskDefinition.',
        ],
        [
          { overrides: { containerOverrides: [{ name: 'main', command: ['x'.repeat(9_000)] }] } },
          'Container Overrides length must be at most 8192',
        ],
        [
          { networkConfiguration: undefined },
          "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
        ],
        [
          { capacityProviderStrategy: [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }] },
          'Specifying both a launch type and capacity provider strategy is not supported.',
        ],
        [
          {
            launchType: undefined,
            capacityProviderStrategy: [{ capacityProvider: 'unknown', weight: 1 }],
          },
          'not associated with the cluster',
        ],
        [{ count: 11 }, 'Count must be between 1 and 10'],
        [
          {
            networkConfiguration: {
              awsvpcConfiguration: { ...awsvpcConfiguration, subnets: ['subnet-1'] },
            },
          },
          "Error retrieving subnet information for [subnet-1]: The subnet ID 'subnet-1' does not exist",
        ],
      ]
      for (const [change, message] of cases) {
        const error = await refusal(run(change))
        expect(error).toMatchObject({
          code: 'InvalidParameterException',
          message: expect.stringContaining(message),
        })
      }
    })

    test('one answer holds both tasks and failures', async () => {
      await close()
      await start({ vcpuQuota: { onDemand: 0.5 } })
      await register()
      const answer = await run({ count: 3 })
      expect(answer.tasks).toHaveLength(2)
      expect(answer.failures).toMatchObject([
        { reason: expect.stringContaining('reached the limit on the number of vCPUs') },
      ])
      await clock.advance(MINUTE)
      expect((await run()).tasks).toHaveLength(1)
    })

    test('Spot is reached by a strategy', async () => {
      await register()
      const { tasks } = await run({
        launchType: undefined,
        capacityProviderStrategy: [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }],
      })
      expect(tasks[0]).toMatchObject({
        launchType: 'FARGATE',
        capacityProviderName: 'FARGATE_SPOT',
      })
    })

    test('StopTask', async () => {
      await register()
      const { taskArn } = (await run({ tags: [{ key: 'k', value: 'v' }] })).tasks[0]
      await clock.advance(STARTED)
      const { task } = await ecs('StopTask', { task: taskArn, reason: 'enough' })
      expect(task).toMatchObject({
        lastStatus: 'RUNNING',
        desiredStatus: 'STOPPED',
        stopCode: 'UserInitiated',
        stoppedReason: 'enough',
      })
      await clock.advance(MINUTE)
      const stopped = await describeTask(taskArn)
      expect(stopped).toMatchObject({
        lastStatus: 'STOPPED',
        stopCode: 'UserInitiated',
        tags: [],
        containers: [{ exitCode: 0 }],
      })
      const unknown = await refusal(ecs('StopTask', { task: '0'.repeat(32) }))
      expect(unknown).toMatchObject({
        code: 'InvalidParameterException',
        message: expect.stringContaining('The referenced task was not found.'),
      })
    })

    test('ListTasks: pages, filters, and RUNNING unless said otherwise', async () => {
      await register()
      const arns: string[] = []
      for (const startedBy of ['a', 'b', 'a']) {
        arns.push((await run({ startedBy })).tasks[0].taskArn)
      }
      const page = await ecs('ListTasks', { maxResults: 2 })
      expect(page.taskArns).toEqual(arns.slice(0, 2))
      const rest = await ecs('ListTasks', { maxResults: 2, nextToken: page.nextToken })
      expect(rest.taskArns).toEqual(arns.slice(2))
      expect(rest.nextToken).toBeUndefined()
      const mine = await ecs('ListTasks', { startedBy: 'a' })
      expect(mine.taskArns).toEqual([arns[0], arns[2]])
      await clock.advance(MINUTE)
      expect((await ecs('ListTasks', {})).taskArns).toEqual([])
      const stopped = await ecs('ListTasks', { family: 'job', desiredStatus: 'STOPPED' })
      expect(stopped.taskArns).toEqual(arns)
    })

    test('tags', async () => {
      const { taskDefinition } = await register()
      const resourceArn = taskDefinition.taskDefinitionArn
      const tag = (key: string, value: string): object => ({ key, value })
      await ecs('TagResource', { resourceArn, tags: [tag('a', '1'), tag('b', '2')] })
      await ecs('TagResource', { resourceArn, tags: [tag('a', '3')] })
      await ecs('UntagResource', { resourceArn, tagKeys: ['b'] })
      const { tags } = await ecs('ListTagsForResource', { resourceArn })
      expect(tags).toEqual([tag('a', '3')])
    })

    test('EC2: the network is described, filtered, paged', async () => {
      const { Vpcs } = await ec2('DescribeVpcs', {
        Filters: [{ Name: 'isDefault', Values: ['true'] }],
      })
      expect(Vpcs).toMatchObject([{ IsDefault: true, CidrBlock: '172.31.0.0/16' }])
      const Filters = [{ Name: 'vpc-id', Values: [Vpcs[0].VpcId] }]
      const { Subnets } = await ec2('DescribeSubnets', { Filters })
      expect(Subnets).toHaveLength(3)
      expect(Subnets[0]).toMatchObject({ SubnetId: SUBNET, AvailabilityZone: 'us-east-1a' })
      const { SecurityGroups } = await ec2('DescribeSecurityGroups', { Filters })
      expect(SecurityGroups).toMatchObject([{ GroupName: 'default', VpcId: Vpcs[0].VpcId }])
      const unknown = await refusal(ec2('DescribeSubnets', { SubnetIds: ['subnet-1'] }))
      expect(unknown.code).toBe('InvalidSubnetID.NotFound')
      const none = await ec2('DescribeVpcs', { Filters: [{ Name: 'vpc-id', Values: ['x'] }] })
      expect(none.Vpcs ?? []).toEqual([])
    })

    test('log streams: the forward token at the end is the one that was sent', async () => {
      const logGroupName = '/group'
      const logStreamName = 'prefix/main/1'
      await logs('CreateLogGroup', { logGroupName })
      await logs('CreateLogStream', { logGroupName, logStreamName })
      const again = await refusal(logs('CreateLogGroup', { logGroupName }))
      expect(again.code).toBe('ResourceAlreadyExistsException')
      const timestamp = clock.nowMs()
      const logEvents = ['one', 'two', 'three'].map((message, index) => ({
        timestamp: timestamp + index,
        message,
      }))
      await logs('PutLogEvents', { logGroupName, logStreamName, logEvents })

      const place = { logGroupName, logStreamName, startFromHead: true }
      const first = await logs('GetLogEvents', { ...place, limit: 2 })
      expect(first.events.map((event: Answer) => event.message)).toEqual(['one', 'two'])
      const second = await logs('GetLogEvents', { ...place, nextToken: first.nextForwardToken })
      expect(second.events.map((event: Answer) => event.message)).toEqual(['three'])
      const end = await logs('GetLogEvents', { ...place, nextToken: second.nextForwardToken })
      expect(end).toMatchObject({ events: [], nextForwardToken: second.nextForwardToken })

      const page = await logs('FilterLogEvents', { logGroupName, filterPattern: 't', limit: 1 })
      expect(page.events).toMatchObject([
        { message: 'two', logStreamName, timestamp: timestamp + 1 },
      ])
      expect(page.events[0].eventId).toMatch(/^\d+$/)
      const { nextToken } = page
      const last = await logs('FilterLogEvents', { logGroupName, filterPattern: 't', nextToken })
      expect(last.events).toMatchObject([{ message: 'three' }])
      expect(last.nextToken).toBeUndefined()
      const { logStreams } = await logs('DescribeLogStreams', { logGroupName })
      expect(logStreams).toMatchObject([{ logStreamName, lastEventTimestamp: timestamp + 2 }])
      const { logGroups } = await logs('DescribeLogGroups', { logGroupNamePrefix: '/gr' })
      expect(logGroups).toMatchObject([{ logGroupName }])
      await logs('DeleteLogGroup', { logGroupName })
      const gone = await refusal(logs('GetLogEvents', place))
      expect(gone.code).toBe('ResourceNotFoundException')
    })

    test('calls over the bucket are throttled', async () => {
      await close()
      await start({ throttle: { clusterRead: { burst: 1, perSecond: 1 } } })
      await ecs('ListClusters', {})
      const error = await refusal(ecs('ListClusters', {}))
      expect(error).toMatchObject({
        code: 'ThrottlingException',
        message: expect.stringContaining('Rate exceeded'),
      })
      await clock.advance(SECOND)
      expect((await ecs('ListClusters', {})).clusterArns).toHaveLength(1)
    })
  })
}
