import { type AwsError, clientException } from '../errors.ts'
import type { ContainerDefinition, DefinitionInput } from './task-definition-shape.ts'

/** One reason to refuse a container of a definition. */
interface Rule {
  readonly in: 'Anywhere' | 'Fargate' | 'Awsvpc'
  readonly isBroken: (container: ContainerDefinition) => boolean
  readonly message: string
}

const FARGATE_LOG_DRIVERS = ['awslogs', 'splunk', 'awsfirelens']
const FARGATE_CAPABILITY = 'SYS_PTRACE'
const MAX_PORT = 65_535
/** Seconds that Fargate takes for startTimeout and stopTimeout. */
const TIMEOUT_SECONDS = { least: 2, most: 120 }
const RESTART_PERIOD_SECONDS = { least: 60, most: 1_800 }

/** What the API reference says of ContainerDefinition and its parts. */
const RULES: readonly Rule[] = [
  {
    in: 'Anywhere',
    isBroken: ({ memory = 0, memoryReservation = 0 }) => memory > 0 && memoryReservation > memory,
    message: "'memory' must be greater than 'memoryReservation'.",
  },
  {
    in: 'Anywhere',
    isBroken: ({ ulimits = [] }) =>
      ulimits.some(({ softLimit = 0, hardLimit = 0 }) => hardLimit >= 0 && softLimit > hardLimit),
    message: 'The soft limit of a ulimit must not exceed its hard limit.',
  },
  {
    in: 'Anywhere',
    isBroken: ({ portMappings = [] }) =>
      portMappings.some(({ containerPort = 0, hostPort = 0 }) =>
        [containerPort, hostPort].some((port) => port < 0 || port > MAX_PORT),
      ),
    message: `A port must be between 0 and ${MAX_PORT}.`,
  },
  {
    in: 'Anywhere',
    isBroken: ({ restartPolicy }) =>
      !isWithin(restartPolicy?.restartAttemptPeriod, RESTART_PERIOD_SECONDS),
    message: 'restartAttemptPeriod must be between 60 and 1800 seconds.',
  },
  {
    in: 'Anywhere',
    isBroken: ({ environmentFiles = [] }) =>
      environmentFiles.some(({ value = '' }) => !value.endsWith('.env')),
    message: 'An environment file must have the .env extension.',
  },
  {
    in: 'Anywhere',
    isBroken: ({ logConfiguration }) =>
      logConfiguration?.options?.['awslogs-datetime-format'] !== undefined &&
      logConfiguration.options['awslogs-multiline-pattern'] !== undefined,
    message: 'awslogs-datetime-format and awslogs-multiline-pattern cannot both be set.',
  },
  {
    in: 'Fargate',
    isBroken: ({ startTimeout, stopTimeout }) =>
      !isWithin(startTimeout, TIMEOUT_SECONDS) || !isWithin(stopTimeout, TIMEOUT_SECONDS),
    message: 'startTimeout and stopTimeout must be at least 2 and at most 120 seconds.',
  },
  {
    in: 'Fargate',
    isBroken: ({ logConfiguration }) =>
      logConfiguration?.logDriver !== undefined &&
      !FARGATE_LOG_DRIVERS.includes(logConfiguration.logDriver),
    message: `Fargate only supports the log drivers ${FARGATE_LOG_DRIVERS.join(', ')}.`,
  },
  {
    in: 'Fargate',
    isBroken: ({ logConfiguration }) =>
      logConfiguration?.logDriver === 'awslogs' &&
      logConfiguration.options?.['awslogs-stream-prefix'] === undefined,
    message: 'Log driver awslogs requires options: awslogs-stream-prefix.',
  },
  {
    in: 'Fargate',
    isBroken: ({ privileged, disableNetworking }) =>
      privileged === true || disableNetworking === true,
    message: 'Fargate does not support privileged or disableNetworking.',
  },
  {
    in: 'Fargate',
    isBroken: ({ dnsServers = [], dnsSearchDomains = [], dockerSecurityOptions = [] }) =>
      dnsServers.length + dnsSearchDomains.length + dockerSecurityOptions.length > 0,
    message: 'Fargate does not support dnsServers, dnsSearchDomains or dockerSecurityOptions.',
  },
  {
    in: 'Fargate',
    isBroken: ({ resourceRequirements = [] }) =>
      resourceRequirements.some(({ type }) => type === 'GPU'),
    message: 'Tasks using the Fargate launch type do not support GPU resource requirements.',
  },
  {
    in: 'Fargate',
    isBroken: ({ linuxParameters: { devices = [], sharedMemorySize, maxSwap, swappiness } = {} }) =>
      devices.length > 0 || [sharedMemorySize, maxSwap, swappiness].some(isSet),
    message: 'Fargate does not support devices, sharedMemorySize, maxSwap or swappiness.',
  },
  {
    in: 'Fargate',
    isBroken: ({ linuxParameters }) =>
      (linuxParameters?.capabilities?.add ?? []).some((name) => name !== FARGATE_CAPABILITY),
    message: `Fargate only supports adding the ${FARGATE_CAPABILITY} capability.`,
  },
  {
    in: 'Fargate',
    isBroken: ({ firelensConfiguration }) =>
      firelensConfiguration?.options?.['config-file-type'] === 's3',
    message: 'Fargate only supports the file configuration file type.',
  },
  {
    in: 'Awsvpc',
    isBroken: ({ links = [] }) => links.length > 0,
    message: 'Links are not supported when networkMode=awsvpc.',
  },
  {
    in: 'Awsvpc',
    isBroken: ({ hostname, extraHosts = [] }) => hostname !== undefined || extraHosts.length > 0,
    message: 'Hostname and extra hosts are not supported when networkMode=awsvpc.',
  },
  {
    in: 'Awsvpc',
    isBroken: ({ portMappings = [] }) =>
      portMappings.some(
        ({ hostPort = 0, containerPort }) => hostPort !== 0 && hostPort !== containerPort,
      ),
    message:
      'When networkMode=awsvpc, the host ports and container ports in port mappings must match.',
  },
]

/** The reason why ECS would refuse one of the containers where the definition is to run. */
export function settingProblem(definition: DefinitionInput): AwsError | undefined {
  const scopes = [
    'Anywhere',
    ...(definition.requiresCompatibilities?.includes('FARGATE') ? ['Fargate'] : []),
    ...(definition.networkMode === 'awsvpc' ? ['Awsvpc'] : []),
  ]
  for (const container of definition.containerDefinitions ?? []) {
    const broken = RULES.find((rule) => scopes.includes(rule.in) && rule.isBroken(container))
    if (broken) return clientException(`Container '${container.name}': ${broken.message}`)
  }
  return undefined
}

function isWithin(
  value: number | undefined,
  { least, most }: { readonly least: number; readonly most: number },
): boolean {
  return value === undefined || (value >= least && value <= most)
}

function isSet(value: unknown): boolean {
  return value !== undefined
}
