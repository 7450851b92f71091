import { type ObjectMeta, WIRE } from './meta.ts'

/** Why recovery holds a run; undefined for one that it does not hold, or that a person has approved. */
export function heldReason({
  annotations = {},
}: Pick<ObjectMeta, 'annotations'>): string | undefined {
  if (annotations[WIRE.annotationApproved] !== undefined) return undefined
  return annotations[WIRE.annotationHeld]
}
