import type { Json } from '../../lib/json.ts'
import {
  differenceOf,
  type FieldSet,
  intersectionOf,
  isEmptySet,
  NO_FIELDS,
  renderPaths,
  unionOf,
} from './field-set.ts'
import { isSameManager, type Manager, type ManagerId, withManager } from './managed-fields.ts'
import {
  compareValues,
  mergeValues,
  removeFields,
  rootFieldsOf,
  unionOfAll,
} from './typed-value.ts'

/**
 * Server-side apply, pure (sigs.k8s.io/structured-merge-diff, merge.Updater). Values hold what users
 * may own of an object, and nothing else.
 */

export interface ApplyInput {
  readonly live: Json
  /** The manager's whole intent, not a change. */
  readonly config: Json
  readonly managers: readonly Manager[]
  readonly id: ManagerId
  /** Takes over what conflicts. */
  readonly force: boolean
  /** Conflicts over these fields count as agreed. */
  readonly agreed?: FieldSet
  readonly time: string
}

/** Fields of another manager that the apply would change. */
export interface ManagerConflict {
  readonly manager: Manager
  readonly paths: readonly string[]
}

export type ApplyResult =
  | { readonly type: 'Applied'; readonly value: Json; readonly managers: readonly Manager[] }
  | { readonly type: 'Conflict'; readonly conflicts: readonly ManagerConflict[] }

/**
 * Merges the config into the live value, takes away what the manager applied before and now leaves
 * out (unless somebody else has it too), and moves ownership. Equal values are shared, not fought over.
 */
export function applyConfig(input: ApplyInput): ApplyResult {
  const { live, config, managers, id, force, agreed = NO_FIELDS, time } = input
  const last = managers.find((manager) => isSameManager(manager, id))?.fields ?? NO_FIELDS
  const owned = withManager(managers, id, rootFieldsOf(config), time)
  const kept = unionOfAll(owned.map(({ fields }) => fields))
  const value = removeFields(mergeValues(live, config), differenceOf(last, kept), kept)

  const { added, modified, removed } = compareValues(live, value)
  const touched = unionOf(added, modified)
  const conflicts = findConflicts(owned, id, touched)
  const isAgreed = conflicts.every(({ fields }) => isEmptySet(differenceOf(fields, agreed)))
  if (!force && !isAgreed) {
    return {
      type: 'Conflict',
      conflicts: conflicts.map((conflict) => describeConflict(conflict, agreed)),
    }
  }
  return {
    type: 'Applied',
    value,
    managers: owned
      .map((manager) =>
        isSameManager(manager, id)
          ? manager
          : withoutFields(manager, unionOf(touched, removed), time),
      )
      .filter(({ fields }) => !isEmptySet(fields)),
  }
}

interface Conflict {
  readonly manager: Manager
  readonly fields: FieldSet
}

function findConflicts(
  managers: readonly Manager[],
  id: ManagerId,
  touched: FieldSet,
): readonly Conflict[] {
  return managers
    .filter((manager) => !isSameManager(manager, id))
    .map((manager) => ({ manager, fields: intersectionOf(manager.fields, touched) }))
    .filter(({ fields }) => !isEmptySet(fields))
}

function describeConflict({ manager, fields }: Conflict, agreed: FieldSet): ManagerConflict {
  return { manager, paths: renderPaths(differenceOf(fields, agreed)) }
}

function withoutFields(manager: Manager, fields: FieldSet, time: string): Manager {
  const left = differenceOf(manager.fields, fields)
  const isSame = isEmptySet(intersectionOf(manager.fields, fields))
  return isSame ? manager : { ...manager, fields: left, time }
}
