import type { JsonObject } from '../../lib/json.ts'
import type { CallContext } from '../context.ts'
import { clientException } from '../errors.ts'
import { readShape, struct } from '../shape.ts'
import { renderTaskDefinition } from '../task-definition.ts'
import { findDefinition, parseDefinitionName, required } from './lookup.ts'

const shape = struct({ taskDefinition: 'string' })

/** Makes a revision INACTIVE: its tasks run on, new ones are refused. The revision has to be named. */
export function deregisterTaskDefinition(context: CallContext, input: JsonObject): JsonObject {
  const name = required(readShape(shape, input).taskDefinition, 'TaskDefinition')
  if (parseDefinitionName(name).revision === undefined) {
    throw clientException('Invalid revision number. Number: null')
  }
  const definition = findDefinition(context, name)
  if (!definition) throw clientException('Unable to describe task definition.')
  if (definition.status !== 'ACTIVE') {
    throw clientException('The specified task definition is inactive.')
  }
  definition.status = 'INACTIVE'
  definition.deregisteredAtMs = context.nowMs
  context.state.sink.put('definition', definition.arn, definition)
  return { taskDefinition: renderTaskDefinition(definition, context.config.accountId) }
}
