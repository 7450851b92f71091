import fc from 'fast-check'
import { type ApplyResult, applyConfig } from '../../src/apiserver/apply/apply.ts'
import {
  type Manager,
  type ManagerId,
  renderManagedFields,
  trackUpdate,
} from '../../src/apiserver/apply/managed-fields.ts'
import { canonicalJson, isJsonObject, type Json, type JsonObject } from '../../src/lib/json.ts'

/** One write of a history: an apply, or a plain update that replaces everything. */
export interface HistoryStep {
  readonly type: 'apply' | 'update'
  readonly manager: string
  readonly force: boolean
  readonly object: JsonObject
}

/** What a step gives; the state after it, or the conflicts that stopped it. */
export interface Outcome {
  readonly conflicts?: readonly string[]
  readonly live?: Json
  readonly managers?: Readonly<Record<string, JsonObject>>
}

const TIME = '2026-01-01T00:00:00Z'

/** Plays a history with Capstan's own implementation. */
export function playHistory(history: readonly HistoryStep[]): readonly Outcome[] {
  let live: Json = {}
  let managers: readonly Manager[] = []
  return history.map(({ type, manager, force, object }) => {
    const operation = type === 'apply' ? 'Apply' : 'Update'
    const id: ManagerId = { name: manager, operation, subresource: '' }
    const result: ApplyResult =
      type === 'apply'
        ? applyConfig({ live, config: object, managers, id, force, time: TIME })
        : {
            type: 'Applied',
            value: object,
            managers: trackUpdate(managers, id, { before: live, after: object, time: TIME }),
          }
    if (result.type === 'Conflict') {
      return {
        conflicts: result.conflicts
          .flatMap((conflict) => conflict.paths.map((path) => conflict.manager.name + path))
          .toSorted(),
      }
    }
    live = result.value
    managers = result.managers
    const fields = renderManagedFields(managers).map(
      ({ manager: name, fieldsV1 }) => [name as string, (fieldsV1 ?? {}) as JsonObject] as const,
    )
    return { live, managers: Object.fromEntries(fields) }
  })
}

/**
 * What is compared: the object without empty maps (the reference leaves null where it has taken the last
 * member of one) and with associative lists in a fixed order, and who owns which leaf of it. Whether a map on
 * the way to an owned field is owned itself has no effect.
 */
export function comparable({ conflicts, live = {}, managers = {} }: Outcome): unknown {
  if (conflicts) return { conflicts }
  const owners = Object.entries(managers)
    .map(([name, fields]) => [name, ownedLeaves(fields, live).toSorted()] as const)
    .filter(([, leaves]) => leaves.length > 0)
  return { live: withoutEmptyMaps(live), owners: Object.fromEntries(owners) }
}

const ASSOCIATIVE = /^\.(metadata\.(finalizers|ownerReferences)|status\.conditions)$/

function withoutEmptyMaps(value: Json, path = ''): Json {
  if (Array.isArray(value)) {
    const items: readonly Json[] = value
    if (!ASSOCIATIVE.test(path)) return items
    return items.map((item) => canonicalJson(item)).toSorted()
  }
  if (!isJsonObject(value)) return value
  const members = Object.entries(value)
    .map(([key, member]) => [key, withoutEmptyMaps(member ?? null, `${path}.${key}`)] as const)
    .filter(([, member]) => !isEmpty(member))
  return Object.fromEntries(members)
}

function isEmpty(value: Json | undefined): boolean {
  if (value === undefined || value === null) return true
  return typeof value === 'object' && Object.keys(value).length === 0
}

/** Paths of owned fields at which the object has a value that has no members of its own. */
function ownedLeaves(fields: JsonObject, value: Json, path = ''): readonly string[] {
  return Object.entries(fields).flatMap(([element, below]) => {
    const member = element === '.' ? undefined : memberAt(value, element)
    if (member === undefined || isEmpty(member) || !isJsonObject(below)) return []
    const here = path + element
    const isLeaf = !isJsonObject(member) && Object.keys(below).length === 0
    return isLeaf ? [here] : ownedLeaves(below, member, here)
  })
}

/** What a path element of FieldsV1 names: a member, an item of a set, or an item by its key. */
function memberAt(value: Json, element: string): Json | undefined {
  const text = element.slice(2)
  if (element.startsWith('f:')) return isJsonObject(value) ? value[text] : undefined
  if (!Array.isArray(value)) return undefined
  const items: readonly Json[] = value
  if (element.startsWith('v:')) return items.find((item) => canonicalJson(item) === text)
  const wanted: unknown = JSON.parse(text)
  return items.find(
    (item) =>
      isJsonObject(item) &&
      isJsonObject(wanted) &&
      Object.entries(wanted).every(([key, part]) => item[key] === part),
  )
}

const word = fc.constantFrom('1', '2', '3')
const words = fc.dictionary(fc.constantFrom('a', 'b', 'c'), word, { maxKeys: 3 })

/** Objects of few names, so that managers meet. */
const object: fc.Arbitrary<JsonObject> = fc.record(
  {
    spec: fc.record(
      {
        x: word,
        y: fc.oneof(word, fc.constant(true), words),
        list: fc.array(word, { maxLength: 2 }),
        env: words,
        template: fc.record(
          { image: word, vars: words, deep: fc.record({ env: words }, { requiredKeys: [] }) },
          { requiredKeys: [] },
        ),
      },
      { requiredKeys: [] },
    ),
    metadata: fc.record(
      {
        labels: words,
        finalizers: fc.uniqueArray(fc.constantFrom('f1', 'f2', 'f3'), { maxLength: 3 }),
        ownerReferences: fc.uniqueArray(
          fc.record({ uid: word, name: word, controller: fc.boolean() }, { requiredKeys: ['uid'] }),
          { maxLength: 2, selector: ({ uid }) => uid },
        ),
      },
      { requiredKeys: [] },
    ),
    status: fc.record(
      {
        conditions: fc.uniqueArray(
          fc.record({ type: word, status: word, reason: word }, { requiredKeys: ['type'] }),
          { maxLength: 2, selector: ({ type }) => type },
        ),
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: [] },
)

/**
 * Without empty maps: when a manager takes one back the reference takes along what others have put into
 * it, and Capstan does not.
 */
function filled(value: JsonObject): JsonObject {
  const members = Object.entries(value)
    .map(([key, member]) => [key, isJsonObject(member) ? filled(member) : member] as const)
    .filter(([, member]) => !isEmpty(member))
  return Object.fromEntries(members)
}

/** Random histories of a few managers. */
export const histories: fc.Arbitrary<readonly HistoryStep[]> = fc.array(
  fc
    .record({
      type: fc.constantFrom('apply' as const, 'update' as const),
      who: fc.constantFrom('m1', 'm2', 'm3'),
      force: fc.boolean(),
      object,
    })
    .map(({ who, object: whole, ...step }) => ({
      ...step,
      object: filled(whole),
      manager: `${step.type}-${who}`,
    })),
  { minLength: 2, maxLength: 6 },
)
