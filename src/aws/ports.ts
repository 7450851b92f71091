import type { RegisterTaskDefinitionCommandInput, RunTaskCommandInput } from '@aws-sdk/client-ecs'
import type { ApiLimits } from '../kinds/generated.ts'
import type { ToldHeartbeat } from '../kinds/heartbeat.ts'

/**
 * The calls that Capstan makes, in its own words. Everything above this folder knows these types and
 * no SDK. Requests keep ECS's own shapes, because manifests can carry any member of them; answers are
 * cut down to what is read.
 */

/** Body of RegisterTaskDefinition, as ECS spells it. */
export type RegisterTaskDefinitionBody = RegisterTaskDefinitionCommandInput
/** Body of RunTask, as ECS spells it. */
export type RunTaskBody = RunTaskCommandInput

/** One container of a task, as DescribeTasks gave it. */
export interface ContainerSnapshot {
  readonly name: string
  readonly lastStatus?: string
  readonly exitCode?: number
  readonly reason?: string
  readonly healthStatus?: string
}

/** A task as ECS gave it. Times are epoch milliseconds. */
export interface ObservedTask {
  readonly taskArn: string
  readonly clusterArn: string
  readonly taskDefinitionArn: string
  /** Grows with every change of the task; orders observations (an older one is ignored). */
  readonly version: number
  readonly lastStatus: string
  readonly desiredStatus: string
  readonly launchType?: string
  readonly capacityProviderName?: string
  readonly startedBy?: string
  readonly group?: string
  readonly containers: readonly ContainerSnapshot[]
  readonly stopCode?: string
  readonly stoppedReason?: string
  readonly healthStatus?: string
  readonly connectivity?: string
  readonly createdAtMs?: number
  readonly startedAtMs?: number
  readonly stoppingAtMs?: number
  readonly stoppedAtMs?: number
}

/** What ECS says of a task, with what whoever launched it has written on it. */
export interface TaskSnapshot extends ObservedTask {
  readonly tags: Readonly<Record<string, string>>
  /** What its launch told it of heartbeats; absent: nothing. */
  readonly heartbeat?: ToldHeartbeat
}

/** An entry of `failures[]`. */
export interface CallFailure {
  readonly arn?: string
  readonly reason: string
  readonly detail?: string
}

export interface RunTaskAnswer {
  readonly tasks: readonly TaskSnapshot[]
  readonly failures: readonly CallFailure[]
}

export interface DescribeTasksAnswer {
  readonly tasks: readonly TaskSnapshot[]
  /** Unknown ids come here with reason MISSING. */
  readonly failures: readonly CallFailure[]
}

/** A registered revision; `body` holds what RegisterTaskDefinition takes, ECS's additions included. */
export interface TaskDefinitionSnapshot {
  readonly taskDefinitionArn: string
  readonly family: string
  readonly revision: number
  readonly status: string
  readonly body: RegisterTaskDefinitionBody
  readonly tags: Readonly<Record<string, string>>
}

export interface ListTasksFilter {
  readonly cluster: string
  /** ECS wants startedBy to stand alone; desiredStatus goes with family. */
  readonly startedBy?: string
  readonly family?: string
  readonly desiredStatus?: 'RUNNING' | 'STOPPED'
}

/** DescribeTasks takes at most so many tasks, all of one cluster. */
export const DESCRIBE_TASKS_LIMIT = 100

