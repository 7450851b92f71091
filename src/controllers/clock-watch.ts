import type { Clock } from '../lib/clock.ts'
import type { Random } from '../lib/random.ts'
import type { Log } from '../runtime/logger.ts'
import type { Part } from '../runtime/manager.ts'
import { createTicker } from '../runtime/ticker.ts'

/** How often wall time is compared with monotonic time. */
const LOOK_EVERY_MS = 60_000

/** Smaller steps are NTP's daily work, which deadlines in seconds tolerate. */
const STEP_MS = 2_000

/**
 * Delays are counted in monotonic time, schedules and deadlines in wall time. When somebody sets the clock, or
 * the machine has slept, the two drift apart: then everything is looked at again.
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
