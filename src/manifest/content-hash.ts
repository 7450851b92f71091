import { type Kind, WIRE } from '../kinds/meta.ts'
import { canonicalJson, type JsonObject } from '../lib/json.ts'
import { sha256 } from '../lib/names.ts'

/** Fields that steer a Run and are no part of what it runs: they change in place. */
export const STEERING_FIELDS: readonly string[] = ['cancel', 'suspend', 'priority']

export interface HashedContent {
  readonly kind: Kind
  readonly spec: JsonObject
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

/**
 * Lower-case hex hash of what an object says: its kind, spec, labels and the rerun annotation. Two
 * texts that mean the same have the same hash; a Run from a folder runs once per hash.
 */
export function contentHash({ kind, spec, labels = {}, annotations = {} }: HashedContent): string {
  const content =
    kind === 'Run'
      ? Object.fromEntries(Object.entries(spec).filter(([key]) => !STEERING_FIELDS.includes(key)))
      : spec
  const rerun = annotations[WIRE.annotationRerun]
  return sha256(canonicalJson({ kind, spec: content, labels, rerun }))
}
