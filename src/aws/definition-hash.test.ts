import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { definitionHash, sameDefinition } from './definition-hash.ts'
import { diffDefinitions } from './diff-definitions.ts'
import type { RegisterTaskDefinitionBody } from './ports.ts'

const FULL: RegisterTaskDefinitionBody = {
  family: 'f',
  networkMode: 'awsvpc',
  requiresCompatibilities: ['FARGATE', 'EC2'],
  cpu: '1024',
  memory: '2048',
  volumes: [{ name: 'data', efsVolumeConfiguration: { fileSystemId: 'fs-1' } }, { name: 'tmp' }],
  tags: [
    { key: 'team', value: 'data' },
    { key: 'cost', value: 'x' },
  ],
  containerDefinitions: [
    {
      name: 'main',
      image: 'busybox:1',
      command: ['a', 'b'],
      environment: [
        { name: 'A', value: '1' },
        { name: 'B', value: '' },
      ],
      secrets: [
        { name: 'S', valueFrom: 'arn:s' },
        { name: 'T', valueFrom: 'arn:t' },
      ],
      portMappings: [{ containerPort: 80 }, { containerPort: 81, protocol: 'udp' }],
      mountPoints: [
        { sourceVolume: 'data', containerPath: '/data' },
        { sourceVolume: 'tmp', containerPath: '/tmp' },
      ],
      dependsOn: [
        { containerName: 'side', condition: 'START' },
        { containerName: 'other', condition: 'HEALTHY' },
      ],
      ulimits: [
        { name: 'core', softLimit: 0, hardLimit: 0 },
        { name: 'nofile', softLimit: 1, hardLimit: 2 },
      ],
      healthCheck: { command: ['CMD', 'true'] },
      linuxParameters: { initProcessEnabled: true },
      logConfiguration: { logDriver: 'awslogs', options: { mode: 'blocking', timeout: '5' } },
    },
    { name: 'side', image: 'side:1', essential: false, memory: 128 },
    { name: 'other', image: 'other:1', healthCheck: { command: ['CMD', 'x'], startPeriod: 0 } },
  ],
}

type Container = NonNullable<RegisterTaskDefinitionBody['containerDefinitions']>[number]

/** What DescribeTaskDefinition gives of a definition. */
function asEcsGivesIt(body: RegisterTaskDefinitionBody): RegisterTaskDefinitionBody {
  const { tags: _, ...rest } = body
  return {
    placementConstraints: [],
    enableFaultInjection: false,
    networkMode: 'bridge',
    ...rest,
    volumes: (body.volumes ?? []).map((volume) =>
      volume.efsVolumeConfiguration
        ? {
            ...volume,
            efsVolumeConfiguration: { rootDirectory: '/', ...volume.efsVolumeConfiguration },
          }
        : { host: {}, ...volume },
    ),
    containerDefinitions: (body.containerDefinitions ?? []).map((container) =>
      withDefaults(container, body.networkMode ?? 'bridge'),
    ),
    ...({
      taskDefinitionArn: 'arn:aws:ecs:us-east-1:1:task-definition/f:7',
      revision: 7,
      status: 'ACTIVE',
      compatibilities: ['EC2', 'FARGATE'],
      requiresAttributes: [{ name: 'x' }],
      registeredBy: 'arn:aws:iam::1:user/x',
      registeredAt: 1_700_000_000,
    } as object),
  }
}

function withDefaults(container: Container, networkMode: string): Container {
  return {
    cpu: 0,
    essential: true,
    environment: [],
    environmentFiles: [],
    mountPoints: [],
    volumesFrom: [],
    systemControls: [],
    ...container,
    portMappings: (container.portMappings ?? []).map((port) => ({
      protocol: 'tcp' as const,
      hostPort: networkMode === 'bridge' ? 0 : port.containerPort,
      ...port,
    })),
    ...(container.logConfiguration && {
      logConfiguration: { secretOptions: [], ...container.logConfiguration },
    }),
    ...(container.linuxParameters && {
      linuxParameters: { ...container.linuxParameters, capabilities: { add: [] } },
    }),
    ...(container.healthCheck && {
      healthCheck: { interval: 30, timeout: 5, retries: 3, ...container.healthCheck },
    }),
  }
}

const UNORDERED =
  /^(containerDefinitions|environment|secrets|portMappings|mountPoints|dependsOn|ulimits|volumes|tags|requiresCompatibilities)$/

/** The same document with its unordered lists and its members in another order. */
function shuffled(value: unknown, seed: number, name = ''): unknown {
  const order = <T>(list: readonly T[]): T[] => {
    const start = seed % Math.max(1, list.length)
    return [...list.slice(start), ...list.slice(0, start)].toReversed()
  }
  if (Array.isArray(value)) {
    const items = value.map((item) => shuffled(item, seed))
    return UNORDERED.test(name) ? order(items) : items
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    order(Object.entries(value)).map(([key, member]) => [key, shuffled(member, seed, key)]),
  )
}

