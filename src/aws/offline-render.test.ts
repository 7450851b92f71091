import { expect, test } from 'vitest'
import type { TemplateSpec } from '../kinds/generated.ts'
import { renderOffline } from './offline-render.ts'

const NAMES = { namespace: 'team', run: 'nightly.etl', deployment: undefined, workPool: 'fargate' }

test('both bodies, with placeholders where only AWS knows', () => {
  const template = {
    image: 'busybox:1',
    command: 'echo hi',
    env: { N: 1 },
    configureCloudwatchLogs: true,
    executionRoleArn: 'arn:r',
  }
  expect(renderOffline({ template, rung: 0, names: NAMES })).toEqual({
    problems: [],
    taskDefinition: {
      family: 'capstan-team-nightly-etl',
      containerDefinitions: [
        {
          name: 'main',
          image: 'busybox:1',
          logConfiguration: {
            logDriver: 'awslogs',
            options: {
              'awslogs-create-group': 'true',
              'awslogs-group': 'capstan',
              'awslogs-region': '<region>',
              'awslogs-stream-prefix': 'team/nightly.etl',
            },
          },
        },
      ],
      cpu: '1024',
      memory: '2048',
      networkMode: 'awsvpc',
      requiresCompatibilities: ['FARGATE'],
      executionRoleArn: 'arn:r',
    },
    runTask: {
      taskDefinition: '<registered at launch>',
      launchType: 'FARGATE',
      networkConfiguration: {
        awsvpcConfiguration: {
          subnets: ['<subnets of the default VPC>'],
          securityGroups: [],
          assignPublicIp: 'ENABLED',
        },
      },
      overrides: {
        containerOverrides: [
          { name: 'main', command: ['echo', 'hi'], environment: [{ name: 'N', value: '1' }] },
        ],
      },
      tags: [
        { key: 'capstan.dev/run', value: 'team/nightly.etl' },
        { key: 'capstan.dev/run-uid', value: '<uid>' },
        { key: 'capstan.dev/attempt', value: '<attempt>' },
        { key: 'capstan.dev/work-pool', value: 'team/fargate' },
        { key: 'capstan.dev/controller', value: '<controller>' },
        { key: 'capstan.dev/instance', value: '<instance>' },
      ],
      clientToken: '<derived from uid and attempt>',
      startedBy: '<derived from uid and attempt>',
    },
  })
})

test('a linked definition is named, not shown', () => {
  const { taskDefinition, taskDefinitionArn, runTask } = renderOffline({
    template: { taskDefinitionArn: 'arn:aws:ecs:eu-west-1:1:task-definition/f:3', vpcId: 'vpc-1' },
    rung: 0,
    names: { ...NAMES, deployment: 'etl' },
    region: 'eu-west-1',
  })
  expect(taskDefinition).toBeUndefined()
  expect(taskDefinitionArn).toBe('arn:aws:ecs:eu-west-1:1:task-definition/f:3')
  expect(runTask.taskDefinition).toBe(taskDefinitionArn)
  expect(runTask.networkConfiguration?.awsvpcConfiguration?.subnets).toEqual(['<subnets of vpc-1>'])
})

test('a linked definition that may have to be copied is named with what it is copied for', () => {
  const arn = 'arn:aws:ecs:eu-west-1:1:task-definition/f:3'
  const rendered = (different: TemplateSpec) =>
    renderOffline({
      template: { taskDefinitionArn: arn, image: 'x', secrets: { A: 'arn:a' }, ...different },
      rung: 0,
      names: NAMES,
    }).runTask
  expect(rendered({}).taskDefinition).toBe(`<${arn}, or a copy where it differs in image, secrets>`)
  expect(rendered({ taskDefinitionArnMode: 'UseAsIs' }).taskDefinition).toBe(arn)
})

test('EC2 needs no network, and the region stands where it is known', () => {
  const { runTask, taskDefinition } = renderOffline({
    template: { image: 'x', launchType: 'EC2', streamOutput: true, executionRoleArn: 'arn:r' },
    rung: 0,
    names: NAMES,
    region: 'eu-west-1',
  })
  expect(runTask.networkConfiguration).toBeUndefined()
  expect(JSON.stringify(taskDefinition)).toContain('"awslogs-region":"eu-west-1"')
})
