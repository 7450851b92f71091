import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { OfflineBodies } from '../src/aws/offline-render.ts'
import type { Json, JsonObject } from '../src/lib/json.ts'
import { type ImportResult, importSource } from '../src/manifest/import/import.ts'
import { createValidator } from '../src/manifest/validator.ts'
import { renderFiles } from './world/render.ts'

/**
 * What the peer has saved, imported and rendered, against what the peer would send for it (its rules, not
 * its code). Names that Capstan chooses differently on purpose are its own here: the family, and of logs the region.
 */

const IMAGE = 'prefecthq/prefect:2.20-python3.12'
const ROLE = 'arn:aws:iam::123456789012:role/execution'
const FAMILY = 'capstan-default-saved'

const validator = createValidator()

function imported(source: Json, fallbackName = 'saved') {
  const text = JSON.stringify(source)
  const result = importSource({
    text,
    kind: undefined,
    fallbackName,
    namespace: undefined,
    validator,
  })
  if (!result.ok) throw new Error(result.problem)
  return result
}

/** Both bodies of the one Deployment in these manifests, without what only Capstan adds. */
function render(...results: readonly Extract<ImportResult, { ok: true }>[]): {
  readonly taskDefinition?: unknown
  readonly runTask: unknown
} {
  const files = results.flatMap(({ manifests }, file) =>
    manifests.map((manifest, index) => ({
      source: `${file}-${index}`,
      text: JSON.stringify(manifest),
    })),
  )
  const { runs, problems } = renderFiles(files)
  expect(problems).toEqual([])
  expect(runs).toHaveLength(1)
  const bodies = runs.map((run) => withoutOwn(run.bodies)).at(0)
  if (!bodies) throw new Error('nothing was rendered')
  return bodies
}

function withoutOwn({ taskDefinition, runTask }: OfflineBodies) {
  const { clientToken: _, startedBy: __, tags = [], ...request } = runTask
  const labels = tags.filter(({ key }) => !key?.startsWith('capstan.dev/'))
  return {
    ...(taskDefinition && { taskDefinition }),
    runTask: { ...request, ...(labels.length > 0 && { tags: labels }) },
  }
}

const REGISTERED = '<registered at launch>'

function network(subnets: readonly string[] = ['<subnets of the default VPC>']) {
  return {
    awsvpcConfiguration: { subnets, securityGroups: [] as string[], assignPublicIp: 'ENABLED' },
  }
}

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

const POOL = JSON.parse(
  readFileSync(join(import.meta.dirname, 'fixtures/base-job-template.json'), 'utf8'),
) as JsonObject

function deploying(jobVariables: JsonObject): JsonObject {
  const pool = { name: 'ecs', job_variables: jobVariables }
  return { deployments: [{ name: 'saved', entrypoint: 'flow.py:main', work_pool: pool }] }
}

function edited(change: (configuration: Record<string, Json>) => void, defaults: JsonObject = {}) {
  const pool = structuredClone(POOL) as {
    variables: { properties: Record<string, Record<string, Json>> }
    job_configuration: Record<string, Json>
  }
  change(pool.job_configuration)
  for (const [name, value] of Object.entries(defaults)) {
    pool.variables.properties[name] = {
      ...pool.variables.properties[name],
      default: value ?? null,
    }
  }
  return pool as unknown as JsonObject
}

function unedited(): void {
  // The template as the peer makes it.
}

