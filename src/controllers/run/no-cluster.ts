import { isNotFound } from '../../aws/errors.ts'

/** For reads of tasks: a cluster that is not there has none, because ECS deletes none that has some. Throws what else it gets. */
export function noneIfGone(error: unknown): readonly [] {
  if (isNotFound(error)) return []
  throw error
}
