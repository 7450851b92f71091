import type { PathStep } from '../../kinds/placeholder.ts'
import type { Issue } from '../problem.ts'

/** Names in a list that must differ; items without the member do not count. */
export function checkUnique<Key extends string>(
  items: readonly Readonly<Partial<Record<Key, string>>>[],
  key: Key,
  path: readonly PathStep[],
): readonly Issue[] {
  const seen = new Set<string>()
  return items.flatMap((item, index): readonly Issue[] => {
    const name = item[key]
    if (name === undefined) return []
    if (!seen.has(name)) {
      seen.add(name)
      return []
    }
    return [{ code: 'Duplicate', path: [...path, index, key], message: `'${name}' is there twice` }]
  })
}
