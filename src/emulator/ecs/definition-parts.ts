import { type AwsError, clientException } from '../errors.ts'
import { parseCpu, parseMemory } from './fargate-sizes.ts'
import type { DefinitionInput } from './task-definition-shape.ts'

/** One reason to refuse what the parts of a definition are together. */
interface Rule {
  readonly isBroken: (definition: DefinitionInput) => boolean
  readonly message: string
}

const RULES: readonly Rule[] = [
  {
    isBroken: ({ containerDefinitions = [], volumes = [] }) =>
      containerDefinitions.some(({ mountPoints = [] }) =>
        mountPoints.some(({ sourceVolume }) => {
          return sourceVolume !== undefined && !volumes.some(({ name }) => name === sourceVolume)
        }),
      ),
    message: 'A mount point names an unknown volume.',
  },
  {
    isBroken: ({ volumes = [] }) => new Set(volumes.map(({ name }) => name)).size < volumes.length,
    message: 'Volume names should be unique.',
  },
  {
    isBroken: ({ volumes = [] }) =>
      volumes.some(({ efsVolumeConfiguration: efs }) => {
        const { accessPointId, iam } = efs?.authorizationConfig ?? {}
        const needsTls = accessPointId !== undefined || iam === 'ENABLED'
        return needsTls && efs?.transitEncryption !== 'ENABLED'
      }),
    message: 'EFS access points and IAM authorization require transit encryption.',
  },
  {
    isBroken: ({ volumes = [] }) =>
      volumes.some(({ efsVolumeConfiguration: efs }) => {
        const hasPoint = efs?.authorizationConfig?.accessPointId !== undefined
        return hasPoint && (efs.rootDirectory ?? '/') !== '/'
      }),
    message: 'With an EFS access point the root directory must be omitted or set to /.',
  },
  { isBroken: hasCycle, message: 'Container dependencies must not contain a cycle.' },
  {
    isBroken: ({ containerDefinitions = [] }) =>
      containerDefinitions.some(({ dependsOn = [] }) =>
        dependsOn.some(({ containerName, condition }) => {
          const target = containerDefinitions.find(({ name }) => name === containerName)
          return condition === 'HEALTHY' && target !== undefined && !target.healthCheck
        }),
      ),
    message: 'A container that another one waits for to be HEALTHY must have a health check.',
  },
  {
    isBroken: ({ containerDefinitions = [] }) =>
      isUsed(containerDefinitions, 'awsfirelens') &&
      !containerDefinitions.some(({ firelensConfiguration }) => firelensConfiguration),
    message: "Log driver 'awsfirelens' needs a container with a 'firelensConfiguration' object.",
  },
  {
    isBroken: ({ containerDefinitions = [] }) =>
      !isUsed(containerDefinitions, 'awsfirelens') &&
      containerDefinitions.some(({ firelensConfiguration }) => firelensConfiguration),
    message:
      "When a 'firelensConfiguration' object is specified, at least one container has to be configured with the 'awsfirelens' log driver.",
  },
  {
    isBroken: ({ containerDefinitions = [], executionRoleArn }) =>
      executionRoleArn === undefined &&
      containerDefinitions.some(({ secrets = [] }) => secrets.length > 0),
    message:
      "When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.",
  },
  {
    isBroken: ({ containerDefinitions = [], executionRoleArn }) =>
      executionRoleArn === undefined &&
      containerDefinitions.some(({ repositoryCredentials }) => repositoryCredentials),
    message:
      "When you are specifying repository credentials, you must also specify a value for 'executionRoleArn'.",
  },
  {
    isBroken: (definition) =>
      isFargates(definition) &&
      (definition.volumes ?? []).some(
        ({ host, dockerVolumeConfiguration }) =>
          host?.sourcePath !== undefined || dockerVolumeConfiguration,
      ),
    message: 'Fargate supports neither host.sourcePath nor Docker volumes.',
  },
  {
    isBroken: (definition) =>
      isFargates(definition) && (definition.ipcMode !== undefined || definition.pidMode === 'host'),
    message: 'Fargate supports neither ipcMode nor pidMode host.',
  },
  {
    isBroken: (definition) =>
      isFargates(definition) && (definition.placementConstraints ?? []).length > 0,
    message: 'Placement constraints are not supported with FARGATE.',
  },
  {
    isBroken: ({ cpu, containerDefinitions = [] }) =>
      cpu !== undefined &&
      sum(containerDefinitions.map((container) => container.cpu)) > (parseCpu(cpu) ?? 0),
    message: "The containers' cpu must not exceed the task's.",
  },
  {
    isBroken: ({ memory, containerDefinitions = [] }) =>
      memory !== undefined &&
      sum(
        containerDefinitions.map((container) => container.memoryReservation ?? container.memory),
      ) > (parseMemory(memory) ?? 0),
    message: "The containers' memory must not exceed the task's.",
  },
]

/** The reason why ECS would refuse the definition for what its parts are together. */
export function partsProblem(definition: DefinitionInput): AwsError | undefined {
  const broken = RULES.find((rule) => rule.isBroken(definition))
  return broken && clientException(broken.message)
}

function isFargates({ requiresCompatibilities = [] }: DefinitionInput): boolean {
  return requiresCompatibilities.includes('FARGATE')
}

function isUsed(
  containers: NonNullable<DefinitionInput['containerDefinitions']>,
  logDriver: string,
): boolean {
  return containers.some(({ logConfiguration }) => logConfiguration?.logDriver === logDriver)
}

function sum(values: readonly (number | undefined)[]): number {
  return values.reduce<number>((total, value = 0) => total + value, 0)
}

/** Takes away what waits for nobody, until nothing is left or everybody waits. */
function hasCycle({ containerDefinitions = [] }: DefinitionInput): boolean {
  let waiting = containerDefinitions
  for (;;) {
    const names = waiting.map(({ name }) => name)
    const blocked = waiting.filter(({ dependsOn = [] }) =>
      dependsOn.some(({ containerName }) => names.includes(containerName)),
    )
    if (blocked.length === waiting.length) return blocked.length > 0
    waiting = blocked
  }
}