describe('definitionHash', () => {
  test('is the hash of a small definition for ever: it stands in tags of AWS', () => {
    const body = { family: 'f', containerDefinitions: [{ name: 'main', image: 'busybox' }] }
    expect(definitionHash(body)).toBe(
      'cbea1300a486d0f7d97b7a6b2b03c50580511fcb2640f26a462d950f5f5a6831',
    )
  })

  test('does not see the order of lists and members', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const other = shuffled(FULL, seed) as RegisterTaskDefinitionBody
        expect(definitionHash(other)).toBe(definitionHash(FULL))
      }),
    )
  })

  test.each(['constructor', 'toString', 'new'])('sees a member that is called %s', (name) => {
    for (const value of ['x', [{ name: 'x' }]]) {
      expect(definitionHash({ ...FULL, [name]: value })).not.toBe(definitionHash(FULL))
    }
  })

  const BODIES: readonly (readonly [string, RegisterTaskDefinitionBody])[] = [
    ['awsvpc', FULL],
    ['bridge', { ...FULL, networkMode: undefined }],
    ['one container', { family: 'f', containerDefinitions: [{ name: 'main', image: 'busybox' }] }],
  ]
  test.each(BODIES)('does not see what ECS adds (%s)', (_, body) => {
    expect(sameDefinition(asEcsGivesIt(body), body)).toBe(true)
    expect(diffDefinitions({ ...body, tags: undefined }, asEcsGivesIt(body))).toEqual([])
  })

  test.each([
    ['units', { cpu: '1 vCPU', memory: '2GB' }, { cpu: '1024', memory: '2048' }],
    ['units with fractions', { cpu: '.5 vcpu', memory: '0.5 GB' }, { cpu: '512', memory: '512' }],
    [
      'default platform',
      { runtimePlatform: { cpuArchitecture: 'X86_64', operatingSystemFamily: 'LINUX' } },
      {},
    ],
    ['own tags', { tags: [{ key: 'capstan.dev/definition-hash', value: 'x' }] }, {}],
    ['empty lists', { volumes: [], placementConstraints: [] }, {}],
  ] as const)('does not see %s', (_, a, b) => {
    const plain = { family: 'f', containerDefinitions: [{ name: 'main', image: 'x' }] }
    const hash = (part: object): string => definitionHash({ ...plain, ...part })
    expect(hash(a)).toBe(hash(b))
  })

  const CHANGES: readonly (readonly [string, (container: Container) => Container])[] = [
    ['image', (c) => ({ ...c, image: 'busybox:2' })],
    ['order of the command', (c) => ({ ...c, command: ['b', 'a'] })],
    [
      'an environment value',
      (c) => ({
        ...c,
        environment: [
          { name: 'A', value: '2' },
          { name: 'B', value: '' },
        ],
      }),
    ],
    [
      'one more variable',
      (c) => ({ ...c, environment: [...(c.environment ?? []), { name: 'C', value: '' }] }),
    ],
    ['a secret', (c) => ({ ...c, secrets: [{ name: 'S', valueFrom: 'arn:other' }] })],
    ['essential', (c) => ({ ...c, essential: false })],
    ['a limit of zero', (c) => ({ ...c, ulimits: [{ name: 'core', softLimit: 0, hardLimit: 1 }] })],
    [
      'a log option that looks like a default',
      (c) => ({ ...c, logConfiguration: { logDriver: 'awslogs', options: { mode: 'blocking' } } }),
    ],
    ['a port', (c) => ({ ...c, portMappings: [{ containerPort: 82 }] })],
    ['a health check', (c) => ({ ...c, healthCheck: { command: ['CMD', 'true'], interval: 31 } })],
    [
      'a variable that is there twice',
      (c) => ({
        ...c,
        environment: [
          { name: 'A', value: '1' },
          { name: 'A', value: '1' },
          { name: 'B', value: '' },
        ],
      }),
    ],
  ]
  test.each(CHANGES)('sees %s', (_, change) => {
    const [main, ...rest] = FULL.containerDefinitions ?? []
    const changed = { ...FULL, containerDefinitions: [change(main!), ...rest] }
    expect(definitionHash(changed)).not.toBe(definitionHash(FULL))
  })

  test.each([
    'family',
    'cpu',
    'memory',
    'networkMode',
    'tags',
    'volumes',
    'executionRoleArn',
  ] as const)('sees the %s', (member) => {
    const value = { tags: [{ key: 'team', value: 'other' }], volumes: [{ name: 'tmp' }] }
    const other = { ...FULL, [member]: member in value ? value[member as 'tags'] : 'host' }
    expect(definitionHash(other)).not.toBe(definitionHash(FULL))
  })
})

describe('diffDefinitions', () => {
  test('names each field, and hides the values of the environment', () => {
    const [main, side, other] = FULL.containerDefinitions ?? []
    const desired: RegisterTaskDefinitionBody = {
      ...FULL,
      cpu: '2048',
      containerDefinitions: [
        { ...main!, image: 'busybox:2', environment: [{ name: 'A', value: 'hush' }] },
        side!,
        { ...other!, environment: [{ name: 'X', value: 'hush' }] },
      ],
    }
    const differences = diffDefinitions(desired, FULL)
    expect(differences).toEqual([
      {
        path: 'containerDefinitions.main.environment.A.value',
        desired: '<hidden>',
        observed: '<hidden>',
      },
      { path: 'containerDefinitions.main.environment.B', observed: '<hidden>' },
      { path: 'containerDefinitions.main.image', desired: '"busybox:2"', observed: '"busybox:1"' },
      { path: 'containerDefinitions.other.environment', desired: '<hidden>' },
      { path: 'cpu', desired: '2048', observed: '1024' },
    ])
    expect(JSON.stringify(differences)).not.toContain('hush')
  })

  test('a new container is one difference, hidden for what it may hold', () => {
    const desired = {
      ...FULL,
      containerDefinitions: [...(FULL.containerDefinitions ?? []), { name: 'new', image: 'x' }],
    }
    expect(diffDefinitions(desired, FULL)).toEqual([
      { path: 'containerDefinitions.new', desired: '<hidden>' },
    ])
  })
})
