import { API_VERSION } from '../../kinds/meta.ts'
import { isJsonObject, type Json, type JsonObject } from '../../lib/json.ts'
import {
  differenceOf,
  type FieldSet,
  isEmptySet,
  isSameSet,
  parseFieldsV1,
  renderFieldsV1,
  unionOf,
} from './field-set.ts'
import { compareValues, rootFieldsOf } from './typed-value.ts'

/** Who has set which fields, and how: one entry of metadata.managedFields. */
export interface Manager {
  readonly name: string
  readonly operation: 'Apply' | 'Update'
  readonly subresource: string
  /** RFC 3339; when the set last changed. Absent where a client left it out. */
  readonly time?: string
  readonly fields: FieldSet
}

export type ManagerId = Pick<Manager, 'name' | 'operation' | 'subresource'>

/** More Update managers than this are folded into one, as in Kubernetes. */
const MAX_UPDATE_MANAGERS = 10
const ANCIENT_MANAGER = 'ancient-changes'
/** Owns what an object had before anybody applied to it. */
export const BEFORE_FIRST_APPLY = 'before-first-apply'

export function isSameManager(a: ManagerId, b: ManagerId): boolean {
  return a.name === b.name && a.operation === b.operation && a.subresource === b.subresource
}

/** Reads metadata.managedFields; undefined when it is malformed, and then counts for nothing. */
export function parseManagedFields(entries: unknown): readonly Manager[] | undefined {
  if (entries === undefined || entries === null) return []
  if (!Array.isArray(entries)) return undefined
  const managers = entries.map(parseEntry)
  return managers.every((manager) => manager !== undefined) ? managers : undefined
}

function parseEntry(entry: unknown): Manager | undefined {
  if (!isJsonObject(entry)) return undefined
  const { manager = '', operation, subresource = '', time, fieldsV1 } = entry
  if (typeof manager !== 'string' || typeof subresource !== 'string') return undefined
  if (operation !== 'Apply' && operation !== 'Update') return undefined
  const fields = parseFieldsV1(fieldsV1 ?? {})
  if (!fields) return undefined
  return {
    name: manager,
    operation,
    subresource,
    ...(typeof time === 'string' ? { time } : {}),
    fields,
  }
}

/** Entries for metadata; managers without fields are left out. */
export function renderManagedFields(managers: readonly Manager[]): readonly JsonObject[] {
  return managers
    .filter(({ fields }) => !isEmptySet(fields))
    .map(({ name, operation, subresource, time, fields }) => ({
      manager: name,
      operation,
      apiVersion: API_VERSION,
      ...(time === undefined ? {} : { time }),
      fieldsType: 'FieldsV1',
      fieldsV1: renderFieldsV1(fields),
      ...(subresource === '' ? {} : { subresource }),
    }))
}

/** The managers with one entry replaced. Its time moves only when its fields do. */
export function withManager(
  managers: readonly Manager[],
  id: ManagerId,
  fields: FieldSet,
  time: string,
): readonly Manager[] {
  const previous = managers.find((manager) => isSameManager(manager, id))
  if (!previous) return isEmptySet(fields) ? managers : [...managers, { ...id, time, fields }]
  if (isSameSet(previous.fields, fields)) return managers
  return managers.map((manager) => (manager === previous ? { ...manager, time, fields } : manager))
}

/**
 * Ownership after a plain write (PUT, PATCH, POST): the writer takes what it changed, whoever had it,
 * and everybody loses what is gone.
 */
export function trackUpdate(
  managers: readonly Manager[],
  id: ManagerId,
  { before, after, time }: { readonly before: Json; readonly after: Json; readonly time: string },
): readonly Manager[] {
  const { added, modified, removed } = compareValues(before, after)
  const taken = unionOf(added, modified)
  const others = managers.map((manager) => {
    const lost = isSameManager(manager, id) ? removed : unionOf(taken, removed)
    return withFields(manager, differenceOf(manager.fields, lost), time)
  })
  const own = others.find((manager) => isSameManager(manager, id))?.fields
  const fields = own ? unionOf(own, taken) : taken
  return capManagers(
    withManager(others, id, fields, time).filter(({ fields: left }) => !isEmptySet(left)),
  )
}

function withFields(manager: Manager, fields: FieldSet, time: string): Manager {
  return isSameSet(manager.fields, fields) ? manager : { ...manager, fields, time }
}

/** The manager of everything that an object has when the first apply comes. */
export function firstManagers(live: Json, time: string): readonly Manager[] {
  const fields = rootFieldsOf(live)
  if (isEmptySet(fields)) return []
  return [{ name: BEFORE_FIRST_APPLY, operation: 'Update', subresource: '', time, fields }]
}

function capManagers(managers: readonly Manager[]): readonly Manager[] {
  const updates = managers.filter(({ operation }) => operation === 'Update')
  const excess = updates.length - MAX_UPDATE_MANAGERS
  if (excess <= 0) return managers
  const oldest = updates
    .toSorted((a, b) => ((a.time ?? '') < (b.time ?? '') ? -1 : 1))
    .slice(0, excess + 1)
  const merged: Manager = {
    name: ANCIENT_MANAGER,
    operation: 'Update',
    subresource: '',
    ...timeOf(oldest.at(-1)),
    fields: oldest.map(({ fields }) => fields).reduce(unionOf),
  }
  return [merged, ...managers.filter((manager) => !oldest.includes(manager))]
}

function timeOf(manager: Manager | undefined): { readonly time?: string } {
  return manager?.time === undefined ? {} : { time: manager.time }
}
