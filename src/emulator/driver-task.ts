import { defined } from '../lib/defined.ts'
import { isJsonObject, type JsonObject } from '../lib/json.ts'
import type {
  ContainerLimits,
  Dependency,
  DriverContainer,
  DriverHealthCheck,
  DriverTask,
} from './drivers/driver.ts'
import { overridesShape } from './ecs/run-task-shape.ts'
import type { ContainerDefinition } from './ecs/task-definition-shape.ts'
import { readShape, type ValueOf } from './shape.ts'
import type { TaskDefinition } from './task-definition.ts'
import type { TaskRecord } from './task-record.ts'

type ContainerOverride = NonNullable<ValueOf<typeof overridesShape>['containerOverrides']>[number]

const CONDITIONS = ['START', 'COMPLETE', 'SUCCESS', 'HEALTHY'] as const

/** Seconds between SIGTERM and SIGKILL when the definition names none. */
const DEFAULT_STOP_TIMEOUT_SECONDS = 30

/** The task as a driver runs it: the definition with the overrides of RunTask put over it. */
export function toDriverTask(task: TaskRecord, definition: TaskDefinition | undefined): DriverTask {
  const overrides = readShape(overridesShape, task.overrides)
  const { id, arn, family, group, startedBy, tags, capacityProviderName } = task
  return {
    id,
    arn,
    family,
    group,
    startedBy,
    capacityProviderName,
    tags,
    networkMode: definition?.body.networkMode ?? 'bridge',
    memoryMiB: task.memory,
    volumes: definition?.body.volumes ?? [],
    startAtMs: task.start.startAtMs ?? task.createdAtMs,
    containers: (definition?.body.containerDefinitions ?? []).map((container) =>
      toDriverContainer(
        container,
        overrides.containerOverrides?.find(({ name }) => name === container.name),
      ),
    ),
  }
}

function toDriverContainer(
  container: ContainerDefinition,
  override: ContainerOverride | undefined,
): DriverContainer {
  const { name = '', image = '', entryPoint = [], secrets = [], dependsOn = [] } = container
  const command = override?.command ?? container.command ?? []
  return {
    name,
    image,
    essential: container.essential !== false,
    command: [...entryPoint, ...command],
    entryPoint,
    environment: { ...toRecord(container.environment), ...toRecord(override?.environment) },
    secretNames: secrets.map((secret) => secret.name ?? ''),
    workingDirectory: container.workingDirectory,
    stopTimeoutMs: (container.stopTimeout ?? DEFAULT_STOP_TIMEOUT_SECONDS) * 1000,
    dependsOn: dependsOn.map(toDependency),
    healthCheck: toHealthCheck(container),
    limits: toLimits(container, override),
    definition: container,
  }
}

function toLimits(
  container: ContainerDefinition,
  override: ContainerOverride | undefined,
): ContainerLimits {
  return defined({
    cpu: override?.cpu ?? container.cpu,
    memoryMiB: override?.memory ?? container.memory,
    memoryReservationMiB: override?.memoryReservation ?? container.memoryReservation,
  })
}

function toRecord(
  pairs: readonly { readonly name?: string; readonly value?: string }[] | undefined,
): Readonly<Record<string, string>> {
  return Object.fromEntries((pairs ?? []).map(({ name = '', value = '' }) => [name, value]))
}

function toDependency(dependency: {
  readonly containerName?: string
  readonly condition?: string
}): Dependency {
  const { containerName = '', condition: wanted } = dependency
  const condition = CONDITIONS.find((known) => known === wanted) ?? 'START'
  return { containerName, condition }
}

/** The health check with ECS's defaults. */
function toHealthCheck({ healthCheck }: ContainerDefinition): DriverHealthCheck | undefined {
  if (!healthCheck?.command?.length || healthCheck.command[0] === 'NONE') return undefined
  return {
    command: healthCheck.command,
    intervalMs: (healthCheck.interval ?? 30) * 1000,
    timeoutMs: (healthCheck.timeout ?? 5) * 1000,
    retries: healthCheck.retries ?? 3,
    startPeriodMs: (healthCheck.startPeriod ?? 0) * 1000,
  }
}

/** Overrides as RunTask answers them: the lists are always there. */
export function echoOverrides(overrides: JsonObject | undefined): JsonObject {
  const containers = overrides?.['containerOverrides']
  return {
    ...overrides,
    containerOverrides: Array.isArray(containers) ? containers.filter(isJsonObject) : [],
    inferenceAcceleratorOverrides: overrides?.['inferenceAcceleratorOverrides'] ?? [],
  }
}