describe('a work pool with a deployment', () => {
  test('the default template', () => {
    const pool = imported(edited(unedited, { env: { A: '1', B: '1' } }), 'ecs')
    const deployment = imported(
      deploying({
        image: IMAGE,
        cpu: 512,
        memory: 1024,
        command: 'prefect flow-run execute',
        env: { B: '2', 'C.D': 'x' },
        'env.E': '3',
        labels: { team: 'data' },
        cluster: 'batch',
        family: 'flows',
        execution_role_arn: ROLE,
        configure_cloudwatch_logs: true,
        cloudwatch_logs_prefix: 'flows',
        cloudwatch_logs_options: { 'awslogs-group': 'prefect' },
        prefect_api_key_secret_arn: 'arn:secret',
        vpc_id: 'vpc-1',
        network_configuration: { subnets: ['subnet-1'], assignPublicIp: 'ENABLED' },
      }),
    )
    expect(render(pool, deployment)).toEqual({
      taskDefinition: {
        family: 'flows',
        containerDefinitions: [
          {
            name: 'prefect',
            image: IMAGE,
            secrets: [{ name: 'PREFECT_API_KEY', valueFrom: 'arn:secret' }],
            logConfiguration: {
              logDriver: 'awslogs',
              options: {
                'awslogs-create-group': 'true',
                'awslogs-group': 'prefect',
                'awslogs-region': '<region>',
                'awslogs-stream-prefix': 'flows',
              },
            },
          },
        ],
        cpu: '512',
        memory: '1024',
        networkMode: 'awsvpc',
        requiresCompatibilities: ['FARGATE'],
        executionRoleArn: ROLE,
      },
      runTask: {
        cluster: 'batch',
        taskDefinition: REGISTERED,
        launchType: 'FARGATE',
        networkConfiguration: network(['subnet-1']),
        overrides: {
          cpu: '512',
          memory: '1024',
          containerOverrides: [
            {
              name: 'prefect',
              command: ['prefect', 'flow-run', 'execute'],
              environment: [
                { name: 'A', value: '1' },
                { name: 'B', value: '2' },
                { name: 'C.D', value: 'x' },
                { name: 'E', value: '3' },
              ],
              cpu: 512,
              memory: 1024,
            },
          ],
        },
        tags: [{ key: 'team', value: 'data' }],
      },
    })
  })

  test('a strategy replaces the launch type', () => {
    const strategy = [{ capacityProvider: 'FARGATE', weight: 1, base: 0 }]
    const pool = imported(edited(unedited, { capacity_provider_strategy: strategy }), 'ecs')
    const { runTask } = render(pool, imported(deploying({ image: IMAGE })))
    expect(runTask).toMatchObject({ capacityProviderStrategy: strategy })
    expect(runTask).not.toHaveProperty('launchType')
  })

  test('a linked definition is used as it is', () => {
    const pool = imported(edited(unedited), 'ecs')
    const rendered = render(pool, imported(deploying({ task_definition_arn: 'flows:3' })))
    expect(rendered.taskDefinition).toBeUndefined()
    expect(rendered.runTask).toMatchObject({ taskDefinition: 'flows:3' })
    expect(pool.manifests[0]).toMatchObject({
      spec: { template: { taskDefinitionArnMode: 'UseAsIs' } },
    })
  })

  test('an edited template keeps everything that was added to it', () => {
    const pool = imported(
      edited((configuration) => {
        const definition = configuration['task_definition'] as Record<string, Json>
        const request = configuration['task_run_request'] as Record<string, Json>
        const [main] = definition['containerDefinitions'] as Record<string, Json>[]
        definition['containerDefinitions'] = [
          { ...main, mountPoints: [{ sourceVolume: 'efs', containerPath: '/data' }] },
          { name: 'proxy', image: 'proxy:1', memory: '{{ proxy_memory }}' },
        ]
        definition['volumes'] = [{ name: 'efs', efsVolumeConfiguration: { fileSystemId: 'fs-1' } }]
        request['enableExecuteCommand'] = true
        request['tags'] = [{ key: 'owner', value: '{{ ctx.flow_run.name }}' }]
        request['enableECSManagedTags'] = true
        request['overrides'] = {
          ...(request['overrides'] as object),
          ephemeralStorage: { sizeInGiB: 50 },
        }
        request['startedBy'] = 'prefect'
      }),
      'ecs',
    )
    expect(pool.notes.filter(({ kind }) => kind === 'Lost').map(({ path }) => path)).toEqual([
      'job_configuration.task_run_request.startedBy',
    ])
    expect(
      render(pool, imported(deploying({ image: IMAGE, proxy_memory: 64, env: { A: '1' } }))),
    ).toEqual({
      taskDefinition: {
        family: FAMILY,
        containerDefinitions: [
          {
            name: 'prefect',
            image: IMAGE,
            mountPoints: [{ sourceVolume: 'efs', containerPath: '/data' }],
          },
          { name: 'proxy', image: 'proxy:1', memory: 64 },
        ],
        volumes: [{ name: 'efs', efsVolumeConfiguration: { fileSystemId: 'fs-1' } }],
        cpu: '1024',
        memory: '2048',
        networkMode: 'awsvpc',
        requiresCompatibilities: ['FARGATE'],
      },
      runTask: {
        taskDefinition: REGISTERED,
        launchType: 'FARGATE',
        networkConfiguration: network(),
        enableExecuteCommand: true,
        enableECSManagedTags: true,
        overrides: {
          ephemeralStorage: { sizeInGiB: 50 },
          containerOverrides: [{ name: 'prefect', environment: [{ name: 'A', value: '1' }] }],
        },
        tags: [{ key: 'owner', value: 'saved-once' }],
      },
    })
  })
})
