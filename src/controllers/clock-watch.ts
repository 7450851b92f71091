import type { Clock } from '../lib/clock.ts'
import type { Random } from '../lib/random.ts'
import type { Log } from '../runtime/logger.ts'
import type { Part } from '../runtime/manager.ts'
import { createTicker } from '../runtime/ticker.ts'

/** How often wall time is compared with the time that really passed. */
const LOOK_EVERY_MS = 60_000

/** Smaller steps are what NTP does every day; deadlines in seconds bear them. */
const STEP_MS = 2_000

/**
 * Delays are counted in time that passes, schedules and deadlines stand in wall time. Where somebody sets
 * the clock, or the machine slept, the two part: then everything is looked at again.
 */
export function clockWatch(deps: {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly onStep: () => void
}): Part {
  const { clock, log, onStep } = deps
  const offset = (): number => clock.nowMs() - clock.monotonicMs()
  let known = offset()
  return createTicker({
    ...deps,
    name: 'clock watch',
    everyMs: LOOK_EVERY_MS,
    run() {
      const stepMs = offset() - known
      if (Math.abs(stepMs) < STEP_MS) return
      known += stepMs
      log.info('the wall clock was set', { stepMs })
      onStep()
    },
  })
}
