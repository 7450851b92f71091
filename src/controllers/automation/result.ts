import type { EventLabels } from '../../kinds/event.ts'

/** How an action ended. Skipped: nothing was to be done, and nothing is wrong. */
export interface ActionResult {
  readonly type: 'Done' | 'Skipped' | 'Failed'
  /** A sentence for the event and, of a failed one, for status. */
  readonly message: string
  /** What it was done to, and what came of it, as related resources. */
  readonly about?: readonly EventLabels[]
}

export function done(message: string): ActionResult {
  return { type: 'Done', message }
}

export function skipped(message: string): ActionResult {
  return { type: 'Skipped', message }
}

export function failed(message: string): ActionResult {
  return { type: 'Failed', message }
}
