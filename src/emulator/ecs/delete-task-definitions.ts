import type { JsonObject } from '../../lib/json.ts'
import type { CallContext } from '../context.ts'
import { invalidParameter } from '../errors.ts'
import { list, readShape, struct } from '../shape.ts'
import { renderTaskDefinition } from '../task-definition.ts'
import { findDefinition } from './lookup.ts'

const shape = struct({ taskDefinitions: list('string') })

const MAX_DEFINITIONS = 10

/** Marks INACTIVE revisions for deletion; each one that is not INACTIVE is a failure of its own. */
export function deleteTaskDefinitions(context: CallContext, input: JsonObject): JsonObject {
  const { taskDefinitions: names = [] } = readShape(shape, input)
  if (names.length === 0 || names.length > MAX_DEFINITIONS) {
    throw invalidParameter(`taskDefinitions must have 1 to ${MAX_DEFINITIONS} items.`)
  }
  const deleted: JsonObject[] = []
  const failures: JsonObject[] = []
  for (const name of names) {
    const definition = findDefinition(context, name)
    if (!definition) {
      failures.push({ arn: name, reason: 'The specified task definition does not exist.' })
    } else if (definition.status === 'ACTIVE') {
      failures.push({
        arn: definition.arn,
        reason:
          'The specified task definition is still in ACTIVE status. Please deregister the target and try again.',
      })
    } else {
      definition.status = 'DELETE_IN_PROGRESS'
      context.state.sink.put('definition', definition.arn, definition)
      deleted.push(renderTaskDefinition(definition, context.config.accountId))
    }
  }
  return { taskDefinitions: deleted, failures }
}
