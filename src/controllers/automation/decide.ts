import type { Automation, AutomationStatus } from '../../kinds/automation.ts'
import { type Condition, type ConditionInput, setCondition } from '../../kinds/conditions.ts'
import { defined } from '../../lib/defined.ts'
import { isoTime } from '../../lib/instant.ts'
import type { TriggerSourceRow } from '../../store/automations.ts'
import { MAX_FIRINGS_PER_WINDOW } from './limits.ts'

/** Everything that the status of an automation is made of. */
export interface AutomationWorld {
  readonly automation: Automation
  /** Undefined: its trigger was not read yet. */
  readonly row: TriggerSourceRow | undefined
}

/** The whole status; the same world gives the same JSON, so that nothing is written when nothing happened. */
export function decideAutomation(
  { automation, row }: AutomationWorld,
  nowMs: number,
): AutomationStatus {
  const { metadata, spec, status } = automation
  const wanted: readonly Omit<ConditionInput, 'observedGeneration'>[] = [
    { type: 'Ready', status: 'True', reason: 'Accepted', message: '' },
    spec.enabled === false
      ? {
          type: 'Disabled',
          status: 'True',
          reason: 'Disabled',
          message: `Its trigger is not judged; go on with: capstan resume automation/${metadata.name}`,
        }
      : { type: 'Disabled', status: 'False', reason: 'Enabled', message: '' },
    stalledCondition(row),
  ]
  return defined({
    observedGeneration: metadata.generation,
    fired: row?.fired ?? 0,
    lastFiredTime: optionalTime(row?.lastFiredAtMs),
    lastResolvedTime: optionalTime(row?.lastResolvedAtMs),
    lastError: row?.lastError,
    conditions: wanted.reduce<readonly Condition[]>((list, condition) => {
      const isNews = condition.status === 'True' || list.some(({ type }) => type === condition.type)
      const observed = { ...condition, observedGeneration: metadata.generation }
      return isNews ? setCondition(list, observed, nowMs) : list
    }, status?.conditions ?? []),
  })
}

/** True from an action that failed until the trigger fires again: then it is another attempt. */
function stalledCondition(
  row: TriggerSourceRow | undefined,
): Omit<ConditionInput, 'observedGeneration'> {
  const { lastError, lastErrorAtMs, lastFiredAtMs = 0, rateCount = 0 } = row ?? {}
  const isFailing = lastErrorAtMs !== undefined && lastErrorAtMs >= lastFiredAtMs
  if (!isFailing) return { type: 'Stalled', status: 'False', reason: 'Progressing', message: '' }
  const reason = rateCount > MAX_FIRINGS_PER_WINDOW ? 'Throttled' : 'ActionFailed'
  return { type: 'Stalled', status: 'True', reason, message: lastError ?? '' }
}

function optionalTime(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : isoTime(ms)
}
