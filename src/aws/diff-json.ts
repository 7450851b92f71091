import { canonicalJson, isJsonObject, type Json } from '../lib/json.ts'

/** One difference. Values are JSON text; absent where that side has none. */
export interface Difference {
  /** For example `containerDefinitions.main.image`. */
  readonly path: string
  readonly desired?: string
  readonly observed?: string
}

/** Stands for values that may be secret. */
const HIDDEN = '<hidden>'

/** What `desired` would change about `observed`, member by member; lists count as one value. */
export function diffJson(
  desired: Json | undefined,
  observed: Json | undefined,
  isHidden: (path: readonly string[]) => boolean,
): readonly Difference[] {
  return diffAt([], desired, observed, isHidden)
}

function diffAt(
  path: readonly string[],
  desired: Json | undefined,
  observed: Json | undefined,
  isHidden: (path: readonly string[]) => boolean,
): readonly Difference[] {
  if (isJsonObject(desired) && isJsonObject(observed)) {
    const keys = [...new Set([...Object.keys(desired), ...Object.keys(observed)])].sort()
    return keys.flatMap((key) => diffAt([...path, key], desired[key], observed[key], isHidden))
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
