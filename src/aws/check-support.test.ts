import { describe, expect, test } from 'vitest'
import { build, errors, ROLE } from '../../test/world/definition-of.ts'
import type { TemplateSpec } from '../kinds/generated.ts'
import { UNSUPPORTED_SETTINGS } from './check-support.ts'

type Container = NonNullable<
  NonNullable<TemplateSpec['taskDefinition']>['containerDefinitions']
>[number]

function withContainer(container: Container): TemplateSpec {
  return { image: 'x', taskDefinition: { containerDefinitions: [{ name: 'main', ...container }] } }
}

/** A template that uses the setting, and where its problem is. */
const USES: readonly (readonly [setting: string, template: TemplateSpec, path: string])[] = [
  ['privileged', withContainer({ privileged: true }), 'taskDefinition.containerDefinitions[0]'],
  [
    'disableNetworking',
    withContainer({ disableNetworking: true }),
    'taskDefinition.containerDefinitions[0]',
  ],
  [
    'dnsServers',
    withContainer({ dnsServers: ['1.1.1.1'] }),
    'taskDefinition.containerDefinitions[0]',
  ],
  [
    'dnsSearchDomains',
    withContainer({ dnsSearchDomains: ['a.b'] }),
    'taskDefinition.containerDefinitions[0]',
  ],
  [
    'dockerSecurityOptions',
    withContainer({ dockerSecurityOptions: ['no-new-privileges'] }),
    'taskDefinition.containerDefinitions[0]',
  ],
  [
    'a GPU in resourceRequirements',
    { image: 'x', resourceRequirements: [{ type: 'GPU', value: '1' }] },
    'resourceRequirements',
  ],
  [
    'linuxParameters.devices',
    { image: 'x', linuxParameters: { devices: [{ hostPath: '/dev/x' }] } },
    'linuxParameters',
  ],
  [
    'linuxParameters.sharedMemorySize',
    { image: 'x', linuxParameters: { sharedMemorySize: 64 } },
    'linuxParameters',
  ],
  ['linuxParameters.maxSwap', { image: 'x', linuxParameters: { maxSwap: 0 } }, 'linuxParameters'],
  [
    'linuxParameters.swappiness',
    { image: 'x', linuxParameters: { swappiness: 0 } },
    'linuxParameters',
  ],
  [
    'a capability other than SYS_PTRACE in linuxParameters.capabilities.add',
    { image: 'x', linuxParameters: { capabilities: { add: ['SYS_PTRACE', 'NET_ADMIN'] } } },
    'linuxParameters',
  ],
  [
    'a configuration file of FireLens in S3',
    {
      image: 'x',
      taskDefinition: {
        containerDefinitions: [{ name: 'main', logConfiguration: { logDriver: 'awsfirelens' } }],
      },
      sidecars: [
        {
          name: 'log',
          image: 'fluent',
          memory: 64,
          firelensConfiguration: { type: 'fluentbit', options: { 'config-file-type': 's3' } },
        },
      ],
    },
    'sidecars[0]',
  ],
  ['links', withContainer({ links: ['a'] }), 'taskDefinition.containerDefinitions[0]'],
  ['hostname', withContainer({ hostname: 'a' }), 'taskDefinition.containerDefinitions[0]'],
  [
    'extraHosts',
    withContainer({ extraHosts: [{ hostname: 'a', ipAddress: '10.0.0.1' }] }),
    'taskDefinition.containerDefinitions[0]',
  ],
  [
    'a hostPort other than its containerPort',
    withContainer({ portMappings: [{ containerPort: 80, hostPort: 8080 }] }),
    'taskDefinition.containerDefinitions[0]',
  ],
]

test('every row is tried', () => {
  expect(USES.map(([setting]) => setting)).toEqual(
    UNSUPPORTED_SETTINGS.map(({ setting }) => setting),
  )
})

describe.each(USES)('%s', (setting, template, path) => {
  test('is refused on Fargate, which is awsvpc, with the place', () => {
    const [problem, ...others] = errors(build(template))
    expect(problem).toContain(`does not take ${setting}`)
    expect(problem?.startsWith(`${path}: `)).toBe(true)
    expect(others).toEqual([])
  })

  test('is taken on EC2 in bridge mode', () => {
    expect(errors(build({ ...template, launchType: 'EC2' }))).toEqual([])
  })
})

