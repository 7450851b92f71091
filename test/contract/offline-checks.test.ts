import fc from 'fast-check'
import { expect, test } from 'vitest'
import { renderOffline } from '../../src/aws/offline-render.ts'
import { hasErrors } from '../../src/aws/template-problem.ts'
import { validateTemplate } from '../../src/aws/validate-template.ts'
import { localConfig } from '../../src/emulator/config.ts'
import type { EmulatorReply } from '../../src/emulator/emulator.ts'
import type { TemplateSpec } from '../../src/kinds/generated.ts'
import { checkRules } from '../../src/kinds/template-rules.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { someOf } from '../world/effort.ts'
import { type Emulated, emulated } from '../world/emulated.ts'

const NAMES = { namespace: 'default', run: 'hello', workPool: 'default' }
/** Enough for every pair of fields, several times. */
const RUNS = someOf(3_000)
const ROLE = 'arn:aws:iam::123456789012:role/any'

const name = fc.constantFrom('main', 'web', 'side', 'a b', '', 'x'.repeat(256))
const text = fc.string({ unit: 'grapheme', maxLength: 40 })
const seconds = fc.constantFrom(0, 1, 2, 5, 30, 60, 120, 121, 300, 301)

const healthCheck = fc.record(
  { command: fc.constantFrom([], ['CMD', 'true']), interval: seconds, timeout: seconds },
  { requiredKeys: ['command'] },
)
const volumes = fc.constantFrom(
  [{ name: 'v' }],
  [{ name: 'v', host: { sourcePath: '/srv' } }],
  [{ name: 'v', configuredAtLaunch: true }],
  [{ name: 'v', efsVolumeConfiguration: { fileSystemId: 'fs-1' } }],
  [
    {
      name: 'v',
      efsVolumeConfiguration: {
        fileSystemId: 'fs-1',
        rootDirectory: '/x',
        transitEncryption: 'ENABLED',
        authorizationConfig: { accessPointId: 'fsap-1', iam: 'ENABLED' },
      },
    },
  ],
  [{ name: 'v' }, { name: 'v', dockerVolumeConfiguration: { scope: 'task' } }],
)
const mountPoints = fc.constantFrom(
  [{ sourceVolume: 'v', containerPath: '/v' }],
  [{ sourceVolume: 'w', containerPath: '/w' }],
)
const dependsOn = fc.constantFrom(
  [{ containerName: 'side', condition: 'START' }],
  [{ containerName: 'main', condition: 'HEALTHY' }],
  [{ containerName: 'nobody', condition: 'SUCCESS' }],
  [{ containerName: 'web', condition: 'START' }],
)
/** Settings that do not go with every place, and of which few are tried together. */
const setting = fc.constantFrom<JsonObject>(
  { privileged: true },
  { disableNetworking: true },
  { dnsServers: ['10.0.0.2'] },
  { dockerSecurityOptions: ['no-new-privileges'] },
  { links: ['web'] },
  { hostname: 'me' },
  { extraHosts: [{ hostname: 'a', ipAddress: '10.0.0.1' }] },
  { portMappings: [{ containerPort: 80, hostPort: 8080 }] },
  { portMappings: [{ containerPort: 80 }] },
  { linuxParameters: { sharedMemorySize: 64 } },
  { linuxParameters: { capabilities: { add: ['SYS_PTRACE'] } } },
  { linuxParameters: { capabilities: { add: ['NET_ADMIN'] } } },
  { resourceRequirements: [{ type: 'GPU', value: '1' }] },
  { startTimeout: 2 },
  { startTimeout: 121 },
  { environmentFiles: [{ type: 's3', value: 'arn:aws:s3:::b/a.env' }] },
  { environmentFiles: [{ type: 's3', value: 'arn:aws:s3:::b/a.txt' }] },
  { firelensConfiguration: { type: 'fluentbit' } },
  { firelensConfiguration: { type: 'fluentbit', options: { 'config-file-type': 's3' } } },
  { logConfiguration: { logDriver: 'awsfirelens' } },
  { restartPolicy: { enabled: true, restartAttemptPeriod: 60 } },
)
const plainContainer = fc.record(
  {
    name,
    image: fc.constantFrom('busybox', '', 'x'.repeat(256)),
    essential: fc.boolean(),
    memory: fc.constantFrom(64, 1024, 16_384),
    memoryReservation: fc.constantFrom(32, 2048),
    cpu: fc.constantFrom(0, 64, 4096),
    environment: fc.constantFrom([], [{ name: 'A', value: '1' }]),
    healthCheck,
    mountPoints,
    dependsOn,
    stopTimeout: seconds,
    logConfiguration: fc.constantFrom(
      { logDriver: 'awslogs', options: { 'awslogs-group': 'g', 'awslogs-region': 'r' } },
      { logDriver: 'syslog' },
    ),
  },
  { requiredKeys: ['name'] },
)
const container = fc.oneof(
  plainContainer,
  fc.tuple(plainContainer, setting).map(([plain, odd]) => ({ ...plain, ...odd })),
)
// What NONE comes to is the cluster's business.
const launchType = fc.constantFrom('FARGATE', 'FARGATE_SPOT', 'EC2', 'EXTERNAL')
const strategy = fc.array(
  fc.record(
    {
      capacityProvider: fc.constantFrom('FARGATE', 'FARGATE_SPOT'),
      weight: fc.constantFrom(0, 1),
      base: fc.constantFrom(0, 1),
    },
    { requiredKeys: ['capacityProvider'] },
  ),
  { minLength: 1, maxLength: 3 },
)