/** Every method throws AwsError (aws/errors.ts) when the call fails; all pages are read. */
export interface EcsPort {
  runTask(body: RunTaskBody, signal?: AbortSignal): Promise<RunTaskAnswer>
  stopTask(request: StopTaskRequest, signal?: AbortSignal): Promise<TaskSnapshot | undefined>
  /** At most 100 ARNs, one cluster. Tags are included. Young tasks are looked at before the others. */
  describeTasks(
    cluster: string,
    taskArns: readonly string[],
    signal?: AbortSignal,
    priority?: 'Young' | 'Normal',
  ): Promise<DescribeTasksAnswer>
  listTaskArns(filter: ListTasksFilter, signal?: AbortSignal): Promise<readonly string[]>
  /** All clusters of the account and region. */
  listClusterArns(signal?: AbortSignal): Promise<readonly string[]>
  registerTaskDefinition(
    body: RegisterTaskDefinitionBody,
    signal?: AbortSignal,
  ): Promise<TaskDefinitionSnapshot>
  /** `taskDefinition`: family, family:revision or ARN. Undefined when ECS does not know it. */
  describeTaskDefinition(
    taskDefinition: string,
    signal?: AbortSignal,
  ): Promise<TaskDefinitionSnapshot | undefined>
  listTaskDefinitionArns(
    family: string,
    status: 'ACTIVE' | 'INACTIVE',
    signal?: AbortSignal,
  ): Promise<readonly string[]>
  deregisterTaskDefinition(taskDefinitionArn: string, signal?: AbortSignal): Promise<void>
  /** At most 10 ARNs, all INACTIVE. */
  deleteTaskDefinitions(taskDefinitionArns: readonly string[], signal?: AbortSignal): Promise<void>
}

export interface StopTaskRequest {
  readonly cluster: string
  readonly taskArn: string
  readonly reason: string
}

export interface Subnet {
  readonly subnetId: string
  readonly vpcId: string
  readonly availabilityZone: string
  readonly tags: Readonly<Record<string, string>>
}

/** What the network choice is made from. */
export interface NetworkFacts {
  /** Undefined: the account has no default VPC, or the VPC that was asked for does not exist. */
  readonly vpcId: string | undefined
  readonly subnets: readonly Subnet[]
}

/** Answers are kept for a while by the implementation (VPCs rarely change). */
export interface NetworkPort {
  /** A VPC and all of its subnets; undefined: the account's default VPC. */
  read(vpcId: string | undefined, signal?: AbortSignal): Promise<NetworkFacts>
  /** What `read` would answer without asking; undefined: it has to ask. */
  known(vpcId: string | undefined): NetworkFacts | undefined
}

export interface LogEvent {
  readonly timestampMs: number
  readonly message: string
  /** Stable id where CloudWatch gives one (FilterLogEvents), else undefined. */
  readonly eventId?: string
  readonly stream: string
}

export interface LogPage {
  readonly events: readonly LogEvent[]
  /** Where to go on; equal to the token that was sent when nothing is left for now. */
  readonly nextToken?: string
}

export interface LogsPort {
  /** One page of one stream, oldest first. Undefined when group or stream does not exist (yet). */
  getLogEvents(
    request: {
      readonly group: string
      readonly stream: string
      readonly token?: string
      readonly startTimeMs?: number
      readonly fromHead: boolean
      readonly limit: number
    },
    signal?: AbortSignal,
  ): Promise<LogPage | undefined>
  /** One page over up to 100 streams of one group, by time. */
  filterLogEvents(
    request: {
      readonly group: string
      readonly streams: readonly string[]
      readonly startTimeMs: number
      readonly token?: string
      readonly limit: number
    },
    signal?: AbortSignal,
  ): Promise<LogPage | undefined>
}

/** The calls of one account and region, over shared rate buckets. */
export interface AwsAccount {
  /** Names account, region and endpoint; buckets, caches and the definition registry are kept per id. */
  readonly id: string
  readonly region: string
  readonly ecs: EcsPort
  readonly network: NetworkPort
  readonly logs: LogsPort
}

/** Where a pool's tasks run: `WorkPool.spec.aws`; an empty object is the SDK's default chain. */
export interface AwsTarget {
  readonly region?: string
  readonly endpoint?: string
  readonly profile?: string
  readonly assumeRole?: {
    readonly roleArn: string
    readonly externalId?: string
    readonly sessionName?: string
    readonly durationSeconds?: number
  }
}

/** Equal targets give the same account object. */
export interface AwsAccounts {
  account(target: AwsTarget): AwsAccount
  /**
   * The limits that `owner`, for example a WorkPool's key, wants for the target's account; undefined
   * takes them back. Absent where calls have no limits.
   */
  setApiLimits?(target: AwsTarget, owner: string, limits: ApiLimits | undefined): void
  close(): void
}
