import type { JsonObject } from '../../lib/json.ts'
import type { CallContext } from '../context.ts'
import { readShape, struct } from '../shape.ts'
import { findTagged, setTags } from './tagged-resource.ts'
import { mergeTags, tagProblem, toTags } from './tags.ts'
import { tagList } from './task-definition-shape.ts'

const shape = struct({ resourceArn: 'string', tags: tagList })

/** Adds tags to a resource, over those of the same key. */
export function tagResource(context: CallContext, input: JsonObject): JsonObject {
  const { resourceArn, tags = [] } = readShape(shape, input)
  const resource = findTagged(context, resourceArn)
  const merged = mergeTags(resource.entity.tags, toTags(tags))
  const problem = tagProblem(tags) ?? (merged.length > 50 ? tagProblem(merged) : undefined)
  if (problem) throw problem
  setTags(context, resource, merged)
  return {}
}