/** Anything that fits the schema, right or wrong for ECS, with the sizes that Fargate has among the others. */
const template = fc.record(
  {
    command: fc.oneof(text, fc.array(text, { maxLength: 3 })),
    env: fc.dictionary(fc.constantFrom('A', 'B', 'LONG'), fc.oneof(text, fc.integer()), {
      maxKeys: 3,
    }),
    labels: fc.dictionary(text, text, { maxKeys: 60 }),
    launchType,
    capacityProviderStrategy: strategy,
    cpu: fc.constantFrom(128, 256, 300, 1024, 4096, 32_768),
    memory: fc.constantFrom(256, 512, 2048, 8192, 16_384, 61_440),
    family: fc.oneof(text, fc.constant('x'.repeat(300))),
    containerName: name,
    taskDefinition: fc.record(
      {
        networkMode: fc.constantFrom('awsvpc', 'bridge', 'host', 'none'),
        requiresCompatibilities: fc.constantFrom(['FARGATE'], ['EC2'], ['EC2', 'FARGATE']),
        containerDefinitions: fc.array(container, { maxLength: 3 }),
        cpu: fc.constantFrom('256', '.5 vCPU', '1000000'),
        memory: fc.constantFrom('512', '1 GB'),
        placementConstraints: fc.constant([{ type: 'distinctInstance' }]),
        ipcMode: fc.constantFrom('task', 'host'),
        pidMode: fc.constantFrom('task', 'host'),
      },
      { requiredKeys: [] },
    ),
    sidecars: fc.array(container, { maxLength: 12 }),
    volumes,
    volumeConfigurations: fc.constantFrom(
      [],
      [{ name: 'v', managedEBSVolume: { sizeInGiB: 1, roleArn: ROLE } }],
    ),
    mountPoints,
    healthCheck,
    ulimits: fc.constantFrom(
      [{ name: 'nofile', softLimit: 0, hardLimit: 0 }],
      [{ name: 'nofile', softLimit: 9, hardLimit: 1 }],
    ),
    stopTimeoutSeconds: seconds,
    ephemeralStorageGiB: fc.constantFrom(20, 21, 200, 201),
    platformVersion: fc.constantFrom('LATEST', '1.4.0'),
    placementConstraints: fc.constant([{ type: 'distinctInstance' }]),
    placementStrategy: fc.constant([{ type: 'random' }]),
    propagateTags: fc.constantFrom('TASK_DEFINITION', 'NONE'),
    enableExecuteCommand: fc.boolean(),
    networkConfiguration: fc.record(
      {
        subnets: fc.array(fc.constantFrom('subnet-1', 'subnet-2'), { maxLength: 18 }),
        securityGroups: fc.array(fc.constantFrom('sg-1', 'sg-2'), { maxLength: 7 }),
        assignPublicIp: fc.constantFrom('ENABLED', 'DISABLED'),
      },
      { requiredKeys: [] },
    ),
    streamOutput: fc.boolean(),
    runtimePlatform: fc.constant({ cpuArchitecture: 'ARM64', operatingSystemFamily: 'LINUX' }),
  },
  { requiredKeys: [] },
)

function toTemplate(given: object): TemplateSpec {
  return { image: 'busybox', executionRoleArn: ROLE, ...given } as TemplateSpec
}

/** What only AWS knows stands in `<…>`; here it gets some value. */
function settled<T>(body: T): T {
  return JSON.parse(JSON.stringify(body).replaceAll(/<[a-z][^<>"]*>/g, 'x')) as T
}

/** What ECS would say to both bodies; undefined: it takes them. */
function refusalOf(world: Emulated, spec: TemplateSpec): string | undefined {
  const { taskDefinition, runTask } = renderOffline({ template: spec, rung: 0, names: NAMES })
  const registered = world.call('ecs', 'RegisterTaskDefinition', settled(taskDefinition ?? {}))
  if (registered.type !== 'Ok') return textOf(registered)
  const revision = registered.body['taskDefinition'] as { readonly taskDefinitionArn: string }
  const { clientToken: _, ...rest } = settled(runTask)
  const launched = world.call('ecs', 'RunTask', {
    ...rest,
    startedBy: 'me',
    taskDefinition: revision.taskDefinitionArn,
  })
  return launched.type === 'Ok' ? undefined : textOf(launched)
}

function textOf(reply: EmulatorReply): string {
  return reply.type === 'Error' ? `${reply.error.code}: ${reply.error.message}` : reply.type
}

function isTaken(spec: TemplateSpec): boolean {
  return (
    checkRules(spec as Parameters<typeof checkRules>[0]).length === 0 &&
    !hasErrors(validateTemplate(spec, NAMES))
  )
}

/** A few of the fields at a time: everything at once is always wrong somewhere. */
const someFields = fc
  .tuple(template, fc.integer({ min: 0, max: 5 }), fc.infiniteStream(fc.nat()))
  .map(([given, count, dice]) => {
    const ranked = Object.entries(given).map((entry) => ({ entry, rank: dice.next().value ?? 0 }))
    ranked.sort((a, b) => a.rank - b.rank)
    return Object.fromEntries(ranked.slice(0, count).map(({ entry }) => entry))
  })

test('what the offline checks let through is never refused by ECS', () => {
  const world = emulated({ config: localConfig, behave: () => ({ runMs: 1 }) })
  let taken = 0
  let refused = 0
  fc.assert(
    fc.property(someFields, (given) => {
      const spec = toTemplate(given)
      if (isTaken(spec)) {
        taken += 1
        expect(refusalOf(world, spec)).toBeUndefined()
      } else refused += 1
    }),
    { numRuns: RUNS },
  )
  expect(taken).toBeGreaterThan(RUNS / 10)
  expect(refused).toBeGreaterThan(RUNS / 10)
})
