import type { JsonObject } from '../../lib/json.ts'
import type { CallContext } from '../context.ts'
import { readShape, struct } from '../shape.ts'
import { findTagged } from './tagged-resource.ts'

const shape = struct({ resourceArn: 'string' })

export function listTagsForResource(context: CallContext, input: JsonObject): JsonObject {
  const { resourceArn } = readShape(shape, input)
  return { tags: findTagged(context, resourceArn).entity.tags }
}
