import type { ContainerEnd, DriverContainer, DriverHealthCheck } from './driver.ts'

/** What a host tells of one container, in this order; any of them may come while the host is being called. */
export interface ContainerEvents {
  /** From now on it can be stopped; it may not have started yet. */
  begun(container: HostedContainer): void
  started(atMs: number): void
  readonly output: (line: string) => void
  /** Its end, with the exit code where it ran. Nothing comes after it. */
  ended(end: ContainerEnd): void
  /** It cannot run. `reason` begins with ECS's error name. */
  failed(reason: string): void
  /** It ran, and nobody will ever know how it ended. */
  lost(): void
}

/** A container that a host has in hand. */
export interface HostedContainer {
  /** Its end is told by `ended`. Graceful: SIGTERM, then SIGKILL after the container's stop timeout. */
  stop(graceful: boolean): void
  /** Stops watching it; it runs on. */
  release(): void
  /** Runs its health check until the returned function is called. */
  watchHealth(check: DriverHealthCheck, onStatus: HealthListener): () => void
}

export type HealthListener = (status: 'HEALTHY' | 'UNHEALTHY') => void

/** What makes the containers of one task run, each by itself; what they mean for each other is TaskContainers'. */
export interface ContainerHost {
  /** Before the first container of the task. May throw. */
  prepare(): void
  start(container: DriverContainer, events: ContainerEvents): void
  /** Takes up what an earlier process has left of a container; false: it never began there. */
  adopt(container: DriverContainer, events: ContainerEvents): boolean
}
