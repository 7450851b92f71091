import { defined } from '../../../lib/defined.ts'
import type { JsonObject } from '../../../lib/json.ts'
import type { DriverContainer, DriverTask } from '../driver.ts'

/** Labels that the ECS agent puts on its containers, and the one that says whose they are. */
export const LABELS = {
  host: 'ecs-emulator.host',
  taskArn: 'com.amazonaws.ecs.task-arn',
  container: 'com.amazonaws.ecs.container-name',
  family: 'com.amazonaws.ecs.task-definition-family',
} as const

const MIB = 1024 * 1024
/** Docker refuses less. */
const LEAST_SHARES = 2
/** A chatty container must not fill the disk: what is older has been read long ago. */
const LOG_CONFIG = { Type: 'json-file', Config: { 'max-size': '64m' } }

export function containerName(taskId: string, container: string): string {
  return `ecs-${taskId}-${container}`
}

/** Volume of a task that is no directory of the machine; its containers share it. */
export function volumeName(taskId: string, volume: string): string {
  return `ecs-${taskId}-${volume}`
}

/** Volumes that exist for this task alone. EFS and EBS are not reached from here: they are such ones as well. */
export function ownVolumes({ id, volumes }: DriverTask): readonly string[] {
  return volumes
    .filter(({ host }) => host?.sourcePath === undefined)
    .map(({ name = '' }) => volumeName(id, name))
}

/** Body of Docker's `POST /containers/create`. */
export function toCreateBody(
  task: DriverTask,
  container: DriverContainer,
  hostId: string,
): JsonObject {
  const { definition, entryPoint, command, environment } = container
  const words = command.slice(entryPoint.length)
  return defined({
    Image: container.image,
    Entrypoint: entryPoint.length > 0 ? entryPoint : undefined,
    Cmd: words.length > 0 ? words : undefined,
    Env: Object.entries(environment).map(([name, value]) => `${name}=${value}`),
    WorkingDir: container.workingDirectory,
    User: definition.user,
    // Docker refuses a name of its own where the network is the host's.
    Hostname: usesHostNetwork(task) ? undefined : definition.hostname,
    Labels: {
      ...definition.dockerLabels,
      [LABELS.host]: hostId,
      [LABELS.taskArn]: task.arn,
      [LABELS.container]: container.name,
      [LABELS.family]: task.family,
    },
    // ECS ignores the image's own health check; the definition's is run from here.
    Healthcheck: { Test: ['NONE'] },
    ExposedPorts: exposedPorts(task, container),
    HostConfig: toHostConfig(task, container),
  })
}

function toHostConfig(task: DriverTask, container: DriverContainer): JsonObject {
  const { definition } = container
  const linux = definition.linuxParameters
  return defined({
    ...toResources(task, container),
    NetworkMode: networkModeOf(task),
    PortBindings: portBindings(task, container),
    Binds: toBinds(task, container),
    Privileged: definition.privileged,
    ReadonlyRootfs: definition.readonlyRootFilesystem,
    CapAdd: linux?.capabilities?.add,
    CapDrop: linux?.capabilities?.drop,
    Init: linux?.initProcessEnabled,
    ShmSize: linux?.sharedMemorySize === undefined ? undefined : linux.sharedMemorySize * MIB,
    Tmpfs: toTmpfs(container),
    Dns: definition.dnsServers,
    DnsSearch: definition.dnsSearchDomains,
    ExtraHosts: definition.extraHosts?.map(({ hostname = '', ipAddress = '' }) => {
      return `${hostname}:${ipAddress}`
    }),
    SecurityOpt: definition.dockerSecurityOptions,
    Ulimits: definition.ulimits?.map(({ name = '', softLimit = 0, hardLimit = 0 }) => {
      return { Name: name, Soft: softLimit, Hard: hardLimit }
    }),
    Sysctls: toSysctls(container),
    LogConfig: LOG_CONFIG,
  })
}

/** The task's memory bounds each container that has no limit of its own. No swap, as on Fargate. */
function toResources({ memoryMiB: taskMiB }: DriverTask, container: DriverContainer): JsonObject {
  const { cpu = 0, memoryMiB = taskMiB, memoryReservationMiB } = container.limits
  const maxSwap = container.definition.linuxParameters?.maxSwap ?? 0
  return defined({
    CpuShares: cpu > 0 ? Math.max(cpu, LEAST_SHARES) : undefined,
    Memory: memoryMiB === undefined ? undefined : memoryMiB * MIB,
    MemorySwap: memoryMiB === undefined ? undefined : (memoryMiB + maxSwap) * MIB,
    MemoryReservation: memoryReservationMiB === undefined ? undefined : memoryReservationMiB * MIB,
  })
}

/**
 * The containers of an awsvpc task share localhost. Here they share the machine's, so that what listens on its
 * loopback can be reached from them as well.
 */
function networkModeOf(task: DriverTask): string | undefined {
  if (usesHostNetwork(task)) return 'host'
  return task.networkMode === 'none' ? 'none' : undefined
}

function usesHostNetwork({ networkMode }: DriverTask): boolean {
  return networkMode === 'awsvpc' || networkMode === 'host'
}

interface Port {
  readonly key: string
  readonly hostPort: number | undefined
}

function portsOf(task: DriverTask, { definition }: DriverContainer): readonly Port[] {
  if (networkModeOf(task) !== undefined) return []
  return (definition.portMappings ?? []).flatMap(({ containerPort, hostPort, protocol = 'tcp' }) =>
    containerPort === undefined ? [] : [{ key: `${containerPort}/${protocol}`, hostPort }],
  )
}

function exposedPorts(task: DriverTask, container: DriverContainer): JsonObject | undefined {
  const ports = portsOf(task, container)
  return ports.length > 0 ? Object.fromEntries(ports.map(({ key }) => [key, {}])) : undefined
}

/** Host port 0, or none, means any free one. */
function portBindings(task: DriverTask, container: DriverContainer): JsonObject | undefined {
  const ports = portsOf(task, container)
  if (ports.length === 0) return undefined
  const bind = (hostPort = 0): JsonObject => ({ HostPort: hostPort === 0 ? '' : String(hostPort) })
  return Object.fromEntries(ports.map(({ key, hostPort }) => [key, [bind(hostPort)]]))
}

function toBinds(task: DriverTask, { definition }: DriverContainer): readonly string[] | undefined {
  const binds = (definition.mountPoints ?? []).flatMap((mount) => {
    const { sourceVolume = '', containerPath = '', readOnly = false } = mount
    const volume = task.volumes.find(({ name }) => name === sourceVolume)
    if (!volume) return []
    const source = volume.host?.sourcePath ?? volumeName(task.id, sourceVolume)
    return [`${source}:${containerPath}${readOnly ? ':ro' : ''}`]
  })
  return binds.length > 0 ? binds : undefined
}

function toTmpfs({ definition }: DriverContainer): JsonObject | undefined {
  const mounts = definition.linuxParameters?.tmpfs ?? []
  if (mounts.length === 0) return undefined
  const entries = mounts.map(({ containerPath = '', size = 0, mountOptions = [] }) => {
    return [containerPath, [`size=${size}m`, ...mountOptions].join(',')] as const
  })
  return Object.fromEntries(entries)
}

function toSysctls({ definition }: DriverContainer): JsonObject | undefined {
  const controls = definition.systemControls ?? []
  if (controls.length === 0) return undefined
  return Object.fromEntries(controls.map(({ namespace = '', value = '' }) => [namespace, value]))
}
