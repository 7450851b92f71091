import type { JsonObject } from '../lib/json.ts'
import type { TaskDelays } from './config.ts'

export type Tag = { readonly key: string; readonly value: string }

/** A share of a container instance. */
export interface Resources {
  readonly cpu: number
  readonly memoryMiB: number
  readonly gpus: number
  /** Host ports that are bound on the instance itself. */
  readonly ports: readonly number[]
}

export type LaunchType = 'FARGATE' | 'EC2' | 'EXTERNAL'

export type StopCode =
  | 'TaskFailedToStart'
  | 'EssentialContainerExited'
  | 'UserInitiated'
  | 'SpotInterruption'
  | 'TerminationNotice'

/** What happened to a container. Times may lie in the future, when the driver knows its plan. */
export interface ContainerFacts {
  readonly name: string
  readonly essential: boolean
  readonly runtimeId: string
  startedAtMs?: number
  exitedAtMs?: number
  /** Absent for a container that never ran, or whose host was lost. */
  exitCode?: number | undefined
  reason?: string | undefined
  healthStatus?: 'HEALTHY' | 'UNHEALTHY' | 'UNKNOWN'
}

/** The decision to end a task; the first one in time stands. */
export interface StopFacts {
  readonly code: StopCode
  readonly reason: string
  /** When desiredStatus became STOPPED. */
  readonly atMs: number
  /** When the containers are told (SIGTERM), or when the essential one had ended by itself. */
  readonly signalAtMs: number
}

/** When the task gets ready to start its containers. */
export interface StartPlan {
  readonly pendingAtMs: number
  /** When the images are there; absent for a task that sticks in PENDING. */
  readonly activatingAtMs?: number
  /** When the containers may start; absent together with `activatingAtMs`. */
  readonly startAtMs?: number
}

/**
 * Everything known of one task: facts with times, no status. What the task looks like at a moment is
 * computed from them (task-state.ts), so that no timer has to move it and any past moment can be
 * asked for. Plain data: the journal stores it as JSON.
 */
export interface TaskRecord {
  readonly id: string
  readonly arn: string
  readonly clusterName: string
  /** Order of creation. */
  readonly sequence: number
  readonly definitionArn: string
  readonly family: string
  readonly createdAtMs: number
  readonly group: string
  readonly startedBy?: string | undefined
  readonly clientToken?: string | undefined
  readonly launchType: LaunchType
  readonly capacityProviderName?: string | undefined
  readonly platformVersion?: string | undefined
  /** CPU units and MiB of the whole task; absent where neither definition nor overrides say. */
  readonly cpu?: number | undefined
  readonly memory?: number | undefined
  readonly overrides: JsonObject
  readonly subnetId?: string | undefined
  readonly containerInstanceArn?: string | undefined
  /** What it holds of its container instance until it is STOPPED. */
  readonly held?: Resources | undefined
  readonly enableExecuteCommand: boolean
  readonly ephemeralStorageGiB?: number | undefined
  readonly delays: TaskDelays
  readonly start: StartPlan
  /** Before these moments DescribeTasks answers MISSING, ListTasks leaves the task out. */
  readonly describableFromMs: number
  readonly listableFromMs: number
  readonly containers: readonly ContainerFacts[]
  /** Removed by StopTask, as ECS does. */
  tags: readonly Tag[]
  startedAtMs?: number
  stop?: StopFacts
}
