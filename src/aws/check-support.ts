import type { TemplateSpec } from '../kinds/generated.ts'
import type { Container } from './ecs-shapes.ts'

/** A setting of a container that ECS refuses on Fargate, or in network mode awsvpc (API reference of ContainerDefinition). */
interface UnsupportedSetting {
  readonly in: 'Fargate' | 'Awsvpc'
  readonly setting: string
  /** Template field of the setting, where it has one. */
  readonly field?: keyof TemplateSpec
  readonly isUsed: (container: Container) => boolean
}

/** Fargate gives no other capability. */
const FARGATE_CAPABILITY = 'SYS_PTRACE'

export const UNSUPPORTED_SETTINGS: readonly UnsupportedSetting[] = [
  { in: 'Fargate', setting: 'privileged', isUsed: ({ privileged }) => privileged === true },
  {
    in: 'Fargate',
    setting: 'disableNetworking',
    isUsed: ({ disableNetworking }) => disableNetworking === true,
  },
  { in: 'Fargate', setting: 'dnsServers', isUsed: (container) => has(container.dnsServers) },
  {
    in: 'Fargate',
    setting: 'dnsSearchDomains',
    isUsed: (container) => has(container.dnsSearchDomains),
  },
  {
    in: 'Fargate',
    setting: 'dockerSecurityOptions',
    isUsed: (container) => has(container.dockerSecurityOptions),
  },
  {
    in: 'Fargate',
    setting: 'a GPU in resourceRequirements',
    field: 'resourceRequirements',
    isUsed: ({ resourceRequirements = [] }) =>
      resourceRequirements.some(({ type }) => type === 'GPU'),
  },
  {
    in: 'Fargate',
    setting: 'linuxParameters.devices',
    field: 'linuxParameters',
    isUsed: ({ linuxParameters }) => has(linuxParameters?.devices),
  },
  {
    in: 'Fargate',
    setting: 'linuxParameters.sharedMemorySize',
    field: 'linuxParameters',
    isUsed: ({ linuxParameters }) => linuxParameters?.sharedMemorySize !== undefined,
  },
  {
    in: 'Fargate',
    setting: 'linuxParameters.maxSwap',
    field: 'linuxParameters',
    isUsed: ({ linuxParameters }) => linuxParameters?.maxSwap !== undefined,
  },
  {
    in: 'Fargate',
    setting: 'linuxParameters.swappiness',
    field: 'linuxParameters',
    isUsed: ({ linuxParameters }) => linuxParameters?.swappiness !== undefined,
  },
  {
    in: 'Fargate',
    setting: `a capability other than ${FARGATE_CAPABILITY} in linuxParameters.capabilities.add`,
    field: 'linuxParameters',
    isUsed: ({ linuxParameters }) =>
      (linuxParameters?.capabilities?.add ?? []).some((name) => name !== FARGATE_CAPABILITY),
  },
  {
    in: 'Fargate',
    setting: 'a configuration file of FireLens in S3',
    isUsed: ({ firelensConfiguration }) =>
      firelensConfiguration?.options?.['config-file-type'] === 's3',
  },
  { in: 'Awsvpc', setting: 'links', isUsed: (container) => has(container.links) },
  { in: 'Awsvpc', setting: 'hostname', isUsed: ({ hostname }) => hostname !== undefined },
  { in: 'Awsvpc', setting: 'extraHosts', isUsed: (container) => has(container.extraHosts) },
  {
    in: 'Awsvpc',
    setting: 'a hostPort other than its containerPort',
    isUsed: ({ portMappings = [] }) =>
      portMappings.some(
        ({ hostPort = 0, containerPort }) => hostPort !== 0 && hostPort !== containerPort,
      ),
  },
]

function has(list: readonly unknown[] | undefined): boolean {
  return (list ?? []).length > 0
}
