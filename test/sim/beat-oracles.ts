import { SECOND } from '../world/builders.ts'
import type { BeatOutcome, BeatResult, Uptime } from './beat-simulate.ts'

export interface BeatVerdict {
  /** Broken promises, one sentence each. */
  readonly broken: readonly string[]
  /** From the end of a life sign to StopTask, as far as the controller was there: milliseconds beyond the window. */
  readonly hangs: readonly number[]
  /** From the death of a task until that was known, milliseconds of uptime. */
  readonly deaths: readonly number[]
  readonly healthy: number
}

/** So much later than its window a silent task is stopped at the latest. */
export const DETECTION_SLACK_MS = 5 * SECOND
/** Until a task that has just started is seen to run: a look in at most a fifth of its age. */
const SIGHT_MS = 10 * SECOND

export function judgeBeats({ outcomes, uptimes }: BeatResult): BeatVerdict {
  const broken: string[] = []
  const hangs: number[] = []
  const deaths: number[] = []
  const healthy = outcomes.filter(({ act }) => act.temper === 'Healthy')
  for (const one of outcomes) {
    const { temper } = one.act
    if (temper === 'Healthy' || temper === 'Dies') broken.push(...wronged(one))
    if (temper === 'Dies') deaths.push(...known(one, uptimes, broken))
    if (temper === 'Hangs' || temper === 'Mute') hangs.push(...found(one, uptimes, broken))
  }
  return { broken, hangs, deaths, healthy: healthy.length }
}

/** Whoever beats, or has ended by itself, is never ended by us. */
function wronged({ run, act, stoppedByUsMs, class: outcome }: BeatOutcome): readonly string[] {
  if (stoppedByUsMs === undefined && outcome !== 'HeartbeatLost') return []
  return [`${run} (${act.temper}) was stopped at ${stoppedByUsMs} as ${outcome}`]
}

function known(one: BeatOutcome, uptimes: readonly Uptime[], broken: string[]): readonly number[] {
  const diedMs = one.startedMs + (one.act.runMs ?? 0)
  const limitMs = one.patience.windowMs + DETECTION_SLACK_MS
  const due = firstUptime(uptimes, diedMs, limitMs)
  if (!due) return []
  if (one.knownMs === undefined || one.knownMs > due.fromMs + limitMs) {
    broken.push(
      `${one.run} died at ${diedMs}, known at ${one.knownMs}, due ${due.fromMs + limitMs}`,
    )
    return []
  }
  return [Math.max(0, one.knownMs - due.fromMs)]
}

function found(one: BeatOutcome, uptimes: readonly Uptime[], broken: string[]): readonly number[] {
  const { patience, lastBeatMs, startedMs, stoppedByUsMs, run, act } = one
  const silentMs = lastBeatMs ?? startedMs
  const isFirst = !one.isHeard
  const limitMs = isFirst ? Math.max(patience.firstMs, patience.windowMs) : patience.windowMs
  const sightMs = lastBeatMs === undefined ? SIGHT_MS : 0
  const due = firstUptime(uptimes, silentMs, limitMs + DETECTION_SLACK_MS + sightMs)
  if (!due) return []
  const latestMs = due.fromMs + limitMs + DETECTION_SLACK_MS + sightMs
  if (stoppedByUsMs === undefined || stoppedByUsMs > latestMs) {
    broken.push(
      `${run} (${act.temper}) is silent since ${silentMs}, stopped at ${stoppedByUsMs}, due ${latestMs}`,
    )
    return []
  }
  return isFirst ? [] : [stoppedByUsMs - due.fromMs - limitMs]
}

/** The first stretch of uptime that is long enough after `sinceMs` for something to be due in it, from where on it counts. */
function firstUptime(
  uptimes: readonly Uptime[],
  sinceMs: number,
  neededMs: number,
): { readonly fromMs: number } | undefined {
  for (const { fromMs, untilMs } of uptimes) {
    const countsMs = Math.max(fromMs, sinceMs)
    if (countsMs + neededMs <= untilMs) return { fromMs: countsMs }
  }
  return undefined
}

/** `p50 1.2 s, p99 3.4 s, max 4.0 s` of milliseconds. */
export function distribution(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number): string => {
    const value = sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
    return `${(value / SECOND).toFixed(2)} s`
  }
  return `${sorted.length}: min ${at(0)}, p50 ${at(0.5)}, p99 ${at(0.99)}, max ${at(1)}`
}
