import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createAwsAccounts } from '../../src/aws/accounts.ts'
import { definitionHash, sameDefinition } from '../../src/aws/definition-hash.ts'
import { diffDefinitions } from '../../src/aws/diff-definitions.ts'
import { classifyFailure } from '../../src/aws/errors.ts'
import { buildTaskDefinition } from '../../src/aws/task-definition.ts'
import type { TemplateSpec } from '../../src/kinds/generated.ts'
import {
  define,
  failure,
  NAMES,
  prepare,
  startWorld,
  stopWorld,
  type World,
} from '../world/aws-ports.ts'

let world: World

beforeEach(async () => {
  world = await startWorld()
})
afterEach(() => stopWorld(world))

describe('reading', () => {
  test('more than a page of tasks', async () => {
    const body = await prepare(world, { image: 'x' })
    const tokens = Array.from({ length: 120 }, (_, i) => `token-${i}`)
    await Promise.all(
      tokens.map((clientToken) => world.account.ecs.runTask({ ...body, clientToken })),
    )
    const arns = await world.account.ecs.listTaskArns({
      cluster: 'default',
      startedBy: 'capstan-1',
    })
    expect(new Set(arns).size).toBe(120)
    expect(world.emulator.counters.of('ListTasks').calls).toBe(2)
  })

  test('tasks that are not there are MISSING, and nothing to stop', async () => {
    const taskArn = `arn:aws:ecs:us-east-1:123456789012:task/default/${'0'.repeat(32)}`
    const answer = await world.account.ecs.describeTasks('default', [taskArn])
    expect(answer.tasks).toEqual([])
    expect(classifyFailure(answer.failures[0]!.reason).verdict).toBe('NotFound')
    expect(
      await world.account.ecs.stopTask({ cluster: 'default', taskArn, reason: 'x' }),
    ).toBeUndefined()
  })

  test('definitions: described, listed, retired, deleted', async () => {
    const { ecs } = world.account
    expect(await ecs.describeTaskDefinition('job')).toBeUndefined()
    const body = {
      ...define({ image: 'x' }).body,
      tags: [{ key: 'capstan.dev/definition-hash', value: 'h' }],
    }
    const { taskDefinitionArn } = await ecs.registerTaskDefinition(body)
    expect(await ecs.describeTaskDefinition('job')).toMatchObject({
      taskDefinitionArn,
      family: 'job',
      revision: 1,
      status: 'ACTIVE',
      tags: { 'capstan.dev/definition-hash': 'h' },
    })
    await ecs.registerTaskDefinition({ ...body, family: 'job-2' })
    expect(await ecs.listTaskDefinitionArns('job', 'ACTIVE')).toEqual([taskDefinitionArn])
    await ecs.deregisterTaskDefinition(taskDefinitionArn)
    expect(await ecs.listTaskDefinitionArns('job', 'INACTIVE')).toEqual([taskDefinitionArn])
    await ecs.deleteTaskDefinitions([taskDefinitionArn])
    expect((await failure(ecs.deleteTaskDefinitions(['job-2:1']))).operation).toBe(
      'DeleteTaskDefinitions',
    )
  })

  test('the network is asked for once', async () => {
    const { network } = world.account
    expect(network.known(undefined)).toBeUndefined()
    const [facts, again] = await Promise.all([network.read(undefined), network.read(undefined)])
    expect(again).toBe(facts)
    expect(network.known(undefined)).toBe(facts)
    expect(facts.subnets.map(({ availabilityZone }) => availabilityZone)).toEqual([
      'us-east-1a',
      'us-east-1b',
      'us-east-1c',
    ])
    const { vpcId } = facts
    expect(await network.read(vpcId)).toEqual(facts)
    const absent = { vpcId: undefined, subnets: [] }
    expect(await network.read('vpc-0000000000000000f')).toEqual(absent)
    const { counters } = world.emulator
    expect([counters.of('DescribeVpcs').calls, counters.of('DescribeSubnets').calls]).toEqual([
      3, 2,
    ])
    await world.clock.advance(300_000)
    expect(network.known(undefined)).toBeUndefined()
    await network.read(undefined)
    expect(counters.of('DescribeVpcs').calls).toBe(4)
  })

  test('logs that are not there', async () => {
    const { logs } = world.account
    const request = { group: 'nope', stream: 'nope', fromHead: true, limit: 10 }
    expect(await logs.getLogEvents(request)).toBeUndefined()
    expect(
      await logs.filterLogEvents({ group: 'nope', streams: ['nope'], startTimeMs: 0, limit: 10 }),
    ).toBeUndefined()
  })
})

