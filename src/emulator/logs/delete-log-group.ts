import type { JsonObject } from '../../lib/json.ts'
import type { CallContext } from '../context.ts'
import { readShape, struct } from '../shape.ts'
import { findGroup } from './lookup.ts'

const shape = struct({ logGroupName: 'string' })

export function deleteLogGroup(context: CallContext, input: JsonObject): JsonObject {
  const group = findGroup(context, readShape(shape, input))
  context.state.logs.deleteGroup(group.name)
  return {}
}
