import type { CapstanObject } from '../kinds/meta.ts'
import { isJsonObject, type JsonObject } from '../lib/json.ts'
import {
  type Manager,
  type ManagerId,
  parseManagedFields,
  renderManagedFields,
  trackUpdate,
} from './apply/managed-fields.ts'
import { rootFieldsOf } from './apply/typed-value.ts'
import { metadataOf } from './object-meta.ts'
import { toJsonObject } from './wire.ts'

/** Which part of an object a write is about; the other part is not touched by it. */
export type WriteScope = 'object' | 'status'

/** Members of metadata that users decide about; the others have no owner. */
const OWNABLE_METADATA: readonly string[] = [
  'labels',
  'annotations',
  'finalizers',
  'ownerReferences',
]

/** The part of an object whose fields can have managers. */
export function ownableOf(object: JsonObject, scope: WriteScope): JsonObject {
  if (scope === 'status') return pick(object, ['status'])
  const metadata = pick(metadataOf(object), OWNABLE_METADATA)
  return {
    ...(Object.keys(metadata).length > 0 ? { metadata } : {}),
    ...pick(object, ['spec']),
  }
}

function pick(object: JsonObject, keys: readonly string[]): JsonObject {
  const entries = keys.flatMap((key) => {
    const value = object[key]
    return value === undefined || value === null ? [] : [[key, value] as const]
  })
  return Object.fromEntries(entries)
}

export interface Writer {
  readonly id: ManagerId
  /** RFC 3339: when the write is made. */
  readonly time: string
}

/** managedFields of an object that a plain POST has just made out of `input`. */
export function ownAtBirth(input: JsonObject, { id, time }: Writer): readonly JsonObject[] {
  const fields = rootFieldsOf(ownableOf(input, 'object'))
  return renderManagedFields([{ ...id, time, fields }])
}

/** managedFields of an object: those that are stored, if they can be read. */
export function managersOf(object: CapstanObject): readonly Manager[] {
  return parseManagedFields(object.metadata.managedFields) ?? []
}

/**
 * managedFields after a plain write. A client may send a list of its own, which then counts
 * (kubectl does when it moves from client-side to server-side apply). Objects that nobody tracks yet,
 * such as those out of folders, stay untracked until somebody applies to them.
 */
export function ownAfterUpdate(
  change: {
    readonly existing: CapstanObject
    readonly next: CapstanObject
    /** Metadata as the client sent it. */
    readonly sent: JsonObject
    readonly scope: WriteScope
  },
  { id, time }: Writer,
): readonly JsonObject[] {
  const { existing, next, sent, scope } = change
  if (isReset(sent['managedFields'])) return []
  const supplied = parseManagedFields(sent['managedFields']) ?? []
  const managers = supplied.length > 0 ? supplied : managersOf(existing)
  if (managers.length === 0) return []
  const before = ownableOf(toJsonObject(existing), scope)
  const after = ownableOf(toJsonObject(next), scope)
  return renderManagedFields(trackUpdate(managers, id, { before, after, time }))
}

/** `managedFields: [{}]` is how a client asks to forget all managers. */
function isReset(managedFields: unknown): boolean {
  if (!Array.isArray(managedFields) || managedFields.length !== 1) return false
  const [entry] = managedFields as readonly unknown[]
  return isJsonObject(entry) && Object.keys(entry).length === 0
}
