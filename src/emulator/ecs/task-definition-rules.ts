import { type AwsError, clientException, invalidParameter } from '../errors.ts'
import { settingProblem } from './container-rules.ts'
import { partsProblem } from './definition-parts.ts'
import {
  isFargateCpu,
  isFargateSize,
  isWindowsFargateCpu,
  parseCpu,
  parseMemory,
} from './fargate-sizes.ts'
import type { ContainerDefinition, DefinitionInput } from './task-definition-shape.ts'

/** One reason to refuse a definition. The first rule that finds a problem decides. */
interface Rule {
  readonly why: string
  readonly problem: (definition: DefinitionInput) => AwsError | undefined
}

const MAX_CONTAINERS = 10
const MAX_NAME_LENGTH = 255
const MAX_DOCUMENT_BYTES = 64 * 1024
const MAX_TAGS = 50

const NETWORK_MODES = ['bridge', 'host', 'awsvpc', 'none', 'default']
const COMPATIBILITIES = ['EC2', 'FARGATE', 'EXTERNAL', 'MANAGED_INSTANCES']
const CONDITIONS = ['START', 'COMPLETE', 'SUCCESS', 'HEALTHY']

/** Ranges of a health check in seconds (retries: a count), from the API reference. */
const HEALTH_RANGES = [
  ['interval', 5, 300],
  ['timeout', 2, 60],
  ['retries', 1, 10],
  ['startPeriod', 0, 300],
] as const

const RULES: readonly Rule[] = [
  {
    why: 'A revision belongs to a family.',
    problem: ({ family }) => when(!family, clientException('Family should not be null or empty.')),
  },
  {
    why: 'The family is part of an ARN.',
    problem: ({ family = '' }) =>
      when(
        !/^[A-Za-z0-9_-]{1,255}$/.test(family),
        clientException(`Family contains invalid characters: '${family}'.`),
      ),
  },
  {
    why: 'ECS takes one to ten containers.',
    problem: ({ containerDefinitions = [] }) =>
      when(
        containerDefinitions.length < 1 || containerDefinitions.length > MAX_CONTAINERS,
        clientException(
          containerDefinitions.length === 0
            ? 'Container list cannot be empty.'
            : 'Container list should contain at most 10 containers.',
        ),
      ),
  },
  {
    why: 'Each container is checked by itself.',
    problem: (definition) => first(definition.containerDefinitions ?? [], containerProblem),
  },
  {
    why: 'Containers are addressed by name.',
    problem: ({ containerDefinitions = [] }) =>
      when(
        new Set(containerDefinitions.map(({ name }) => name)).size < containerDefinitions.length,
        clientException('Container names should be unique.'),
      ),
  },
  {
    why: 'The end of an essential container ends the task.',
    problem: ({ containerDefinitions = [] }) =>
      when(
        !containerDefinitions.some(({ essential }) => essential !== false),
        clientException('A task definition must have at least one essential container.'),
      ),
  },
  {
    why: 'Dependencies name containers of the definition and one of four conditions.',
    problem: (definition) =>
      first(definition.containerDefinitions ?? [], (container) =>
        dependencyProblem(definition, container),
      ),
  },
  {
    why: 'The network mode is one of a closed set.',
    problem: ({ networkMode = 'bridge' }) =>
      when(
        !NETWORK_MODES.includes(networkMode),
        clientException(`Invalid network mode '${networkMode}'.`),
      ),
  },
  {
    why: 'The launch types are a closed set.',
    problem: ({ requiresCompatibilities = [] }) =>
      when(
        !requiresCompatibilities.every((name) => COMPATIBILITIES.includes(name)),
        clientException(`Invalid requiresCompatibilities: ${requiresCompatibilities.join(', ')}.`),
      ),
  },
  { why: 'Sizes are numbers with known units.', problem: sizeProblem },
  { why: 'Fargate restricts mode and sizes.', problem: fargateProblem },
  { why: 'Not every setting goes with every place.', problem: settingProblem },
  { why: 'The parts have to fit together.', problem: partsProblem },
  {
    why: 'Outside Fargate a container needs memory when the task names none.',
    problem: (definition) =>
      when(!definition.memory, first(definition.containerDefinitions ?? [], memoryProblem)),
  },
  {
    why: 'ECS keeps at most 50 tags.',
    problem: ({ tags = [] }) =>
      when(tags.length > MAX_TAGS, invalidParameter('Number of tags exceeds the limit of 50.')),
  },
  {
    why: 'The whole document is limited.',
    problem: (definition) =>
      when(
        Buffer.byteLength(JSON.stringify(definition)) > MAX_DOCUMENT_BYTES,
        clientException('Actual length of the task definition exceeds the maximum of 65536 bytes.'),
      ),
  },
]

