import type { JsonObject } from '../lib/json.ts'
import type { SourceRow, Store } from '../store/types.ts'
import { HOLD_REASONS, type Hold, type HoldReason } from './prune.ts'

/** For SourceRow.held. */
export function holdToJson(hold: Hold): JsonObject {
  return { ...hold }
}

/** What a folder holds back; undefined when it holds nothing. */
export function heldOf(row: SourceRow | undefined): Hold | undefined {
  const held = row?.held
  if (!held) return undefined
  const { token, reason, message, revision, count, objects } = held
  if (typeof token !== 'string' || typeof message !== 'string' || !isReason(reason))
    return undefined
  return {
    token,
    reason,
    message,
    revision: typeof revision === 'string' ? revision : '',
    count: typeof count === 'number' ? count : 0,
    objects: Array.isArray(objects) ? objects.map(String) : [],
  }
}

/** The token that was approved, while the hold is still there. */
export function approvedToken(row: SourceRow | undefined): string | undefined {
  const approved = row?.held?.['approved']
  return typeof approved === 'string' ? approved : undefined
}

/**
 * `capstan approve`: the folder may prune exactly what it holds back now; another revision, or another set
 * of objects, has to be approved anew. Returns what was approved, undefined when nothing is held.
 * Whoever calls this wakes the folder.
 */
export function approvePrune(store: Store, source: string): Hold | undefined {
  return store.transaction(() => {
    const row = store.sources.get(source)
    const hold = heldOf(row)
    if (!row || !hold) return undefined
    store.sources.put({ ...row, held: { ...row.held, approved: hold.token } })
    return hold
  })
}

function isReason(value: unknown): value is HoldReason {
  return HOLD_REASONS.some((reason) => reason === value)
}
