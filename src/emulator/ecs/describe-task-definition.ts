import type { JsonObject } from '../../lib/json.ts'
import type { CallContext } from '../context.ts'
import { clientException } from '../errors.ts'
import { list, readShape, struct } from '../shape.ts'
import { renderTaskDefinition } from '../task-definition.ts'
import { findDefinition, required } from './lookup.ts'

const shape = struct({ taskDefinition: 'string', include: list('string') })

/** Describes a revision, also an INACTIVE one; a bare family means its latest ACTIVE revision. */
export function describeTaskDefinition(context: CallContext, input: JsonObject): JsonObject {
  const { taskDefinition, include = [] } = readShape(shape, input)
  const definition = findDefinition(context, required(taskDefinition, 'TaskDefinition'))
  if (!definition) throw clientException('Unable to describe task definition.')
  return {
    taskDefinition: renderTaskDefinition(definition, context.config.accountId),
    ...(include.includes('TAGS') && { tags: definition.tags }),
  }
}