/** The reason why ECS would refuse to register `definition`; undefined when it would take it. */
export function definitionProblem(definition: DefinitionInput): AwsError | undefined {
  return first(RULES, (rule) => rule.problem(definition))
}

function containerProblem(container: ContainerDefinition): AwsError | undefined {
  const { name, image, healthCheck } = container
  if (!name) return clientException('Container.name should not be null or empty.')
  if (name.length > MAX_NAME_LENGTH || !/^[A-Za-z0-9_-]+$/.test(name)) {
    return clientException(`Container.name contains invalid characters: '${name}'.`)
  }
  if (!image) return clientException('Container.image should not be null or empty.')
  if (image.length > MAX_NAME_LENGTH) {
    return clientException('Container.image contains too many characters.')
  }
  return first(HEALTH_RANGES, ([field, least, most]) => {
    const value = healthCheck?.[field]
    return when(
      value !== undefined && (value < least || value > most),
      clientException(`healthCheck ${field} must be between ${least} and ${most}.`),
    )
  })
}

function dependencyProblem(
  definition: DefinitionInput,
  container: ContainerDefinition,
): AwsError | undefined {
  return first(container.dependsOn ?? [], ({ containerName = '', condition = '' }) => {
    const target = definition.containerDefinitions?.find(({ name }) => name === containerName)
    if (!target || target === container) {
      return clientException(`Container '${container.name}' depends on unknown '${containerName}'.`)
    }
    if (!CONDITIONS.includes(condition)) {
      return clientException(`Invalid dependency condition '${condition}'.`)
    }
    const mustEnd = condition === 'COMPLETE' || condition === 'SUCCESS'
    return when(
      mustEnd && target.essential !== false,
      clientException(`Container '${containerName}' cannot be essential and '${condition}'.`),
    )
  })
}

function sizeProblem({ cpu, memory }: DefinitionInput): AwsError | undefined {
  if (cpu !== undefined && parseCpu(cpu) === undefined) {
    return clientException("Invalid 'cpu' setting for task.")
  }
  return when(
    memory !== undefined && parseMemory(memory) === undefined,
    clientException("Invalid 'memory' setting for task."),
  )
}

function fargateProblem(definition: DefinitionInput): AwsError | undefined {
  if (!definition.requiresCompatibilities?.includes('FARGATE')) return undefined
  if (definition.networkMode !== 'awsvpc') {
    return clientException("Fargate only supports network mode 'awsvpc'.")
  }
  return fargateSizeProblem(definition)
}

function fargateSizeProblem(definition: DefinitionInput): AwsError | undefined {
  const { cpu, memory, ephemeralStorage } = definition
  if (!cpu) return clientException("Fargate requires that 'cpu' be defined at the task level.")
  if (!memory) {
    return clientException("Fargate requires that 'memory' be defined at the task level.")
  }
  if (!isOffered(parseCpu(cpu) ?? 0, definition)) {
    return clientException("Invalid 'cpu' setting for task.")
  }
  if (!isFargateSize(parseCpu(cpu) ?? 0, parseMemory(memory) ?? 0)) {
    return clientException('No Fargate configuration exists for given values.')
  }
  const gib = ephemeralStorage?.sizeInGiB
  return when(
    gib !== undefined && (gib < 21 || gib > 200),
    clientException('Ephemeral storage size must be between 21 and 200 GiB.'),
  )
}

function isOffered(cpu: number, { runtimePlatform }: DefinitionInput): boolean {
  const isWindows = runtimePlatform?.operatingSystemFamily?.startsWith('WINDOWS') ?? false
  return isWindows ? isWindowsFargateCpu(cpu) : isFargateCpu(cpu)
}

function memoryProblem(container: ContainerDefinition): AwsError | undefined {
  return when(
    container.memory === undefined && container.memoryReservation === undefined,
    clientException(
      `Invalid setting for container '${container.name}'. At least one of 'memory' or 'memoryReservation' must be specified.`,
    ),
  )
}

function when(broken: boolean, error: AwsError | undefined): AwsError | undefined {
  return broken ? error : undefined
}

function first<T>(
  items: readonly T[],
  problem: (item: T) => AwsError | undefined,
): AwsError | undefined {
  for (const item of items) {
    const found = problem(item)
    if (found) return found
  }
  return undefined
}
