import { findCondition } from '../kinds/conditions.ts'
import { type CapstanObject, WIRE } from '../kinds/meta.ts'
import type { RunStatus } from '../kinds/run.ts'
import { canonicalJson, type JsonObject } from '../lib/json.ts'
import type { StatusCause } from './errors.ts'

/** What may still change once a task was launched. The priority decides who launches first, which is over then. */
const CHANGEABLE_FIELDS: readonly string[] = ['cancel', 'suspend']

/** Why the spec of a launched run may not become `spec`; undefined when it may. */
export function immutableRunCause(run: CapstanObject, spec: JsonObject): StatusCause | undefined {
  if (!isLaunched(run)) return undefined
  const changed = [...new Set([...Object.keys(run.spec), ...Object.keys(spec)])]
    .filter((field) => !CHANGEABLE_FIELDS.includes(field))
    .filter(
      (field) => canonicalJson(run.spec[field] ?? null) !== canonicalJson(spec[field] ?? null),
    )
  if (changed.length === 0) return undefined
  return {
    reason: 'FieldValueForbidden',
    field: `spec.${changed[0]}`,
    message:
      `Forbidden: a task of this run was launched, so of its spec only ${CHANGEABLE_FIELDS.join(' and ')} may change` +
      ` (changed: ${changed.join(', ')}); create a new run, delete this one first,` +
      ` or run it again as it is with the annotation ${WIRE.annotationRerun}`,
  }
}

/** A run is launched once an attempt exists, even if the task never started. */
export function isLaunched(run: CapstanObject): boolean {
  // status is written by controllers/run alone, as kinds/run.ts describes it.
  const status = run.status as RunStatus | undefined
  if ((status?.attempts?.length ?? 0) > 0) return true
  return findCondition(status?.conditions, 'Launched')?.status === 'True'
}
