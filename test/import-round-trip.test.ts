import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../src/lib/json.ts'
import {
  FAMILY,
  IMAGE,
  imported,
  network,
  REGISTERED,
  ROLE,
  render,
} from './world/import-round-trip.ts'

/**
 * What Prefect has saved, imported and rendered, against what Prefect would send for it (its rules, not
 * its code). Names that Capstan chooses differently on purpose are its own here: the family, and of logs the region.
 */

interface Case {
  readonly name: string
  readonly block: JsonObject
  readonly taskDefinition?: unknown
  readonly runTask: unknown
}

const BLOCKS: readonly Case[] = [
  {
    name: 'a command and nothing else',
    block: { command: ['echo', 'hello world'], image: IMAGE },
    taskDefinition: {
      family: FAMILY,
      containerDefinitions: [{ name: 'prefect', image: IMAGE }],
      cpu: '1024',
      memory: '2048',
      networkMode: 'awsvpc',
      requiresCompatibilities: ['FARGATE'],
    },
    runTask: {
      taskDefinition: REGISTERED,
      launchType: 'FARGATE',
      networkConfiguration: network(),
      overrides: {
        containerOverrides: [
          { name: 'prefect', command: ['echo', 'hello world'], environment: [] },
        ],
      },
    },
  },
  {
    name: 'every setting of a task on Fargate',
    block: {
      type: 'ecs-task',
      name: 'nightly',
      command: ['echo', '{{ not a placeholder }}'],
      image: IMAGE,
      family: 'My Fam*&',
      cpu: 2048,
      memory: 4096,
      execution_role_arn: ROLE,
      task_role_arn: 'arn:aws:iam::123456789012:role/task',
      configure_cloudwatch_logs: true,
      cloudwatch_logs_options: { 'awslogs-stream-prefix': 'own' },
      launch_type: 'FARGATE',
      vpc_id: 'vpc-1',
      cluster: 'batch',
      env: { PLANET: 'earth', TEMPLATE: '{{ x }}', GONE: null },
      labels: { team: 'data', 'über alles': 'a & b' },
    },
    taskDefinition: {
      family: 'My-Fam',
      containerDefinitions: [
        {
          name: 'prefect',
          image: IMAGE,
          logConfiguration: {
            logDriver: 'awslogs',
            options: {
              'awslogs-create-group': 'true',
              'awslogs-group': 'prefect',
              'awslogs-region': '<region>',
              'awslogs-stream-prefix': 'own',
            },
          },
        },
      ],
      cpu: '2048',
      memory: '4096',
      networkMode: 'awsvpc',
      requiresCompatibilities: ['FARGATE'],
      executionRoleArn: ROLE,
    },
    runTask: {
      cluster: 'batch',
      taskDefinition: REGISTERED,
      launchType: 'FARGATE',
      networkConfiguration: network(['<subnets of vpc-1>']),
      overrides: {
        cpu: '2048',
        memory: '4096',
        taskRoleArn: 'arn:aws:iam::123456789012:role/task',
        containerOverrides: [
          {
            name: 'prefect',
            command: ['echo', '{{ not a placeholder }}'],
            environment: [
              { name: 'PLANET', value: 'earth' },
              { name: 'TEMPLATE', value: '{{ x }}' },
            ],
            cpu: 2048,
            memory: 4096,
          },
        ],
      },
      tags: [
        { key: 'team', value: 'data' },
        { key: 'ber-alles', value: 'a-b' },
      ],
    },
  },
  {
    name: 'Fargate Spot',
    block: { command: ['echo'], image: IMAGE, launch_type: 'FARGATE_SPOT' },
    taskDefinition: {
      family: FAMILY,
      containerDefinitions: [{ name: 'prefect', image: IMAGE }],
      cpu: '1024',
      memory: '2048',
      networkMode: 'awsvpc',
      requiresCompatibilities: ['FARGATE'],
    },
    runTask: {
      taskDefinition: REGISTERED,
      capacityProviderStrategy: [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }],
      networkConfiguration: network(),
      overrides: {
        containerOverrides: [{ name: 'prefect', command: ['echo'], environment: [] }],
      },
    },
  },
  {
    name: 'EC2: sizes are the container’s, and there is no network',
    block: { command: ['echo'], image: IMAGE, launch_type: 'EC2', memory: 512 },
    taskDefinition: {
      family: FAMILY,
      containerDefinitions: [{ name: 'prefect', image: IMAGE, cpu: 1024, memory: 512 }],
    },
    runTask: {
      taskDefinition: REGISTERED,
      launchType: 'EC2',
      overrides: {
        memory: '512',
        containerOverrides: [{ name: 'prefect', command: ['echo'], environment: [], memory: 512 }],
      },
    },
  },
  {
    name: 'no launch type: the cluster decides',
    block: { command: ['echo'], image: IMAGE, launch_type: null },
    taskDefinition: {
      family: FAMILY,
      containerDefinitions: [{ name: 'prefect', image: IMAGE, cpu: 1024, memory: 2048 }],
    },
    runTask: {
      taskDefinition: REGISTERED,
      overrides: {
        containerOverrides: [{ name: 'prefect', command: ['echo'], environment: [] }],
      },
    },
  },
  {
    name: 'a definition with the container prefect: unset names go, the rest stays',
    block: {
      image: IMAGE,
      env: { OLD: null },
      task_definition: {
        family: 'own',
        cpu: '256',
        memory: '512',
        revision: 4,
        containerDefinitions: [
          { name: 'sidecar', image: 'proxy:1', essential: false },
          {
            name: 'prefect',
            image: 'other',
            command: ['sleep', '1'],
            privileged: false,
            environment: [
              { name: 'OLD', value: '1' },
              { name: 'KEPT', value: '2' },
            ],
          },
        ],
      },
    },
    taskDefinition: {
      family: 'own',
      cpu: '256',
      memory: '512',
      networkMode: 'awsvpc',
      requiresCompatibilities: ['FARGATE'],
      containerDefinitions: [
        { name: 'sidecar', image: 'proxy:1', essential: false },
        {
          name: 'prefect',
          image: IMAGE,
          command: ['sleep', '1'],
          privileged: false,
          environment: [{ name: 'KEPT', value: '2' }],
        },
      ],
    },
    runTask: {
      taskDefinition: REGISTERED,
      launchType: 'FARGATE',
      networkConfiguration: network(),
      overrides: { containerOverrides: [{ name: 'prefect', environment: [] }] },
    },
  },
  {
    name: 'a definition without it gets one more container',
    block: {
      image: IMAGE,
      task_definition: { containerDefinitions: [{ name: 'proxy', image: 'proxy:1' }] },
    },
    taskDefinition: {
      family: FAMILY,
      cpu: '1024',
      memory: '2048',
      networkMode: 'awsvpc',
      requiresCompatibilities: ['FARGATE'],
      containerDefinitions: [
        { name: 'proxy', image: 'proxy:1' },
        { name: 'prefect', image: IMAGE },
      ],
    },
    runTask: {
      taskDefinition: REGISTERED,
      launchType: 'FARGATE',
      networkConfiguration: network(),
      overrides: { containerOverrides: [{ name: 'prefect', environment: [] }] },
    },
  },
  {
    name: 'customizations come last',
    block: {
      command: ['echo'],
      image: IMAGE,
      task_customizations: [
        {
          op: 'add',
          path: '/networkConfiguration/awsvpcConfiguration/securityGroups',
          value: ['sg-1'],
        },
        {
          op: 'replace',
          path: '/networkConfiguration/awsvpcConfiguration/assignPublicIp',
          value: 'DISABLED',
        },
        { op: 'add', path: '/overrides/containerOverrides/0/memoryReservation', value: 128 },
      ],
    },
    taskDefinition: {
      family: FAMILY,
      containerDefinitions: [{ name: 'prefect', image: IMAGE }],
      cpu: '1024',
      memory: '2048',
      networkMode: 'awsvpc',
      requiresCompatibilities: ['FARGATE'],
    },
    runTask: {
      taskDefinition: REGISTERED,
      launchType: 'FARGATE',
      networkConfiguration: {
        awsvpcConfiguration: {
          subnets: ['<subnets of the default VPC>'],
          securityGroups: ['sg-1'],
          assignPublicIp: 'DISABLED',
        },
      },
      overrides: {
        containerOverrides: [
          { name: 'prefect', command: ['echo'], environment: [], memoryReservation: 128 },
        ],
      },
    },
  },
]

describe('an ECSTask block', () => {
  test.each(BLOCKS)('$name', ({ block, taskDefinition, runTask }) => {
    expect(render(imported(block))).toEqual({ taskDefinition, runTask })
  })

  test('a linked definition is run, or copied on change', () => {
    const arn = 'arn:aws:ecs:eu-west-1:123456789012:task-definition/f:3'
    const result = imported({ task_definition_arn: arn, image: null, command: ['echo'] })
    const rendered = render(result)
    expect(rendered.taskDefinition).toBeUndefined()
    expect(rendered.runTask).toMatchObject({ taskDefinition: arn, launchType: 'FARGATE' })
    expect(JSON.stringify(result.manifests)).not.toContain('UseAsIs')
  })

  test('a block document is its data under its own name', () => {
    const data = { type: 'ecs-task', command: ['echo'], image: IMAGE }
    const result = imported({ name: 'My Block', data, block_schema_id: 'x', is_anonymous: false })
    expect(result.manifests.map(({ metadata }) => metadata)).toEqual([
      { name: 'my-block' },
      { name: 'my-block' },
    ])
  })
})
