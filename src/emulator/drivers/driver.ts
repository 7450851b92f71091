import type { ContainerDefinition, DefinitionInput } from '../ecs/task-definition-shape.ts'
import type { Tag } from '../task-record.ts'

/** One container as a driver runs it: definition and overrides are already merged. */
export interface DriverContainer {
  readonly name: string
  readonly image: string
  readonly essential: boolean
  /** Entry point and command together; empty when neither definition nor overrides name one. */
  readonly command: readonly string[]
  /** The words of `command` that are the entry point; empty: the image's own. */
  readonly entryPoint: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  /** Names of variables whose values live in a secret store. */
  readonly secretNames: readonly string[]
  readonly workingDirectory: string | undefined
  readonly stopTimeoutMs: number
  readonly dependsOn: readonly Dependency[]
  readonly healthCheck: DriverHealthCheck | undefined
  readonly limits: ContainerLimits
  /** As it was registered, for drivers that can do more than the members above say. */
  readonly definition: ContainerDefinition
}

/** What a container may use, overrides included; absent where nobody limits it. */
export interface ContainerLimits {
  /** CPU units of 1/1024; a share, not a limit. */
  readonly cpu?: number
  readonly memoryMiB?: number
  readonly memoryReservationMiB?: number
}

export interface Dependency {
  readonly containerName: string
  readonly condition: 'START' | 'COMPLETE' | 'SUCCESS' | 'HEALTHY'
}

export interface DriverHealthCheck {
  readonly command: readonly string[]
  readonly intervalMs: number
  readonly timeoutMs: number
  readonly retries: number
  readonly startPeriodMs: number
}

export interface DriverTask {
  readonly id: string
  readonly arn: string
  readonly family: string
  readonly group: string
  readonly startedBy: string | undefined
  readonly tags: readonly Tag[]
  readonly capacityProviderName: string | undefined
  readonly networkMode: string
  /** Of the whole task; absent where neither definition nor overrides say. */
  readonly memoryMiB: number | undefined
  readonly volumes: NonNullable<DefinitionInput['volumes']>
  readonly containers: readonly DriverContainer[]
  /** When the containers may start: images are pulled, the network is there. */
  readonly startAtMs: number
}

export interface ContainerEnd {
  readonly atMs: number
  /** Absent for a container that never ran, or whose end nobody saw. */
  readonly exitCode?: number
  readonly reason?: string
}

export interface StopOrder {
  /** When: now or later. */
  readonly atMs: number
  /** SIGTERM, then SIGKILL after each container's stop timeout; otherwise killed at once. */
  readonly graceful: boolean
  /** Containers that have no end yet, or one later than `atMs`. */
  readonly open: readonly string[]
}

/** How a driver tells what happens to a task. Times may lie in the future when they are known already. */
export interface TaskReport {
  started(container: string, atMs: number): void
  exited(container: string, end: ContainerEnd): void
  /** The task cannot start; no container is left running. `reason` begins with ECS's error name. */
  failedToStart(atMs: number, reason: string): void
  /** What ran the task is gone, and its containers with it. */
  lost(): void
  health(container: string, status: 'HEALTHY' | 'UNHEALTHY'): void
  output(container: string, message: string, atMs: number): void
}

/** What makes the containers of a task run. */
export interface TaskDriver {
  start(task: DriverTask, report: TaskReport): void
  /** Ends the containers in `order.open`; each is reported as exited, also those that never ran. */
  stop(task: DriverTask, order: StopOrder, report: TaskReport): void
  /** Takes up a task that an earlier process of the host had in hand. False: nothing is left of it. */
  adopt?(task: DriverTask, report: TaskReport): boolean
  /** Delivers the output that has been written so far. */
  flush?(): void
  /** Nothing will be asked about this task again. */
  forget?(taskId: string): void
}
