import { describe, expect, test } from 'vitest'
import { build, errors, ROLE } from '../../test/world/definition-of.ts'
import type { TemplateSpec } from '../kinds/generated.ts'
import type { RegisterTaskDefinitionBody } from './ports.ts'
import { type BuiltTaskDefinition } from './task-definition.ts'

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
