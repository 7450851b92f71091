import { execFile } from 'node:child_process'
import type { Clock } from '../../lib/clock.ts'
import type { DriverHealthCheck } from './driver.ts'

export interface HealthCheckRun {
  readonly check: DriverHealthCheck
  readonly environment: Readonly<Record<string, string>>
  readonly workingDirectory: string
  readonly onStatus: (status: 'HEALTHY' | 'UNHEALTHY') => void
}

/**
 * Runs a container's health check at its interval: one success makes it HEALTHY, as many failures in
 * a row as it has retries UNHEALTHY; failures in the start period do not count. Returns what ends it.
 */
export function watchHealth(clock: Clock, run: HealthCheckRun): () => void {
  const { check, onStatus } = run
  const startedAtMs = clock.monotonicMs()
  let failures = 0
  let stopped = false
  let cancel = clock.after(0, look)

  function look(): void {
    const [file = 'false', ...args] = programOf(check.command)
    const options = {
      timeout: check.timeoutMs,
      env: { ...run.environment },
      cwd: run.workingDirectory,
    }
    execFile(file, args, options, (error) => {
      if (stopped) return
      judge(error === null)
      cancel = clock.after(check.intervalMs, look)
    })
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