describe('what ECS makes of a definition', () => {
  const ROLE = 'arn:aws:iam::123456789012:role/execution'
  const template = fc.record(
    {
      cpu: fc.constantFrom(1024),
      memory: fc.constantFrom(2048, 4096),
      launchType: fc.constantFrom('FARGATE', 'FARGATE_SPOT', 'EC2', 'NONE'),
      secrets: fc.constant({ B: 'arn:b', A: 'arn:a' }),
      streamOutput: fc.boolean(),
      volumes: fc.constant([
        { name: 'v' },
        { name: 'a', efsVolumeConfiguration: { fileSystemId: 'fs-12345678' } },
      ]),
      ulimits: fc.constant([{ name: 'nofile', softLimit: 0, hardLimit: 1 }]),
      healthCheck: fc.constant({ command: ['CMD', 'true'] }),
      stopTimeoutSeconds: fc.constantFrom(30, 90),
      linuxParameters: fc.constant({ initProcessEnabled: true }),
      sidecars: fc.constant([
        {
          name: 'side',
          image: 's',
          essential: false,
          memory: 64,
          portMappings: [{ containerPort: 80 }, { containerPort: 53, protocol: 'udp' }],
          environment: [
            { name: 'Z', value: '1' },
            { name: 'A', value: '' },
          ],
        },
      ]),
      runtimePlatform: fc.constant({ cpuArchitecture: 'X86_64', operatingSystemFamily: 'LINUX' }),
    },
    { requiredKeys: [] },
  ) as fc.Arbitrary<TemplateSpec>

  test('is the same definition by hash, so that nothing is registered twice', async () => {
    await fc.assert(
      fc.asyncProperty(template, async (spec) => {
        const { body, problems } = define({ image: 'busybox', executionRoleArn: ROLE, ...spec })
        expect(problems).toEqual([])
        const { taskDefinitionArn } = await world.account.ecs.registerTaskDefinition(body)
        const seen = await world.account.ecs.describeTaskDefinition(taskDefinitionArn)
        expect(diffDefinitions(body, seen!.body)).toEqual([])
        expect(sameDefinition(body, seen!.body)).toBe(true)
        expect(definitionHash(seen!.body)).toBe(definitionHash(body))
        const linked = buildTaskDefinition({
          template: { taskDefinitionArn, executionRoleArn: ROLE, ...spec },
          rung: 0,
          base: seen!.body,
          ...NAMES,
        })
        expect(linked.changed).toBe(false)
      }),
      { numRuns: 30 },
    )
  })
})

describe('accounts', () => {
  test('equal targets are one account; roles of one account share its buckets', () => {
    const { accounts } = world
    const role = (name: string) => ({
      assumeRole: { roleArn: `arn:aws:iam::210987654321:role/${name}` },
    })
    expect(accounts.account({})).toBe(world.account)
    expect(accounts.account({ region: 'eu-west-1' })).not.toBe(world.account)
    expect(accounts.account({ region: 'eu-west-1' }).region).toBe('eu-west-1')
    expect(accounts.account(role('a'))).toBe(accounts.account(role('a')))
  })

  test('without static credentials roles of one account share its id', () => {
    const accounts = createAwsAccounts({ clock: world.clock, region: 'eu-west-1' })
    const role = (name: string) => ({
      assumeRole: { roleArn: `arn:aws:iam::210987654321:role/${name}` },
    })
    expect(accounts.account(role('a')).id).toBe(accounts.account(role('b')).id)
    expect(accounts.account(role('a'))).not.toBe(accounts.account(role('b')))
    expect(accounts.account({ profile: 'x' }).id).not.toBe(accounts.account({}).id)
    accounts.close()
  })

  test('no region is a clear error', () => {
    const accounts = createAwsAccounts({ clock: world.clock })
    expect(() => accounts.account({})).toThrow(
      'no region is configured: set aws.region of the WorkPool, or AWS_REGION',
    )
  })

  test('limits of pools: the lowest counts, and can be taken back', async () => {
    const { accounts } = world
    const tokensOf = () =>
      Object.values(accounts.metrics())[0]?.find(({ bucket }) => bucket === 'ec2Read')?.tokens
    accounts.setApiLimits({}, 'WorkPool/default/a', { ec2Read: { burst: 50 } })
    accounts.setApiLimits({}, 'WorkPool/default/b', { ec2Read: { burst: 20 } })
    expect(tokensOf()).toBe(20)
    accounts.setApiLimits({}, 'WorkPool/default/b', undefined)
    await world.clock.advance(60_000)
    expect(tokensOf()).toBe(50)
  })
})
