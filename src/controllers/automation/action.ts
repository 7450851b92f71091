import type { Action } from '../../kinds/generated.ts'
import type { Store } from '../../store/types.ts'
import type { FiringContext } from './context.ts'
import type { ActionResult } from './result.ts'

export interface ActionInput {
  readonly store: Store
  readonly action: Action
  readonly context: FiringContext
  /** Place among the actions of its firing. */
  readonly position: number
  readonly nowMs: number
}

/** Changes objects of the store, at once and within the caller's transaction. */
export type Act = (input: ActionInput) => ActionResult
