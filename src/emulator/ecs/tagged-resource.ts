import type { CallContext } from '../context.ts'
import { AwsError, invalidParameter } from '../errors.ts'
import type { EntityKind } from '../sink.ts'
import type { Tag } from '../task-record.ts'
import { clusterName, required, taskId } from './lookup.ts'

/** Something that tags can be put on. */
export interface TaggedResource {
  readonly kind: EntityKind
  readonly key: string
  readonly entity: { tags: readonly Tag[] }
}

/** The cluster, task or task definition of an ARN. */
export function findTagged(context: CallContext, resourceArn: string | undefined): TaggedResource {
  const arn = required(resourceArn, 'resourceArn')
  const type = /^arn:aws[\w-]*:ecs:[^:]*:[^:]*:([a-z-]+)\//.exec(arn)?.[1]
  const resource = type === undefined ? undefined : lookUp(context, type, arn)
  if (type === undefined) throw invalidParameter(`The ARN is invalid: ${arn}`)
  if (!resource) {
    throw new AwsError('ResourceNotFoundException', 'The specified resource could not be found.')
  }
  return resource
}

function lookUp(context: CallContext, type: string, arn: string): TaggedResource | undefined {
  const { state } = context
  switch (type) {
    case 'cluster': {
      const cluster = state.clusters.get(clusterName(arn))
      return cluster && { kind: 'cluster', key: cluster.name, entity: cluster }
    }
    case 'task': {
      const task = state.tasks.get(taskId(arn))
      return task && { kind: 'task', key: task.id, entity: task }
    }
    case 'task-definition': {
      const definition = state.definitions.get(arn)
      return definition && { kind: 'definition', key: definition.arn, entity: definition }
    }
    default:
      return undefined
  }
}

/** Replaces the tags of a resource. */
export function setTags(
  context: CallContext,
  resource: TaggedResource,
  tags: readonly Tag[],
): void {
  resource.entity.tags = tags
  context.state.sink.put(resource.kind, resource.key, resource.entity)
}