const side = { name: 'side', image: 's' }
const efs = { fileSystemId: 'fs-1' }

test.each<readonly [TemplateSpec, string]>([
  [withContainer({ startTimeout: 121 }), 'start timeout 121 s; Fargate takes 2 to 120'],
  [withContainer({ environmentFiles: [{ type: 's3', value: 'arn:x.txt' }] }), 'end with .env'],
  [
    withContainer({ repositoryCredentials: { credentialsParameter: 'arn:x' } }),
    'repositoryCredentials need an execution role',
  ],
  [
    { image: 'x', sidecars: [{ ...side, secrets: [{ name: 'A', valueFrom: 'arn:x' }] }] },
    'secrets need an execution role',
  ],
  [
    {
      image: 'x',
      taskDefinition: {
        containerDefinitions: [
          { name: 'main', dependsOn: [{ containerName: 'side', condition: 'START' }] },
        ],
      },
      sidecars: [{ ...side, dependsOn: [{ containerName: 'main', condition: 'START' }] }],
    },
    'go round in a circle: main, side',
  ],
  [
    {
      image: 'x',
      sidecars: [{ ...side, dependsOn: [{ containerName: 'side', condition: 'START' }] }],
    },
    'go round in a circle: side',
  ],
  [withContainer({ logConfiguration: { logDriver: 'awsfirelens' } }), 'needs a container with'],
  [
    { image: 'x', sidecars: [{ ...side, firelensConfiguration: { type: 'fluentbit' } }] },
    'whose log driver is awsfirelens',
  ],
  [{ image: 'x', taskDefinition: { ipcMode: 'task' } }, 'Fargate does not take ipcMode'],
  [{ image: 'x', taskDefinition: { pidMode: 'host' } }, 'Fargate takes pidMode task only'],
  [{ image: 'x', volumes: [{ name: 'v' }, { name: 'v' }] }, 'two volumes have this name'],
  [{ image: 'x', volumes: [{ name: 'v', host: { sourcePath: '/x' } }] }, 'no host.sourcePath'],
  [{ image: 'x', volumes: [{ name: 'v', dockerVolumeConfiguration: {} }] }, 'no Docker volumes'],
  [
    {
      image: 'x',
      volumes: [
        {
          name: 'v',
          efsVolumeConfiguration: {
            ...efs,
            rootDirectory: '/x',
            transitEncryption: 'ENABLED',
            authorizationConfig: { accessPointId: 'fsap-1' },
          },
        },
      ],
    },
    'leave rootDirectory out',
  ],
  [
    {
      image: 'x',
      volumes: [
        { name: 'v', efsVolumeConfiguration: { ...efs, authorizationConfig: { iam: 'ENABLED' } } },
      ],
    },
    'need transitEncryption: ENABLED',
  ],
])('%j is refused', (template, message) => {
  expect(errors(build(template)).join('\n')).toContain(message)
})

test('an initial container, a router of logs and an access point are taken', () => {
  const built = build({
    image: 'x',
    executionRoleArn: ROLE,
    taskDefinition: {
      pidMode: 'task',
      containerDefinitions: [
        {
          name: 'main',
          logConfiguration: { logDriver: 'awsfirelens' },
          dependsOn: [
            { containerName: 'init', condition: 'SUCCESS' },
            { containerName: 'log', condition: 'START' },
          ],
        },
      ],
    },
    sidecars: [
      { name: 'init', image: 'i', essential: false },
      { name: 'log', image: 'l', firelensConfiguration: { type: 'fluentbit' } },
    ],
    volumes: [
      {
        name: 'v',
        efsVolumeConfiguration: {
          ...efs,
          transitEncryption: 'ENABLED',
          authorizationConfig: { accessPointId: 'fsap-1', iam: 'ENABLED' },
        },
      },
    ],
  })
  expect(errors(built)).toEqual([])
})
