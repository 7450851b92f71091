import type { TaskSnapshot } from '../../aws/ports.ts'
import type { AttemptRow } from '../../store/types.ts'
import type { HeartbeatMonitor } from './monitor.ts'

/** A look at a task whose container's health is its sign of life. Anything but HEALTHY is none. */
export function noteHealth(
  monitor: HeartbeatMonitor,
  attempt: AttemptRow,
  { containers, healthStatus: ofTask, lastStatus }: TaskSnapshot,
): void {
  if (attempt.heartbeat?.source !== 'ContainerHealth' || lastStatus !== 'RUNNING') return
  const main = containers.find(({ name }) => name === attempt.containerName)
  monitor.looked(attempt, (main?.healthStatus ?? ofTask) === 'HEALTHY')
}
