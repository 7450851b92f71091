import { isJsonObject, type JsonObject, parseJson } from '../../lib/json.ts'

/**
 * A set of field paths, as a tree: a node says whether its own path is in the set, and which paths
 * below it are. Path elements are written as in FieldsV1: `f:name` for a member, `k:{"uid":"..."}` for
 * an item of a list that is keyed, `v:"text"` for an item of a list that is a set.
 */
export interface FieldSet {
  readonly owned: boolean
  readonly children: ReadonlyMap<string, FieldSet>
}

export const NO_FIELDS: FieldSet = { owned: false, children: new Map() }
/** A path and nothing below it. */
export const LEAF: FieldSet = { owned: true, children: new Map() }

export function isEmptySet(set: FieldSet): boolean {
  return !set.owned && set.children.size === 0
}

/** A node without children that say nothing. */
export function toFieldSet(
  owned: boolean,
  children: Iterable<readonly [string, FieldSet]>,
): FieldSet {
  return { owned, children: new Map([...children].filter(([, child]) => !isEmptySet(child))) }
}

export function unionOf(a: FieldSet, b: FieldSet): FieldSet {
  const keys = new Set([...a.children.keys(), ...b.children.keys()])
  return toFieldSet(
    a.owned || b.owned,
    [...keys].map((key) => [key, unionOf(childOf(a, key), childOf(b, key))]),
  )
}

/** Paths of `a` that are not in `b`. */
export function differenceOf(a: FieldSet, b: FieldSet): FieldSet {
  return toFieldSet(
    a.owned && !b.owned,
    [...a.children].map(([key, child]) => [key, differenceOf(child, childOf(b, key))]),
  )
}

/** Paths that are in both. */
export function intersectionOf(a: FieldSet, b: FieldSet): FieldSet {
  return toFieldSet(
    a.owned && b.owned,
    [...a.children].map(([key, child]) => [key, intersectionOf(child, childOf(b, key))]),
  )
}

export function isSameSet(a: FieldSet, b: FieldSet): boolean {
  return isEmptySet(differenceOf(a, b)) && isEmptySet(differenceOf(b, a))
}

export function childOf(set: FieldSet, element: string): FieldSet {
  return set.children.get(element) ?? NO_FIELDS
}

/** Every path in the set, as conflicts print it: `.spec.queues`, `.metadata.ownerReferences[uid="x"]`. */
export function renderPaths(set: FieldSet, prefix = ''): readonly string[] {
  const own = set.owned ? [prefix] : []
  const below = [...set.children].flatMap(([element, child]) =>
    renderPaths(child, prefix + renderElement(element)),
  )
  return [...own, ...below]
}

function renderElement(element: string): string {
  const text = element.slice(2)
  if (element.startsWith('f:')) return `.${text}`
  if (element.startsWith('v:')) return `[=${text}]`
  const keys: unknown = JSON.parse(text)
  const pairs = Object.entries(isJsonObject(keys) ? keys : {})
  return `[${pairs.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(',')}]`
}

/** The FieldsV1 form: `.` marks a node that is in the set itself and has children as well. */
export function renderFieldsV1(set: FieldSet): JsonObject {
  const children = [...set.children]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([element, child]) => [element, renderFieldsV1(child)])
  const self = set.owned && set.children.size > 0 ? [['.', {}]] : []
  return Object.fromEntries([...self, ...children])
}

const PATH_ELEMENT = /^(?:f:[\s\S]+|[kv]:[\s\S]+|i:\d+)$/

/** Reads FieldsV1; undefined when it is none. The top level itself is never in the set. */
export function parseFieldsV1(fields: unknown): FieldSet | undefined {
  if (!isJsonObject(fields)) return undefined
  const children = parseChildren(fields)
  return children && toFieldSet(false, children)
}

function parseChildren(fields: JsonObject): readonly (readonly [string, FieldSet])[] | undefined {
  const children: [string, FieldSet][] = []
  for (const [element, below] of Object.entries(fields)) {
    if (element === '.') continue
    if (!isElement(element) || !isJsonObject(below)) return undefined
    const grandchildren = parseChildren(below)
    if (!grandchildren) return undefined
    const isLeaf = Object.keys(below).length === 0
    children.push([element, toFieldSet(isLeaf || below['.'] !== undefined, grandchildren)])
  }
  return children
}

function isElement(element: string): boolean {
  if (!PATH_ELEMENT.test(element)) return false
  if (element.startsWith('f:') || element.startsWith('i:')) return true
  return parseJson(element.slice(2)) !== undefined
}
