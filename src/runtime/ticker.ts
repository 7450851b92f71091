import type { Clock } from '../lib/clock.ts'
import type { Random } from '../lib/random.ts'
import type { Log } from './logger.ts'
import type { Part } from './manager.ts'

export interface TickerOptions {
  readonly name: string
  /** From the end of one run to the start of the next, so that runs never overlap. */
  readonly everyMs: number
  /** Share of `everyMs` that chance may take away, 0 to 1, so that many tickers do not fire together. */
  readonly jitter?: number
  readonly run: (signal: AbortSignal) => Promise<void> | void
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

/** Periodic work. A run that throws is reported and the next one comes as usual. */
export function createTicker(options: TickerOptions): Part {
  const { name, everyMs, jitter = 0, clock, random } = options
  let cancel: (() => void) | undefined
  let running: Promise<void> = Promise.resolve()
  let isStopped = false

  function schedule(signal: AbortSignal): void {
    if (isStopped) return
    cancel = clock.after(everyMs * (1 - jitter * random.fraction()), () => {
      running = runOnce(options, signal).then(() => schedule(signal))
    })
  }

  return {
    name,
    start: schedule,
    async stop() {
      isStopped = true
      cancel?.()
      await running
    },
  }
}

async function runOnce({ name, run, log }: TickerOptions, signal: AbortSignal): Promise<void> {
  try {
    await run(signal)
  } catch (error) {
    if (!signal.aborted) log.error('periodic work failed', { ticker: name, error })
  }
}
