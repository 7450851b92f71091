import { canonicalJson, isJsonObject, type Json } from '../lib/json.ts'
import { canonicalDefinition } from './canonical-definition.ts'
import type { RegisterTaskDefinitionBody } from './ports.ts'

/** One difference. Values are JSON text; absent where that side has none. */
export interface DefinitionDifference {
  /** For example `containerDefinitions.main.image`. */
  readonly path: string
  readonly desired?: string
  readonly observed?: string
}

/** Stands for values that may be secret. */
const HIDDEN = '<hidden>'

/**
 * What a definition would change about another, field by field and normalised: defaults of ECS and the
 * order of its lists make no difference. Values of environment variables are not shown.
 */
export function diffDefinitions(
  desired: RegisterTaskDefinitionBody,
  observed: RegisterTaskDefinitionBody,
): readonly DefinitionDifference[] {
  return diffValues([], canonicalDefinition(desired), canonicalDefinition(observed))
}

function diffValues(
  path: readonly string[],
  desired: Json | undefined,
  observed: Json | undefined,
): readonly DefinitionDifference[] {
  if (isJsonObject(desired) && isJsonObject(observed)) {
    const keys = [...new Set([...Object.keys(desired), ...Object.keys(observed)])].sort()
    return keys.flatMap((key) => diffValues([...path, key], desired[key], observed[key]))
  }
  if (canonicalJson(desired) === canonicalJson(observed)) return []
  const shown = isHidden(path) ? () => HIDDEN : canonicalJson
  return [
    {
      path: path.join('.'),
      ...(desired === undefined ? {} : { desired: shown(desired) }),
      ...(observed === undefined ? {} : { observed: shown(observed) }),
    },
  ]
}

/** `containerDefinitions.<name>.environment` and below. */
function isHidden(path: readonly string[]): boolean {
  return path.length <= 2 ? path[0] === 'containerDefinitions' : path[2] === 'environment'
}
