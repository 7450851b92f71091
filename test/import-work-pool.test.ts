import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Json, JsonObject } from '../src/lib/json.ts'
import {
  FAMILY,
  IMAGE,
  imported,
  network,
  REGISTERED,
  ROLE,
  render,
} from './world/import-round-trip.ts'

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
  // The template as Prefect makes it.
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
