import type { TemplateSpec } from '../kinds/generated.ts'
import { logGroupProblem, portNameProblem, streamPrefixProblem } from './check-names.ts'
import { UNSUPPORTED_SETTINGS } from './check-support.ts'
import type { Container } from './ecs-shapes.ts'
import type { RegisterTaskDefinitionBody } from './ports.ts'
import { type TemplatePath, type TemplateProblem, templateError } from './template-problem.ts'

/** Limits of a container (API_ContainerDefinition). */
const MAX_NAME_LENGTH = 255
const MAX_IMAGE_LENGTH = 255
const MAX_ENVIRONMENT_FILES = 10
const MAX_FARGATE_TIMEOUT_SECONDS = 120
const MIN_FARGATE_TIMEOUT_SECONDS = 2
const ENVIRONMENT_FILE_ENDING = '.env'
const FARGATE_LOG_DRIVERS: readonly string[] = ['awslogs', 'splunk', 'awsfirelens']
const HEALTH_CHECK_RANGES = {
  interval: [5, 300],
  timeout: [2, 60],
  retries: [1, 10],
  startPeriod: [0, 300],
} as const

export interface ContainerContext {
  readonly template: TemplateSpec
  readonly body: RegisterTaskDefinitionBody
  /** The container of the run. */
  readonly containerName: string
  readonly onFargate: boolean
}

interface ContainerCheck {
  /** Template field of the setting, when the container is the run's and the field is set. */
  readonly field?: keyof TemplateSpec
  readonly check: (container: Container, context: ContainerContext) => string | undefined
}

/** Each gives a sentence about the container, or nothing. */
const CHECKS: readonly ContainerCheck[] = [
  { field: 'containerName', check: nameProblem },
  { field: 'image', check: imageProblem },
  { field: 'memory', check: memoryProblem },
  { field: 'stopTimeoutSeconds', check: stopTimeoutProblem },
  { check: startTimeoutProblem },
  { field: 'healthCheck', check: healthCheckProblem },
  { field: 'ulimits', check: ulimitProblem },
  { field: 'mountPoints', check: mountProblem },
  { check: dependencyProblem },
  { check: logProblem },
  { field: 'cloudwatchLogsOptions', check: logGroupProblem },
  { field: 'cloudwatchLogsPrefix', check: streamPrefixProblem },
  { check: portNameProblem },
  { check: environmentFileProblem },
]

const SUPPORT_CHECKS: readonly ContainerCheck[] = UNSUPPORTED_SETTINGS.map((unsupported) => ({
  ...(unsupported.field && { field: unsupported.field }),
  check(container, { body, onFargate }) {
    const isThere = unsupported.in === 'Fargate' ? onFargate : body.networkMode === 'awsvpc'
    if (!isThere || !unsupported.isUsed(container)) return undefined
    return unsupported.in === 'Fargate'
      ? `Fargate does not take ${unsupported.setting}: leave it out, or use launchType: EC2`
      : `network mode awsvpc does not take ${unsupported.setting}`
  },
}))

/** What ECS would refuse about one container of the body. */
export function containerProblems(
  container: Container,
  context: ContainerContext,
): readonly TemplateProblem[] {
  return [...CHECKS, ...SUPPORT_CHECKS].flatMap(({ field, check }) => {
    const message = check(container, context)
    if (message === undefined) return []
    const path = containerPath(container, field, context)
    return [templateError(path, `container ${container.name ?? ''}: ${message}`)]
  })
}

/** Where the container's setting is written: a field of the template, a sidecar, or the definition. */
function containerPath(
  container: Container,
  field: keyof TemplateSpec | undefined,
  { template, containerName }: ContainerContext,
): TemplatePath {
  if (container.name === containerName && field !== undefined) return [field]
  const sidecar = template.sidecars?.findIndex(({ name }) => name === container.name) ?? -1
  if (sidecar >= 0) return ['sidecars', sidecar]
  const containers = template.taskDefinition?.containerDefinitions
  const index = containers?.findIndex(({ name }) => name === container.name) ?? -1
  if (index >= 0) return ['taskDefinition', 'containerDefinitions', index]
  return template.taskDefinitionArn === undefined ? [] : ['taskDefinitionArn']
}

function nameProblem(container: Container, { body }: ContainerContext): string | undefined {
  const name = container.name ?? ''
  if (name === '') return 'a container has no name'
  if (name.length > MAX_NAME_LENGTH || !/^[A-Za-z0-9_-]+$/.test(name)) {
    return `a name has letters, digits, - and _, at most ${MAX_NAME_LENGTH}`
  }
  const same = body.containerDefinitions?.filter((other) => other.name === name) ?? []
  return same.length > 1 ? 'two containers have this name' : undefined
}

function imageProblem(container: Container): string | undefined {
  const image = container.image ?? ''
  if (image === '') return 'it has no image: set image, or name one in the task definition'
  if (image.length <= MAX_IMAGE_LENGTH) return undefined
  return `the image has ${image.length} characters; ECS takes ${MAX_IMAGE_LENGTH}`
}

