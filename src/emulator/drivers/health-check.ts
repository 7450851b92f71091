import type { Clock } from '../../lib/clock.ts'
import type { DriverHealthCheck } from './driver.ts'

/** Runs the command once; whether it succeeded within the time limit. Does not throw. */
export type HealthProbe = (command: readonly string[], timeoutMs: number) => Promise<boolean>

export interface HealthCheckRun {
  readonly check: DriverHealthCheck
  readonly probe: HealthProbe
  readonly onStatus: (status: 'HEALTHY' | 'UNHEALTHY') => void
}

/**
 * Runs a container's health check at its interval: one success makes it HEALTHY, as many failures in
 * a row as it has retries UNHEALTHY; failures in the start period do not count. Returns what ends it.
 */
export function watchHealth(clock: Clock, { check, probe, onStatus }: HealthCheckRun): () => void {
  const startedAtMs = clock.monotonicMs()
  const command = programOf(check.command)
  let failures = 0
  let stopped = false
  let cancel = clock.after(0, () => void look())

  async function look(): Promise<void> {
    const success = await probe(command, check.timeoutMs)
    if (stopped) return
    judge(success)
    cancel = clock.after(check.intervalMs, () => void look())
  }

  function judge(success: boolean): void {
    if (success) {
      failures = 0
      onStatus('HEALTHY')
      return
    }
    if (clock.monotonicMs() - startedAtMs < check.startPeriodMs) return
    failures++
    if (failures >= check.retries) onStatus('UNHEALTHY')
  }

  return () => {
    stopped = true
    cancel()
  }
}

/** `CMD` runs the words themselves, `CMD-SHELL` a line of shell. */
function programOf(command: readonly string[]): readonly string[] {
  const [kind, ...words] = command
  if (kind === 'CMD') return words
  return ['/bin/sh', '-c', kind === 'CMD-SHELL' ? words.join(' ') : command.join(' ')]
}
