import { isJsonObject, type Json, type JsonObject } from '../lib/json.ts'

/** Where a value of a template can come from, weakest first. */
export const LEVELS = ['Default', 'WorkPool', 'Deployment', 'Run'] as const
export type Level = (typeof LEVELS)[number]

/** Which level gave each effective value: `image`, and `env.NAME` for the maps that merge key by key. */
export type Sources = ReadonlyMap<string, Level>

export interface LeveledTemplate {
  readonly level: Level
  /** Rendered: no placeholders; customizations are lists. Null still removes what is weaker. */
  readonly template: JsonObject
}

export interface MergedTemplate {
  readonly template: JsonObject
  readonly sources: Sources
}

/**
 * What holds when nobody says anything. Sizes are not here: a task definition that is linked or given
 * has sizes of its own, so the builder of the request fills them in last.
 */
export const DEFAULT_TEMPLATE = {
  launchType: 'FARGATE',
  taskDefinitionArnMode: 'CopyOnChange',
  streamOutput: false,
  autoDeregisterTaskDefinition: false,
  matchLatestRevisionInFamily: true,
  enableExecuteCommand: false,
  taskStartTimeoutSeconds: 300,
} as const satisfies JsonObject

/** Maps that merge key by key. In `env` null stays, as the mark of a name to unset in the task definition too. */
export const MAP_FIELDS: readonly string[] = ['env', 'secrets', 'labels', 'cloudwatchLogsOptions']

/** Lists of which a stronger level adds to, instead of replacing them. */
export const CONCATENATED_FIELDS: readonly string[] = [
  'taskDefinitionCustomizations',
  'taskCustomizations',
]

interface Merge {
  readonly fields: Map<string, Json>
  readonly maps: Map<string, Map<string, Json>>
  readonly sources: Map<string, Level>
}

/** Merges templates field by field. `levels` are ordered weakest first. Keys are data, whatever their name. */
export function mergeTemplates(levels: readonly LeveledTemplate[]): MergedTemplate {
  const merge: Merge = { fields: new Map(), maps: new Map(), sources: new Map() }
  for (const { level, template } of levels) {
    for (const [field, value] of Object.entries(template)) {
      if (value !== undefined) mergeField(merge, field, value, level)
    }
    unsetEnv(merge, template['unsetEnv'], level)
  }
  dropOverruledPlacement(merge)
  return { template: toTemplate(merge), sources: merge.sources }
}

function mergeField(merge: Merge, field: string, value: Json, level: Level): void {
  if (field === 'unsetEnv') return
  if (MAP_FIELDS.includes(field)) {
    mergeMap(merge, field, value, level)
  } else if (field === 'launchType' && value === null) {
    // Null means "neither launch type nor strategy", not "what the pool says".
    setField(merge, field, 'NONE', level)
  } else if (value === null) {
    merge.fields.delete(field)
    merge.sources.delete(field)
  } else if (CONCATENATED_FIELDS.includes(field)) {
    setField(merge, field, [...listOf(merge.fields.get(field)), ...listOf(value)], level)
  } else {
    setField(merge, field, value, level)
  }
}

function setField(merge: Merge, field: string, value: Json, level: Level): void {
  merge.fields.set(field, value)
  merge.sources.set(field, level)
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : []
}

function mergeMap(merge: Merge, field: string, value: Json, level: Level): void {
  if (!isJsonObject(value)) {
    if (value === null) clearMap(merge, field)
    return
  }
  const map = mapOf(merge, field)
  for (const [key, item] of Object.entries(value)) {
    if (item === undefined) continue
    const source = `${field}.${key}`
    if (item === null && field !== 'env') {
      map.delete(key)
      merge.sources.delete(source)
    } else {
      map.set(key, item)
      merge.sources.set(source, level)
    }
  }
}

function mapOf(merge: Merge, field: string): Map<string, Json> {
  const map = merge.maps.get(field) ?? new Map<string, Json>()
  merge.maps.set(field, map)
  return map
}

function clearMap(merge: Merge, field: string): void {
  for (const key of merge.maps.get(field)?.keys() ?? []) merge.sources.delete(`${field}.${key}`)
  merge.maps.delete(field)
}

/** A name in unsetEnv is null in env, and beats a value that the same level gives. */
function unsetEnv(merge: Merge, names: Json | undefined, level: Level): void {
  for (const name of listOf(names)) {
    if (typeof name !== 'string') continue
    mapOf(merge, 'env').set(name, null)
    merge.sources.set(`env.${name}`, level)
  }
}

/**
 * launchType and capacityProviderStrategy exclude each other: the one that the stronger level set
 * counts. Either of them, set above a ladder, replaces the ladder too: who names a place means it.
 */
function dropOverruledPlacement(merge: Merge): void {
  const launchType = rankOf(merge, 'launchType')
  const strategy = rankOf(merge, 'capacityProviderStrategy')
  const ladder = rankOf(merge, 'capacityLadder')
  const weaker = launchType > strategy ? 'capacityProviderStrategy' : 'launchType'
  if (launchType >= 0 && strategy >= 0) drop(merge, weaker)
  if (ladder >= 0 && Math.max(launchType, strategy) > ladder) drop(merge, 'capacityLadder')
}

function rankOf(merge: Merge, field: string): number {
  const level = merge.sources.get(field)
  return level === undefined ? -1 : LEVELS.indexOf(level)
}

function drop(merge: Merge, field: string): void {
  merge.fields.delete(field)
  merge.sources.delete(field)
}

/** Object.fromEntries defines own members only, so a key `__proto__` is data and reaches no prototype. */
function toTemplate(merge: Merge): JsonObject {
  const maps = [...merge.maps].filter(([, map]) => map.size > 0)
  return Object.fromEntries<Json>([
    ...merge.fields,
    ...maps.map(([field, map]): [string, Json] => [field, Object.fromEntries(map)]),
  ])
}
