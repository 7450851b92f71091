import type { ErrorObject } from 'ajv'
import { MAP_FIELDS } from '../kinds/merge.ts'
import { hasPlaceholder, type PathStep } from '../kinds/placeholder.ts'

/**
 * A template is written more freely than it may be in the end: null removes what is inherited, and a
 * placeholder may stand for any value. Instead of a second, laxer schema, errors are taken back whose
 * value is one of these; after merging and rendering none is.
 */
export function isAllowedAsWritten(
  { data }: Pick<ErrorObject, 'data'>,
  path: readonly PathStep[],
): boolean {
  const [spec, template, field] = path
  if (spec !== 'spec' || template !== 'template' || field === undefined) return false
  if (data === null) return isRemoval(path.slice(2))
  return typeof data === 'string' && hasPlaceholder(data)
}

/** Of a field as a whole, or of one key in a map that merges key by key. */
function isRemoval([field, ...rest]: readonly PathStep[]): boolean {
  return rest.length === 0 || (rest.length === 1 && MAP_FIELDS.includes(String(field)))
}