/** Outside Fargate every container needs a memory limit, unless the task has one. */
function memoryProblem(
  container: Container,
  { body, onFargate }: ContainerContext,
): string | undefined {
  const { memory, memoryReservation } = container
  if (memory !== undefined && memoryReservation !== undefined && memoryReservation > memory) {
    return `memoryReservation ${memoryReservation} is more than memory ${memory}`
  }
  if (onFargate || body.memory !== undefined) return undefined
  if (memory !== undefined || memoryReservation !== undefined) return undefined
  return 'it needs memory or memoryReservation, because the task has no memory of its own'
}

function stopTimeoutProblem(
  container: Container,
  { onFargate }: ContainerContext,
): string | undefined {
  return onFargate ? timeoutProblem('stop', container.stopTimeout) : undefined
}

function startTimeoutProblem(
  container: Container,
  { onFargate }: ContainerContext,
): string | undefined {
  return onFargate ? timeoutProblem('start', container.startTimeout) : undefined
}

function timeoutProblem(of: 'start' | 'stop', seconds: number | undefined): string | undefined {
  const isWithin =
    seconds === undefined ||
    (seconds >= MIN_FARGATE_TIMEOUT_SECONDS && seconds <= MAX_FARGATE_TIMEOUT_SECONDS)
  if (isWithin) return undefined
  return `${of} timeout ${seconds} s; Fargate takes ${MIN_FARGATE_TIMEOUT_SECONDS} to ${MAX_FARGATE_TIMEOUT_SECONDS}`
}

function healthCheckProblem(container: Container): string | undefined {
  const { healthCheck } = container
  if (!healthCheck) return undefined
  if ((healthCheck.command ?? []).length === 0) return 'healthCheck has no command'
  for (const field of ['interval', 'timeout', 'retries', 'startPeriod'] as const) {
    const value = healthCheck[field]
    const [min, max] = HEALTH_CHECK_RANGES[field]
    if (value !== undefined && (value < min || value > max)) {
      return `healthCheck.${field} ${value} is outside ${min} to ${max}`
    }
  }
  return undefined
}

function ulimitProblem(container: Container): string | undefined {
  const wrong = container.ulimits?.find(({ softLimit, hardLimit }) => {
    return (
      softLimit !== undefined && hardLimit !== undefined && hardLimit >= 0 && softLimit > hardLimit
    )
  })
  return (
    wrong &&
    `ulimit ${wrong.name}: softLimit ${wrong.softLimit} is more than hardLimit ${wrong.hardLimit}`
  )
}

function mountProblem(container: Container, { body }: ContainerContext): string | undefined {
  const volumes = new Set(body.volumes?.map((volume) => volume.name))
  const wrong = container.mountPoints?.find((mount) => {
    return mount.sourceVolume !== undefined && !volumes.has(mount.sourceVolume)
  })
  return wrong && `it mounts volume ${wrong.sourceVolume}, which is not in volumes`
}

function dependencyProblem(container: Container, { body }: ContainerContext): string | undefined {
  for (const { containerName, condition } of container.dependsOn ?? []) {
    const other = body.containerDefinitions?.find(({ name }) => name === containerName)
    if (!other) return `it depends on container ${containerName}, which does not exist`
    if (condition === 'HEALTHY' && !other.healthCheck) {
      return `it waits for container ${containerName} to be HEALTHY, which has no healthCheck`
    }
    const waitsForEnd = condition === 'COMPLETE' || condition === 'SUCCESS'
    if (waitsForEnd && other.essential !== false) {
      return `it waits for the end of container ${containerName}, which is essential: its end stops the task`
    }
  }
  return undefined
}

function logProblem(container: Container, { onFargate }: ContainerContext): string | undefined {
  const { logConfiguration } = container
  const driver = logConfiguration?.logDriver
  if (!onFargate || driver === undefined) return undefined
  if (!FARGATE_LOG_DRIVERS.includes(driver)) {
    return `log driver ${driver}; Fargate has ${FARGATE_LOG_DRIVERS.join(', ')}`
  }
  const hasPrefix = logConfiguration?.options?.['awslogs-stream-prefix'] !== undefined
  if (driver !== 'awslogs' || hasPrefix) return undefined
  return 'awslogs on Fargate needs the option awslogs-stream-prefix'
}

function environmentFileProblem(container: Container): string | undefined {
  const files = container.environmentFiles ?? []
  if (files.length > MAX_ENVIRONMENT_FILES) {
    return `${files.length} environment files; ECS takes ${MAX_ENVIRONMENT_FILES}`
  }
  const odd = files.find(({ value }) => !(value ?? '').endsWith(ENVIRONMENT_FILE_ENDING))
  return odd && `environment file ${odd.value}: its name has to end with ${ENVIRONMENT_FILE_ENDING}`
}
