import type { JsonObject } from '../../lib/json.ts'
import type { Cluster } from '../cluster.ts'
import type { ContainerInstance } from '../container-instances.ts'
import type { CallContext } from '../context.ts'
import { requiredAttributes, type TaskDefinition } from '../task-definition.ts'
import type { Resources } from '../task-record.ts'
import type { LaunchTarget } from './launch-target.ts'
import { isSatisfied } from './placement-expression.ts'
import type { RunTaskInput } from './run-task-shape.ts'

export const CAPACITY_UNAVAILABLE =
  'Capacity is unavailable at this time. Please try again later or in a different availability zone'
const VCPU_LIMIT = "You've reached the limit on the number of vCPUs you can run concurrently"

export type Placement =
  | { readonly type: 'Placed'; readonly instance?: ContainerInstance; readonly held?: Resources }
  | { readonly type: 'Failed'; readonly failures: readonly JsonObject[] }

export interface PlacementRequest {
  readonly request: RunTaskInput
  readonly cluster: Cluster
  readonly definition: TaskDefinition
  readonly target: LaunchTarget
  readonly provider: string | undefined
}

/** Finds room for one task; what stands against it is `failures[]` of RunTask. */
export function placeTask(context: CallContext, wanted: PlacementRequest): Placement {
  const need = resourcesOf(wanted.target, wanted.definition)
  return wanted.target.launchType === 'FARGATE'
    ? placeOnFargate(context, wanted)
    : placeOnInstances(context, wanted, need)
}

function placeOnFargate(context: CallContext, { target, provider }: PlacementRequest): Placement {
  const spot = provider === 'FARGATE_SPOT'
  const { onDemand, spot: spotQuota } = context.config.vcpuQuota
  const quota = spot ? spotQuota : onDemand
  const wantedUnits = target.cpu ?? 0
  if (quota !== undefined && usedUnits(context, spot) + wantedUnits > quota * 1024) {
    return { type: 'Failed', failures: [{ reason: VCPU_LIMIT }] }
  }
  return { type: 'Placed' }
}

/** CPU units of the Fargate tasks that have not stopped. */
function usedUnits(context: CallContext, spot: boolean): number {
  let units = 0
  for (const task of context.state.tasks.unstopped()) {
    if (task.launchType !== 'FARGATE') continue
    if ((task.capacityProviderName === 'FARGATE_SPOT') === spot) units += task.cpu ?? 0
  }
  return units
}

function resourcesOf(target: LaunchTarget, { body }: TaskDefinition): Resources {
  const containers = body.containerDefinitions ?? []
  const sum = (pick: (container: (typeof containers)[number]) => number): number =>
    containers.reduce((total, container) => total + pick(container), 0)
  return {
    cpu: target.cpu ?? sum(({ cpu = 0 }) => cpu),
    memoryMiB:
      target.memory ?? sum(({ memory, memoryReservation }) => memoryReservation ?? memory ?? 0),
    gpus: sum(({ resourceRequirements = [] }) =>
      resourceRequirements
        .filter(({ type }) => type === 'GPU')
        .reduce((total, { value }) => total + Number(value), 0),
    ),
    ports:
      body.networkMode === 'awsvpc' || body.networkMode === 'none'
        ? []
        : containers.flatMap(({ portMappings = [] }) =>
            portMappings.map(({ hostPort = 0 }) => hostPort).filter((port) => port !== 0),
          ),
  }
}

function placeOnInstances(
  context: CallContext,
  wanted: PlacementRequest,
  need: Resources,
): Placement {
  const instances = context.state.instances.filter(
    ({ config }) =>
      config.cluster === wanted.cluster.name && config.launchType === wanted.target.launchType,
  )
  const failures: JsonObject[] = []
  for (const instance of instances) {
    const reason = obstacle(instance, wanted, need)
    if (reason === undefined) return { type: 'Placed', instance, held: need }
    failures.push({ arn: instance.arn, reason })
  }
  return { type: 'Failed', failures }
}

/** Why the instance cannot take the task: the first of ECS's reasons that holds. */
function obstacle(
  instance: ContainerInstance,
  { request, definition }: PlacementRequest,
  need: Resources,
): string | undefined {
  const { remaining, config } = instance
  const boundPorts = [...instance.held.values()].flatMap(({ ports }) => ports)
  const constraints = [
    ...(definition.body.placementConstraints ?? []),
    ...(request.placementConstraints ?? []),
  ]
  const reasons: readonly (readonly [boolean, string])[] = [
    [config.agentConnected === false, 'AGENT'],
    [!hasAttributes(instance, definition), 'ATTRIBUTE'],
    [
      constraints.some((constraint) => !isSatisfied(constraint, config.attributes ?? {})),
      'MemberOf placement constraint unsatisfied.',
    ],
    [
      constraints.some(({ type }) => type === 'distinctInstance') && instance.held.size > 0,
      'DistinctInstance placement constraint unsatisfied.',
    ],
    [need.cpu > remaining.cpu, 'RESOURCE:CPU'],
    [need.memoryMiB > remaining.memoryMiB, 'RESOURCE:MEMORY'],
    [need.gpus > remaining.gpus, 'RESOURCE:GPU'],
    [need.ports.some((port) => boundPorts.includes(port)), 'RESOURCE:PORTS'],
  ]
  return reasons.find(([holds]) => holds)?.[1]
}

/** An instance without configured attributes has all that ECS's agent brings. */
function hasAttributes({ config }: ContainerInstance, definition: TaskDefinition): boolean {
  const { attributes } = config
  if (!attributes) return true
  return requiredAttributes(definition).every((name) => name in attributes)
}
