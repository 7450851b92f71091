import { describe, expect, test } from 'vitest'
import { FARGATE_DEFINITION } from '../../../test/world/emulated.ts'
import { definitionProblem } from './task-definition-rules.ts'
import type { DefinitionInput } from './task-definition-shape.ts'

const main = { name: 'main', image: 'image' }
const EC2: DefinitionInput = { family: 'job', containerDefinitions: [{ ...main, memory: 64 }] }

function containers(
  ...definitions: NonNullable<DefinitionInput['containerDefinitions']>
): DefinitionInput {
  return { ...FARGATE_DEFINITION, containerDefinitions: definitions }
}

type Container = NonNullable<DefinitionInput['containerDefinitions']>[number]

const firelens = { logConfiguration: { logDriver: 'awsfirelens' } }
const router = { name: 'log', image: 'l', firelensConfiguration: { type: 'fluentbit' } }

/** Settings of a container that Fargate, awsvpc or ECS itself does not take. */
const CONTAINERS: readonly (readonly [Container, string])[] = [
  [{ memory: 64, memoryReservation: 128 }, "greater than 'memoryReservation'"],
  [{ ulimits: [{ name: 'nofile', softLimit: 2, hardLimit: 1 }] }, 'must not exceed its hard limit'],
  [{ portMappings: [{ containerPort: 70_000 }] }, 'between 0 and 65535'],
  [{ restartPolicy: { enabled: true, restartAttemptPeriod: 10 } }, 'between 60 and 1800'],
  [{ environmentFiles: [{ type: 's3', value: 'arn:x.txt' }] }, '.env extension'],
  [
    {
      logConfiguration: {
        logDriver: 'awslogs',
        options: { 'awslogs-datetime-format': '%Y', 'awslogs-multiline-pattern': 'x' },
      },
    },
    'cannot both be set',
  ],
  [{ startTimeout: 121 }, 'at most 120 seconds'],
  [{ stopTimeout: 1 }, 'at least 2'],
  [{ logConfiguration: { logDriver: 'json-file' } }, 'only supports the log drivers'],
  [{ logConfiguration: { logDriver: 'awslogs' } }, 'requires options: awslogs-stream-prefix'],
  [{ privileged: true }, 'does not support privileged'],
  [{ dnsServers: ['10.0.0.2'] }, 'does not support dnsServers'],
  [{ resourceRequirements: [{ type: 'GPU', value: '1' }] }, 'do not support GPU'],
  [{ linuxParameters: { sharedMemorySize: 64 } }, 'does not support devices'],
  [{ linuxParameters: { capabilities: { add: ['NET_ADMIN'] } } }, 'SYS_PTRACE capability'],
  [{ links: ['a'] }, 'Links are not supported'],
  [{ hostname: 'me' }, 'Hostname and extra hosts'],
  [{ portMappings: [{ containerPort: 80, hostPort: 81 }] }, 'container ports in port mappings'],
  [{ mountPoints: [{ sourceVolume: 'v' }] }, 'unknown volume'],
  [firelens, "needs a container with a 'firelensConfiguration'"],
  [{ secrets: [{ name: 'A', valueFrom: 'arn:x' }] }, 'container secrets'],
  [{ repositoryCredentials: { credentialsParameter: 'arn:x' } }, 'repository credentials'],
  [{ cpu: 1_000_000 }, "cpu must not exceed the task's"],
  [{ memory: 1_000_000 }, "memory must not exceed the task's"],
]

/** What does not fit together in a definition for Fargate. */
const PARTS: readonly (readonly [DefinitionInput, string])[] = [
  [{ volumes: [{ name: 'v' }, { name: 'v' }] }, 'Volume names should be unique'],
  [
    {
      volumes: [{ name: 'v', efsVolumeConfiguration: { authorizationConfig: { iam: 'ENABLED' } } }],
    },
    'require transit encryption',
  ],
  [
    {
      volumes: [
        {
          name: 'v',
          efsVolumeConfiguration: {
            rootDirectory: '/x',
            transitEncryption: 'ENABLED',
            authorizationConfig: { accessPointId: 'fsap-1' },
          },
        },
      ],
    },
    'omitted or set to /',
  ],
  [{ volumes: [{ name: 'v', host: { sourcePath: '/x' } }] }, 'host.sourcePath'],
  [{ pidMode: 'host' }, 'pidMode host'],
  [{ placementConstraints: [{ type: 'memberOf', expression: 'x' }] }, 'not supported with FARGATE'],
  [
    {
      containerDefinitions: [
        { ...main, dependsOn: [{ containerName: 'b', condition: 'START' }] },
        { name: 'b', image: 'i', dependsOn: [{ containerName: 'main', condition: 'START' }] },
      ],
    },
    'must not contain a cycle',
  ],
  [
    {
      containerDefinitions: [
        { ...main, dependsOn: [{ containerName: 'b', condition: 'HEALTHY' }] },
        { name: 'b', image: 'i' },
      ],
    },
    'must have a health check',
  ],
  [{ containerDefinitions: [main, router] }, "with the 'awsfirelens' log driver"],
  [
    {
      containerDefinitions: [
        { ...main, ...firelens },
        { ...router, firelensConfiguration: { options: { 'config-file-type': 's3' } } },
      ],
    },
    'file configuration file type',
  ],
]

