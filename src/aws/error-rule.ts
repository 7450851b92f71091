import type { OutcomeClass } from '../kinds/run.ts'

/**
 * What a failed call asks of its caller.
 *
 * - `Throttle`: too fast. The same request, with the same token, after a pause.
 * - `Retry`: a fault that passes; repeating the request is harmless.
 * - `Ambiguous`: it may have taken effect. Repeat only the same body with the same token, or look first.
 * - `Capacity`: no room at the moment. Wait, or take the next rung of the capacity ladder.
 * - `QuotaVcpu`: the account's Fargate quota is used up. Queue until own tasks end.
 * - `Conflict`: the token was used with another body; `resourceIds` are its tasks, to be adopted.
 * - `NotFound`: what the request names is not there (any more). From RunTask this is always the task
 *   definition: register it again, or fail when the user named it.
 * - `Terminal`: only a change by a person helps.
 */
export type ErrorVerdict =
  | 'Throttle'
  | 'Retry'
  | 'Ambiguous'
  | 'Capacity'
  | 'QuotaVcpu'
  | 'Conflict'
  | 'NotFound'
  | 'Terminal'

/** A row matches when every condition that it has holds. */
export interface ErrorRule {
  readonly operations?: readonly string[]
  readonly codes?: readonly string[]
  readonly text?: RegExp
  readonly status?: readonly [number, number]
  readonly sent?: boolean
  readonly verdict: ErrorVerdict
  readonly class: OutcomeClass
  /** For people; AWS's own message is put behind it. */
  readonly advice: string
  /** For readers of the table: why the row is there, and why it stands where it stands. */
  readonly because: string
}
