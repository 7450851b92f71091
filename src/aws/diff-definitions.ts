import { canonicalDefinition } from './canonical-definition.ts'
import { type Difference, diffJson } from './diff-json.ts'
import type { RegisterTaskDefinitionBody } from './ports.ts'

/**
 * What a definition would change about another, field by field and normalised: defaults of ECS and the
 * order of its lists make no difference. Values of environment variables are not shown.
 */
export function diffDefinitions(
  desired: RegisterTaskDefinitionBody,
  observed: RegisterTaskDefinitionBody,
): readonly Difference[] {
  return diffJson(canonicalDefinition(desired), canonicalDefinition(observed), isHidden)
}

/** `containerDefinitions.<name>.environment` and below. */
function isHidden(path: readonly string[]): boolean {
  return path.length <= 2 ? path[0] === 'containerDefinitions' : path[2] === 'environment'
}
