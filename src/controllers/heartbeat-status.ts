import type { HeartbeatStatus } from '../kinds/run.ts'
import { defined } from '../lib/defined.ts'
import { isoTime, parseIsoTime } from '../lib/instant.ts'
import type { AttemptRow } from '../store/types.ts'

/**
 * What status shows of the lease of one attempt. `heardAtMs` and `startedAtMs` are wall times, epoch
 * milliseconds. The deadline is what follows from them: after a restart it is judged later, never earlier.
 */
export function heartbeatStatus(
  { heartbeat: terms, number, index }: AttemptRow,
  at: {
    readonly heardAtMs: number | undefined
    readonly startedAtMs: number | undefined
    readonly isOver: boolean
    readonly isArray: boolean
  },
): HeartbeatStatus | undefined {
  if (!terms) return undefined
  const { heardAtMs, startedAtMs, isOver, isArray } = at
  const firstMs = startedAtMs && startedAtMs + terms.firstBeatSeconds * 1000
  const deadlineMs = heardAtMs ? heardAtMs + terms.windowSeconds * 1000 : firstMs
  return defined({
    index: isArray ? index : undefined,
    attempt: number,
    frequencySeconds: terms.frequencySeconds,
    windowSeconds: terms.windowSeconds,
    source: terms.source,
    onMissed: terms.onMissed,
    lastBeatAt: heardAtMs === undefined ? undefined : isoTime(heardAtMs),
    deadlineAt: isOver || deadlineMs === undefined ? undefined : isoTime(deadlineMs),
  })
}

/** The last beat that status shows of this very attempt, epoch milliseconds. */
export function shownBeatMs(
  shown: HeartbeatStatus | undefined,
  { number, index }: AttemptRow,
): number | undefined {
  const isSame = shown?.attempt === number && (shown.index ?? 0) === index
  return isSame ? parseIsoTime(shown.lastBeatAt) : undefined
}
