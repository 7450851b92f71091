import type { PathStep } from '../../kinds/placeholder.ts'
import { hasPlaceholder } from '../../kinds/placeholder.ts'
import { isJsonObject, type Json, type JsonObject, ownMember } from '../../lib/json.ts'
import { toNetworkConfiguration } from './network.ts'
import type { Reporter } from './report.ts'
import { asList, asMap, isEmpty, members, without } from './values.ts'

/** Keywords of JSON Schema that only forms look at, or that Capstan refuses. */
const FORM_KEYWORDS = ['title', 'placement', 'order']
const REFUSED_KEYWORDS = ['pattern', 'patternProperties']

/** The default of each variable that has one; null defaults mean none. */
export function defaultsOf(variables: JsonObject): JsonObject {
  return Object.fromEntries(
    members(variables['properties']).flatMap(([name, property]): readonly [string, Json][] => {
      const value = asMap(property)['default']
      return value === undefined || value === null ? [] : [[name, value]]
    }),
  )
}

export interface PoolVariablesInput {
  /** `variables` of the base job template. */
  readonly source: JsonObject
  readonly path: readonly PathStep[]
  /** Variables that became something else. */
  readonly consumed: readonly string[]
  /** Names that placeholders of the template use. */
  readonly used: readonly string[]
  /** Defaults where the variable itself has none. */
  readonly defaults: JsonObject
}

/** The variables of a WorkPool: those of the template, and those that its placeholders name besides. */
export function toPoolVariables(
  input: PoolVariablesInput,
  report: Reporter,
): JsonObject | undefined {
  const { source, consumed, used, defaults } = input
  const declared = members(source['properties']).filter(([name]) => !consumed.includes(name))
  const known = declared.map(([name]) => name)
  const missing = [...new Set(used)].filter((name) => !known.includes(name))
  const properties: readonly (readonly [string, Json])[] = [
    ...declared.map(([name, property]) => {
      return [name, toProperty(name, asMap(property), input, report)] as const
    }),
    ...missing.map((name) => [name, {}] as const),
  ]
  if (properties.length === 0) return undefined
  const required = asList(source['required']).filter((name) =>
    known.some((declaredName) => declaredName === name),
  )
  const withDefaults = properties.map(([name, property]) => {
    const own = ownMember(defaults, name)
    const isBare = asMap(property)['default'] === undefined
    return [name, own !== undefined && isBare ? { ...asMap(property), default: own } : property]
  })
  const schema = {
    type: 'object',
    properties: Object.fromEntries(withDefaults) as JsonObject,
    ...(required.length > 0 && { required }),
  }
  return { ...schema, ...usedDefinitions(source, schema) }
}

function toProperty(
  name: string,
  property: JsonObject,
  { path }: PoolVariablesInput,
  report: Reporter,
): JsonObject {
  const at = [...path, 'properties', name]
  for (const [key, value] of members(property).filter(([word]) =>
    REFUSED_KEYWORDS.includes(word),
  )) {
    const reason = 'a pattern can take minutes to match, so schemas of variables have none'
    report.lost({ path: [...at, key], value }, reason, 'Use enum, or maxLength')
  }
  const { default: value, ...rest } = without(property, [...FORM_KEYWORDS, ...REFUSED_KEYWORDS])
  const kept = toDefault(name, value, [...at, 'default'], report)
  return kept === undefined ? rest : { ...rest, default: kept }
}

/** Capstan does not render defaults again, and knows no blocks. */
function toDefault(
  name: string,
  value: Json | undefined,
  path: readonly PathStep[],
  report: Reporter,
): Json | undefined {
  if (value === undefined || value === null) return undefined
  const place = { path, value }
  if (isJsonObject(value) && value['$ref'] !== undefined) {
    report.lost(place, 'blocks stay with Prefect', 'Write the value')
    return undefined
  }
  if (hasPlaceholder(JSON.stringify(value))) {
    const reason = 'a default is not rendered again'
    report.lost(place, reason, 'Write the placeholder into the template of the WorkPool')
    return undefined
  }
  if (name !== 'network_configuration' || !isJsonObject(value)) return value
  const network = toNetworkConfiguration(value, place, report)
  return isEmpty(network) ? undefined : network
}

/** `definitions` and `$defs` that the kept variables still refer to, and those that these refer to. */
function usedDefinitions(source: JsonObject, schema: JsonObject): JsonObject {
  const all = ['definitions', '$defs'].flatMap((keyword) =>
    members(source[keyword]).map(([name, definition]) => ({ keyword, name, definition })),
  )
  const used = new Set<(typeof all)[number]>()
  const texts = [JSON.stringify(schema)]
  for (const text of texts) {
    for (const one of all) {
      if (used.has(one) || !text.includes(`#/${one.keyword}/${one.name}"`)) continue
      used.add(one)
      texts.push(JSON.stringify(one.definition))
    }
  }
  return Object.fromEntries(
    ['definitions', '$defs'].flatMap((keyword): readonly [string, Json][] => {
      const kept = all.filter((one) => one.keyword === keyword && used.has(one))
      const named = kept.map(({ name, definition }) => withoutTitle([name, definition]))
      return kept.length > 0 ? [[keyword, Object.fromEntries(named)]] : []
    }),
  )
}

function withoutTitle([name, schema]: readonly [string, Json]): readonly [string, Json] {
  return [name, without(asMap(schema), ['title'])]
}
