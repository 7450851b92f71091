import { monitorEventLoopDelay } from 'node:perf_hooks'
import { round } from './sample.ts'

/** How precisely stalls are seen, in milliseconds; the histogram counts it in. */
const RESOLUTION_MS = 1

export interface Metered {
  readonly wallMs: number
  readonly cpuMs: number
  readonly stallMs: number
}

/** Measures this process from now until `stop`. */
export function startMeter(): { stop(): Metered } {
  const stalls = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  stalls.enable()
  const cpu = process.cpuUsage()
  const startedMs = performance.now()
  return {
    stop() {
      const { user, system } = process.cpuUsage(cpu)
      stalls.disable()
      return {
        wallMs: round(performance.now() - startedMs),
        cpuMs: round((user + system) / 1000),
        stallMs: round(Math.max(0, stalls.percentile(99.9) / 1e6 - RESOLUTION_MS)),
      }
    },
  }
}
