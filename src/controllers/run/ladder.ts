import type { TemplateSpec } from '../../kinds/generated.ts'
import type { EndedTry } from './retry.ts'

/**
 * Which rung of `capacityLadder` the next try stands on. A rung is left when capacity has been missing
 * on it for its `waitSeconds`, or when its task was reclaimed (Spot); the last rung is never left.
 * Undefined without a ladder. Deterministic in the tries and `nowMs`.
 */
export function ladderRung(
  ladder: TemplateSpec['capacityLadder'],
  tries: readonly EndedTry[],
  nowMs: number,
): number | undefined {
  if (!ladder || ladder.length === 0) return undefined
  const last = ladder.length - 1
  let rung = 0
  let shortSinceMs: number | undefined
  for (const end of tries) {
    if (end.class === 'SpotInterruption') {
      rung = Math.min(last, rung + 1)
      shortSinceMs = undefined
      continue
    }
    if (end.class !== 'Capacity') {
      shortSinceMs = undefined
      continue
    }
    shortSinceMs ??= end.endedAtMs
    if (end.endedAtMs - shortSinceMs >= waitMs(ladder, rung)) {
      rung = Math.min(last, rung + 1)
      shortSinceMs = end.endedAtMs
    }
  }
  if (shortSinceMs !== undefined && nowMs - shortSinceMs >= waitMs(ladder, rung)) rung += 1
  return Math.min(last, rung)
}

function waitMs(ladder: NonNullable<TemplateSpec['capacityLadder']>, rung: number): number {
  return (ladder[rung]?.waitSeconds ?? 0) * 1000
}
