import type { JsonObject } from '../../lib/json.ts'
import type { CallContext } from '../context.ts'
import { list, readShape, struct } from '../shape.ts'
import { findTagged, setTags } from './tagged-resource.ts'

const shape = struct({ resourceArn: 'string', tagKeys: list('string') })

/** Removes tags of a resource; keys that are not there do not matter. */
export function untagResource(context: CallContext, input: JsonObject): JsonObject {
  const { resourceArn, tagKeys = [] } = readShape(shape, input)
  const resource = findTagged(context, resourceArn)
  const kept = resource.entity.tags.filter(({ key }) => !tagKeys.includes(key))
  setTags(context, resource, kept)
  return {}
}
