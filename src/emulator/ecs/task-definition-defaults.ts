import { sha256 } from '../../lib/names.ts'
import { parseCpu, parseMemory } from './fargate-sizes.ts'
import type { ContainerDefinition, DefinitionInput } from './task-definition-shape.ts'

/**
 * The document that ECS stores for what was registered: with the members it adds, sizes in plain
 * numbers, and without the order of members that it does not keep.
 */
export function withDefaults(definition: DefinitionInput): DefinitionInput {
  const { tags: _tags, cpu, memory, ...rest } = definition
  const networkMode = definition.networkMode ?? 'bridge'
  const containers = definition.containerDefinitions ?? []
  return {
    ...rest,
    networkMode,
    ...(cpu !== undefined && { cpu: String(parseCpu(cpu) ?? cpu) }),
    ...(memory !== undefined && { memory: String(parseMemory(memory) ?? memory) }),
    containerDefinitions: containers.map((container) => containerDefaults(container, networkMode)),
    volumes: definition.volumes ?? [],
    placementConstraints: definition.placementConstraints ?? [],
    enableFaultInjection: definition.enableFaultInjection ?? false,
  }
}

function containerDefaults(
  container: ContainerDefinition,
  networkMode: string,
): ContainerDefinition {
  const { linuxParameters, logConfiguration } = container
  return {
    ...container,
    cpu: container.cpu ?? 0,
    essential: container.essential ?? true,
    portMappings: unordered(container.portMappings).map((mapping) => ({
      ...mapping,
      hostPort: mapping.hostPort ?? (networkMode === 'awsvpc' ? mapping.containerPort : 0) ?? 0,
      protocol: mapping.protocol ?? 'tcp',
    })),
    environment: unordered(container.environment),
    environmentFiles: unordered(container.environmentFiles),
    mountPoints: unordered(container.mountPoints),
    volumesFrom: container.volumesFrom ?? [],
    systemControls: container.systemControls ?? [],
    ...(container.secrets && { secrets: unordered(container.secrets) }),
    ...(linuxParameters?.capabilities && {
      linuxParameters: {
        ...linuxParameters,
        capabilities: { add: [], drop: [], ...linuxParameters.capabilities },
      },
    }),
    ...(logConfiguration && {
      logConfiguration: { secretOptions: [], ...logConfiguration },
    }),
  }
}

/** ECS does not keep the order of these lists: here they come back sorted by a hash. */
function unordered<T>(items: readonly T[] | undefined): readonly T[] {
  const keyed = (items ?? []).map((item) => ({ item, key: sha256(JSON.stringify(item)) }))
  return keyed
    .toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ item }) => item)
}