describe('definitions that ECS takes', () => {
  test.each<{ name: string; definition: DefinitionInput }>([
    { name: 'Fargate', definition: FARGATE_DEFINITION },
    { name: 'EC2 with memory of the container', definition: EC2 },
    {
      name: 'EC2 with a reservation only',
      definition: { family: 'job', containerDefinitions: [{ ...main, memoryReservation: 64 }] },
    },
    {
      name: 'sizes with units',
      definition: { ...FARGATE_DEFINITION, cpu: '1 vCPU', memory: '2GB' },
    },
    {
      name: 'the largest size',
      definition: { ...FARGATE_DEFINITION, cpu: '32768', memory: '244 GB' },
    },
    { name: 'logs through a router', definition: containers({ ...main, ...firelens }, router) },
    {
      name: 'a dependency on a container that may end',
      definition: containers(
        { ...main, dependsOn: [{ containerName: 'init', condition: 'SUCCESS' }] },
        { name: 'init', image: 'image', essential: false },
      ),
    },
  ])('$name', ({ definition }) => expect(definitionProblem(definition)).toBeUndefined())
})

describe('definitions that ECS refuses', () => {
  test.each<{ definition: DefinitionInput; message: string }>([
    { definition: { ...EC2, family: '' }, message: 'Family should not be null or empty.' },
    {
      definition: { ...EC2, family: 'bad family!' },
      message: 'Family contains invalid characters',
    },
    { definition: { ...EC2, family: 'f'.repeat(256) }, message: 'Family contains invalid' },
    {
      definition: { ...EC2, containerDefinitions: [] },
      message: 'Container list cannot be empty.',
    },
    {
      definition: containers(...Array.from({ length: 11 }, () => main)),
      message: 'at most 10 containers',
    },
    {
      definition: containers({ image: 'i' }),
      message: 'Container.name should not be null or empty.',
    },
    {
      definition: containers({ name: 'm' }),
      message: 'Container.image should not be null or empty.',
    },
    { definition: containers(main, main), message: 'Container names should be unique.' },
    {
      definition: containers({ ...main, essential: false }),
      message: 'at least one essential container',
    },
    {
      definition: containers({ ...main, healthCheck: { interval: 4 } }),
      message: 'healthCheck interval must be between 5 and 300.',
    },
    {
      definition: containers({
        ...main,
        dependsOn: [{ containerName: 'other', condition: 'START' }],
      }),
      message: "depends on unknown 'other'",
    },
    {
      definition: containers(
        { ...main, dependsOn: [{ containerName: 'init', condition: 'COMPLETE' }] },
        { name: 'init', image: 'image' },
      ),
      message: "cannot be essential and 'COMPLETE'",
    },
    { definition: { ...EC2, networkMode: 'bridged' }, message: "Invalid network mode 'bridged'." },
    {
      definition: { ...EC2, requiresCompatibilities: ['LAMBDA'] },
      message: 'Invalid requiresCompatibilities: LAMBDA',
    },
    { definition: { ...EC2, cpu: 'much' }, message: "Invalid 'cpu' setting for task." },
    { definition: { ...EC2, memory: 'much' }, message: "Invalid 'memory' setting for task." },
    {
      definition: { ...FARGATE_DEFINITION, networkMode: 'host' },
      message: "Fargate only supports network mode 'awsvpc'.",
    },
    {
      definition: { ...EC2, networkMode: 'awsvpc', requiresCompatibilities: ['FARGATE'] },
      message: "Fargate requires that 'cpu' be defined at the task level.",
    },
    {
      definition: {
        ...EC2,
        networkMode: 'awsvpc',
        cpu: '256',
        requiresCompatibilities: ['FARGATE'],
      },
      message: "Fargate requires that 'memory' be defined at the task level.",
    },
    {
      definition: { ...FARGATE_DEFINITION, cpu: '257' },
      message: "Invalid 'cpu' setting for task.",
    },
    {
      definition: { ...FARGATE_DEFINITION, memory: '4096' },
      message: 'No Fargate configuration exists for given values.',
    },
    {
      definition: { ...FARGATE_DEFINITION, ephemeralStorage: { sizeInGiB: 20 } },
      message: 'between 21 and 200 GiB',
    },
    { definition: containers({ ...main, stopTimeout: 121 }), message: 'at most 120 seconds' },
    {
      definition: {
        ...FARGATE_DEFINITION,
        runtimePlatform: { operatingSystemFamily: 'WINDOWS_SERVER_2022_CORE' },
        cpu: '256',
        memory: '512',
      },
      message: "Invalid 'cpu' setting for task.",
    },
    ...CONTAINERS.map(([setting, message]) => ({
      definition: containers({ ...main, ...setting }),
      message,
    })),
    ...PARTS.map(([parts, message]) => ({
      definition: { ...FARGATE_DEFINITION, ...parts },
      message,
    })),
    {
      definition: { family: 'job', containerDefinitions: [main] },
      message:
        "Invalid setting for container 'main'. At least one of 'memory' or 'memoryReservation' must be specified.",
    },
    {
      definition: containers({ ...main, command: ['x'.repeat(64 * 1024)] }),
      message: 'exceeds the maximum of 65536 bytes',
    },
  ])('$message', ({ definition, message }) => {
    expect(definitionProblem(definition)?.message).toContain(message)
  })
})
