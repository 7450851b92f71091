import {
  canonicalJson,
  isJsonObject,
  type Json,
  type JsonObject,
  ownMember,
} from '../../lib/json.ts'
import { childOf, type FieldSet, LEAF, NO_FIELDS, toFieldSet, unionOf } from './field-set.ts'

/**
 * What server-side apply needs to know about values: which fields they have, what differs between two,
 * and how they merge. Maps are merged member by member; lists are one value (atomic), but for the few
 * that are named here.
 */

/** A list whose items stand for themselves, or one whose items are told apart by a member. */
type ListType = { readonly type: 'Set' } | { readonly type: 'Map'; readonly key: string }

const ASSOCIATIVE_LISTS: Readonly<Record<string, ListType>> = {
  'metadata.finalizers': { type: 'Set' },
  'metadata.ownerReferences': { type: 'Map', key: 'uid' },
  'status.conditions': { type: 'Map', key: 'type' },
}

/** Members of a map or an associative list by path element; undefined for values without members. */
type Members = ReadonlyMap<string, Json>

function membersOf(value: Json | undefined, path: string): Members | undefined {
  if (isJsonObject(value)) {
    const entries = Object.entries(value).flatMap(([key, member]): [string, Json][] =>
      member === undefined ? [] : [[`f:${key}`, member]],
    )
    return new Map(entries)
  }
  const list = ownMember(ASSOCIATIVE_LISTS, path)
  if (!Array.isArray(value) || !list) return undefined
  const items: readonly Json[] = value
  return new Map(items.map((item) => [itemElement(item, list), item]))
}

function itemElement(item: Json, list: ListType): string {
  if (list.type === 'Set') return `v:${JSON.stringify(item)}`
  const key = isJsonObject(item) ? (item[list.key] ?? null) : null
  return `k:${JSON.stringify({ [list.key]: key })}`
}

function pathBelow(path: string, element: string): string {
  const name = element.startsWith('f:') ? element.slice(2) : '*'
  return path === '' ? name : `${path}.${name}`
}

/**
 * Every field that a value has: its leaves, and items of associative lists. An empty map is a leaf, an
 * empty associative list has no field at all.
 */
export function fieldsOf(value: Json, path = ''): FieldSet {
  const members = membersOf(value, path)
  if (members?.size === 0) return Array.isArray(value) ? NO_FIELDS : LEAF
  if (!members) return LEAF
  return toFieldSet(
    false,
    [...members].map(([element, member]) => [element, fieldsOfMember(member, element, path)]),
  )
}

/** Fields of an object as a whole; the root itself has no owner. */
export function rootFieldsOf(value: Json): FieldSet {
  return { ...fieldsOf(value), owned: false }
}

function fieldsOfMember(member: Json, element: string, path: string): FieldSet {
  const fields = fieldsOf(member, pathBelow(path, element))
  return element.startsWith('f:') ? fields : { ...fields, owned: true }
}

/** Every path inside a member that came or went as a whole, maps and lists on the way included. */
function pathsOfMember(member: Json, path: string): FieldSet {
  const members = membersOf(member, path) ?? new Map<string, Json>()
  return toFieldSet(
    true,
    [...members].map(([element, below]) => [
      element,
      pathsOfMember(below, pathBelow(path, element)),
    ]),
  )
}

/** What became of the fields of a value. */
export interface Comparison {
  readonly added: FieldSet
  readonly modified: FieldSet
  readonly removed: FieldSet
}

const NO_CHANGE: Comparison = { added: NO_FIELDS, modified: NO_FIELDS, removed: NO_FIELDS }

export function compareValues(before: Json, after: Json, path = ''): Comparison {
  const [old, fresh] = [membersOf(before, path), membersOf(after, path)]
  if (!old || !fresh || Array.isArray(before) !== Array.isArray(after)) {
    if (canonicalJson(before) === canonicalJson(after)) return NO_CHANGE
    return {
      added: fieldsOf(after, path),
      modified: LEAF,
      removed: { ...fieldsOf(before, path), owned: false },
    }
  }
  const elements = [...new Set([...old.keys(), ...fresh.keys()])]
  const changes = elements.map((element) => {
    const change = compareMember(old.get(element), fresh.get(element), { element, path })
    return [element, change] as const
  })
  const collect = (part: keyof Comparison): FieldSet =>
    toFieldSet(
      false,
      changes.map(([element, change]) => [element, change[part]]),
    )
  return { added: collect('added'), modified: collect('modified'), removed: collect('removed') }
}

function compareMember(
  before: Json | undefined,
  after: Json | undefined,
  { element, path }: { readonly element: string; readonly path: string },
): Comparison {
  const below = pathBelow(path, element)
  if (before === undefined) {
    return { ...NO_CHANGE, added: pathsOfMember(after ?? null, below) }
  }
  if (after === undefined) return { ...NO_CHANGE, removed: pathsOfMember(before, below) }
  return compareValues(before, after, below)
}

/** `applied` over `live`. An empty map takes nothing away: it only says that there is a map. */
export function mergeValues(live: Json | undefined, applied: Json, path = ''): Json {
  if (isJsonObject(live) && isJsonObject(applied)) return mergeMaps(live, applied, path)
  const [old, fresh] = [membersOf(live, path), membersOf(applied, path)]
  if (!old || !fresh || !Array.isArray(live) || !Array.isArray(applied)) return applied
  const elements = [...new Set([...old.keys(), ...fresh.keys()])]
  return elements.map((element) => {
    const item = fresh.get(element)
    const before = old.get(element) ?? null
    return item === undefined ? before : mergeValues(before, item, pathBelow(path, element))
  })
}

function mergeMaps(live: JsonObject, applied: JsonObject, path: string): JsonObject {
  const merged = Object.entries(applied).flatMap(([key, value]): [string, Json][] => {
    if (value === undefined) return []
    const current = Object.hasOwn(live, key) ? live[key] : undefined
    return [[key, mergeValues(current, value, pathBelow(path, `f:${key}`))]]
  })
  return { ...live, ...Object.fromEntries(merged) }
}

/**
 * A copy without the fields of `fields`. A map that loses its last member goes as well, unless `kept`
 * holds it.
 */
export function removeFields(value: Json, fields: FieldSet, kept: FieldSet, path = ''): Json {
  const members = membersOf(value, path)
  if (!members) return value
  const left = [...members].flatMap(([element, member]): [string, Json][] => {
    const below = childOf(fields, element)
    const keptBelow = childOf(kept, element)
    const rest = removeMember(member, below, { kept: keptBelow, element, path })
    return rest === undefined ? [] : [[element, rest]]
  })
  if (Array.isArray(value)) return left.map(([, item]) => item)
  return Object.fromEntries(left.map(([element, member]) => [element.slice(2), member]))
}

function removeMember(
  member: Json,
  fields: FieldSet,
  where: { readonly kept: FieldSet; readonly element: string; readonly path: string },
): Json | undefined {
  const { kept, element, path } = where
  const below = pathBelow(path, element)
  const isItem = !element.startsWith('f:')
  const size = membersOf(member, below)?.size ?? 0
  if (fields.owned && (isItem || size === 0)) return undefined
  if (fields.children.size === 0) return member
  const rest = removeFields(member, fields, kept, below)
  const isEmptied = size > 0 && membersOf(rest, below)?.size === 0
  return isEmptied && !kept.owned ? undefined : rest
}

/** The paths of several sets together. */
export function unionOfAll(sets: readonly FieldSet[]): FieldSet {
  return sets.reduce(unionOf, NO_FIELDS)
}
