import { describe, expect, test } from 'vitest'
import { parseFailures, parseTask, parseTaskDefinition, parseTasks } from './ecs-answers.ts'

const ARN = 'arn:aws:ecs:eu-west-1:1:task/prod/0123'

describe('parseTask', () => {
  test('a whole task', () => {
    const task = parseTask({
      taskArn: ARN,
      clusterArn: 'arn:aws:ecs:eu-west-1:1:cluster/prod',
      taskDefinitionArn: 'arn:td',
      version: 5,
      lastStatus: 'STOPPED',
      desiredStatus: 'STOPPED',
      launchType: 'FARGATE',
      capacityProviderName: 'FARGATE_SPOT',
      startedBy: 'capstan-1',
      group: 'family:f',
      stopCode: 'EssentialContainerExited',
      stoppedReason: 'Essential container in task exited',
      healthStatus: 'UNKNOWN',
      connectivity: 'CONNECTED',
      createdAt: new Date(1),
      startedAt: new Date(2),
      stoppingAt: new Date(3),
      stoppedAt: new Date(4),
      containers: [{ name: 'main', exitCode: 0, lastStatus: 'STOPPED' }],
      tags: [{ key: 'a', value: 'b' }],
    })
    expect(task).toEqual({
      taskArn: ARN,
      clusterArn: 'arn:aws:ecs:eu-west-1:1:cluster/prod',
      taskDefinitionArn: 'arn:td',
      version: 5,
      lastStatus: 'STOPPED',
      desiredStatus: 'STOPPED',
      launchType: 'FARGATE',
      capacityProviderName: 'FARGATE_SPOT',
      startedBy: 'capstan-1',
      group: 'family:f',
      stopCode: 'EssentialContainerExited',
      stoppedReason: 'Essential container in task exited',
      healthStatus: 'UNKNOWN',
      connectivity: 'CONNECTED',
      createdAtMs: 1,
      startedAtMs: 2,
      stoppingAtMs: 3,
      stoppedAtMs: 4,
      containers: [{ name: 'main', exitCode: 0, lastStatus: 'STOPPED' }],
      tags: { a: 'b' },
    })
  })

  test('of its environment what it was told of heartbeats, and nothing else', () => {
    const environment = [
      { name: 'CAPSTAN_HEARTBEAT_URL', value: 'http://x/capstan/heartbeats/uid/0/1' },
      { name: 'CAPSTAN_HEARTBEAT_TOKEN', value: 'secret' },
      { name: 'CAPSTAN_HEARTBEAT_SECONDS', value: '60' },
    ]
    const containerOverrides = [{ name: 'side' }, { name: 'main', environment }]
    const task = parseTask({ taskArn: ARN, overrides: { containerOverrides } })
    expect(task?.heartbeat).toEqual({ frequencySeconds: 60, url: 'http://x' })
    expect(JSON.stringify(task)).not.toContain('secret')
  })

  test('without versions a task that is further on counts as newer', () => {
    const stages = [
      ['UNHEARD_OF', 'RUNNING'],
      ['PROVISIONING', 'RUNNING'],
      ['RUNNING', 'RUNNING'],
      ['RUNNING', 'STOPPED'],
      ['DEPROVISIONING', 'STOPPED'],
      ['STOPPED', 'STOPPED'],
    ] as const
    const versions = stages.map(([lastStatus, desiredStatus]) => {
      const task = { taskArn: ARN, taskDefinitionArn: 'arn:td', lastStatus, desiredStatus }
      return parseTask(task)?.version
    })
    expect(versions).toEqual([0, 2, 8, 9, 15, 17])
  })

  test('what a repeated RunTask gives of an old task', () => {
    expect(parseTask({ taskArn: ARN, lastStatus: 'STOPPED', desiredStatus: 'STOPPED' })).toEqual({
      taskArn: ARN,
      clusterArn: 'arn:aws:ecs:eu-west-1:1:cluster/prod',
      taskDefinitionArn: '',
      version: 0,
      lastStatus: 'STOPPED',
      desiredStatus: 'STOPPED',
      containers: [],
      tags: {},
    })
  })

  test('bad shapes do no harm', () => {
    const odd = {
      taskArn: 'odd',
      createdAt: new Date(Number.NaN),
      containers: [{ exitCode: null }],
    }
    expect(parseTask(odd as never)).toMatchObject({
      clusterArn: '',
      lastStatus: 'UNKNOWN',
      containers: [{ name: '' }],
    })
    expect(parseTask(odd as never)).not.toHaveProperty('createdAtMs')
    expect(parseTask(odd as never)?.containers[0]).not.toHaveProperty('exitCode')
    expect(parseTask(undefined)).toBeUndefined()
    expect(parseTask({})).toBeUndefined()
    expect(parseTasks(undefined)).toEqual([])
    expect(parseTasks([{}, { taskArn: ARN }])).toHaveLength(1)
  })
})

test('failures', () => {
  expect(parseFailures([{ arn: ARN, reason: 'MISSING' }, { detail: 'd' }])).toEqual([
    { arn: ARN, reason: 'MISSING' },
    { reason: 'no reason was given', detail: 'd' },
  ])
  expect(parseFailures(undefined)).toEqual([])
})

test('a definition without what only ECS can say about it', () => {
  const snapshot = parseTaskDefinition(
    {
      taskDefinitionArn: 'arn:td',
      family: 'f',
      revision: 3,
      status: 'ACTIVE',
      registeredAt: new Date(0),
      compatibilities: ['EC2'],
      containerDefinitions: [{ name: 'main' }],
    },
    [{ key: 'a', value: 'b' }],
  )
  expect(snapshot).toEqual({
    taskDefinitionArn: 'arn:td',
    family: 'f',
    revision: 3,
    status: 'ACTIVE',
    body: { family: 'f', containerDefinitions: [{ name: 'main' }] },
    tags: { a: 'b' },
  })
  expect(parseTaskDefinition(undefined, undefined)).toBeUndefined()
})
