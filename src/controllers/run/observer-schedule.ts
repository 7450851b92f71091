/** How often tasks are looked at. All in milliseconds. */
export interface ObserverPace {
  /** Never more often than this. */
  readonly floorMs: number
  /** Never more rarely than this, unless a run's own bound is lower. */
  readonly ceilingMs: number
}

/**
 * Against AWS: the read bucket allows 18 calls a second, and one call sees 100 tasks. With these paces a
 * ten-minute run is seen about 26 times, which is 0.26 calls when batches are full; in a fleet of a thousand
 * its stop is seen 8 s after it on average and 35 s at the latest, the start of its program after 4 s and 6 s.
 * (A floor of 3 s, a ceiling of 40 s and a fifth of the age, without a closer look at tasks that are ending: 0.31
 * calls, 21 s and 40 s, 2 s and 5 s.)
 */
export const AWS_PACE: ObserverPace = { floorMs: 4_000, ceilingMs: 45_000 }

/** Against an endpoint in the same process nothing is scarce, and people watch. */
export const LOCAL_PACE: ObserverPace = { floorMs: 100, ceilingMs: 1_000 }

/** A task is looked at again after a quarter of its age: a young one changes often, an old one rarely. */
const AGE_SHARE = 4

/**
 * Delay until a task should be seen again. `pollIntervalMs` is the run's taskWatchPollInterval, an upper
 * bound on staleness. A task that is being stopped is as interesting as a new one. One that is seen ending by
 * itself is, too: its `ageMs` counts from there.
 */
export function observeDelayMs(
  pace: ObserverPace,
  task: {
    readonly ageMs: number
    readonly stopping: boolean
    readonly pollIntervalMs: number | undefined
  },
): number {
  if (task.stopping) return pace.floorMs
  const byAge = Math.max(0, task.ageMs) / AGE_SHARE
  const ceiling = Math.min(pace.ceilingMs, task.pollIntervalMs ?? Number.POSITIVE_INFINITY)
  return Math.min(Math.max(byAge, pace.floorMs), Math.max(ceiling, MIN_POLL_MS))
}

/** A poll interval of zero means "as fresh as possible", not a busy loop. */
const MIN_POLL_MS = 100
