import { canonicalJson } from '../lib/json.ts'
import { sha256 } from '../lib/names.ts'
import { canonicalDefinition } from './canonical-definition.ts'
import type { RegisterTaskDefinitionBody } from './ports.ts'

/**
 * Lower-case hex SHA-256 of what a definition means: equal for what ECS gives back of it, whatever
 * defaults ECS has added and in whatever order it keeps the lists. Capstan's own tags do not count.
 */
export function definitionHash(body: RegisterTaskDefinitionBody): string {
  return sha256(canonicalJson(canonicalDefinition(body)))
}

/** Whether two definitions mean the same, their tags apart: DescribeTaskDefinition gives tags elsewhere. */
export function sameDefinition(
  a: RegisterTaskDefinitionBody,
  b: RegisterTaskDefinitionBody,
): boolean {
  const meaning = (body: RegisterTaskDefinitionBody): string =>
    canonicalJson(canonicalDefinition({ ...body, tags: undefined }))
  return meaning(a) === meaning(b)
}
