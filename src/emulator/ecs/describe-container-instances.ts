import type { JsonObject } from '../../lib/json.ts'
import type { ContainerInstance } from '../container-instances.ts'
import type { CallContext } from '../context.ts'
import { list, readShape, struct } from '../shape.ts'
import { findCluster } from './lookup.ts'

const shape = struct({
  cluster: 'string',
  containerInstances: list('string'),
  include: list('string'),
})

/** Describes container instances by id or ARN; unknown ones are failures MISSING. */
export function describeContainerInstances(context: CallContext, input: JsonObject): JsonObject {
  const { cluster: name, containerInstances: asked = [] } = readShape(shape, input)
  const cluster = findCluster(context, name)
  const containerInstances: JsonObject[] = []
  const failures: JsonObject[] = []
  for (const idOrArn of asked) {
    const id = idOrArn.split('/').at(-1)
    const instance = context.state.instances.find(
      ({ arn, config }) => arn.split('/').at(-1) === id && config.cluster === cluster.name,
    )
    if (instance) containerInstances.push(renderInstance(instance))
    else failures.push({ arn: idOrArn, reason: 'MISSING' })
  }
  return { containerInstances, failures }
}

function renderInstance(instance: ContainerInstance): JsonObject {
  const { config, remaining } = instance
  return {
    containerInstanceArn: instance.arn,
    ec2InstanceId: instance.ec2InstanceId,
    status: 'ACTIVE',
    agentConnected: config.agentConnected !== false,
    registeredResources: renderResources(config.cpu, config.memoryMiB),
    remainingResources: renderResources(remaining.cpu, remaining.memoryMiB),
    runningTasksCount: instance.held.size,
    pendingTasksCount: 0,
    attributes: Object.entries(config.attributes ?? {}).map(([name, value]) => ({ name, value })),
    tags: [],
  }
}

function renderResources(cpu: number, memoryMiB: number): readonly JsonObject[] {
  return [
    { name: 'CPU', type: 'INTEGER', integerValue: cpu },
    { name: 'MEMORY', type: 'INTEGER', integerValue: memoryMiB },
  ]
}
