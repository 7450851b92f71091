import { renderTime } from '../lib/instant.ts'

/** A Kubernetes condition. `lastTransitionTime` moves only when `status` does. */
export interface Condition {
  readonly type: string
  readonly status: 'True' | 'False' | 'Unknown'
  /** PascalCase word; the same word is the reason of the event that goes with it. */
  readonly reason: string
  readonly message: string
  /** RFC 3339 in UTC, whole seconds. */
  readonly lastTransitionTime: string
  readonly observedGeneration?: number
}

/** A condition that is to hold from now on; the transition time is filled in by setCondition. */
export type ConditionInput = Omit<Condition, 'lastTransitionTime'>

export function findCondition(
  conditions: readonly Condition[] | undefined,
  type: string,
): Condition | undefined {
  return conditions?.find((condition) => condition.type === type)
}

export function isTrue(conditions: readonly Condition[] | undefined, type: string): boolean {
  return findCondition(conditions, type)?.status === 'True'
}

/** The list with `input` in it. Order is kept, so that equal states serialise equally. */
export function setCondition(
  conditions: readonly Condition[],
  input: ConditionInput,
  nowMs: number,
): readonly Condition[] {
  const previous = findCondition(conditions, input.type)
  const isSame = previous?.status === input.status
  const lastTransitionTime = isSame ? previous.lastTransitionTime : renderTime(nowMs)
  const next: Condition = { ...input, lastTransitionTime }
  if (!previous) return [...conditions, next]
  return conditions.map((condition) => (condition.type === input.type ? next : condition))
}
