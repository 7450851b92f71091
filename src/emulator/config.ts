import type { Buckets } from './throttle-buckets.ts'

/** How long a task stays in each state of its life, milliseconds. A state of 0 ms is not seen at all. */
export interface TaskDelays {
  /** PROVISIONING: the network interface is attached. Only tasks in awsvpc mode pass it. */
  readonly provisioningMs: number
  /** PENDING: images are pulled. */
  readonly pendingMs: number
  readonly activatingMs: number
  /** From the decision to stop until the containers get SIGTERM; lastStatus stays what it was. */
  readonly stopLagMs: number
  readonly deactivatingMs: number
  readonly deprovisioningMs: number
}

export interface ContainerInstanceConfig {
  readonly cluster: string
  readonly launchType: 'EC2' | 'EXTERNAL'
  readonly cpu: number
  readonly memoryMiB: number
  readonly gpus?: number
  readonly attributes?: Readonly<Record<string, string>>
  readonly agentConnected?: boolean
}

export interface ClusterConfig {
  readonly name: string
  readonly capacityProviders: readonly string[]
}

export interface SubnetConfig {
  readonly id: string
  readonly zone: string
  readonly cidr: string
  readonly tags?: Readonly<Record<string, string>>
}

export interface SecurityGroupConfig {
  readonly id: string
  readonly name: string
}

export interface VpcConfig {
  readonly id: string
  readonly cidr: string
  readonly isDefault: boolean
  readonly subnets: readonly SubnetConfig[]
  readonly securityGroups: readonly SecurityGroupConfig[]
  readonly tags?: Readonly<Record<string, string>>
}

export interface EmulatorConfig {
  readonly region: string
  readonly accountId: string
  readonly delays: TaskDelays
  /** How long a STOPPED task stays describable; then it is MISSING. */
  readonly retentionMs: number
  /** A task is not listed before it is this old. */
  readonly listLagMs: number
  /** A task is MISSING for DescribeTasks before it is this old. */
  readonly describeLagMs: number
  /**
   * How long a deregistered revision still launches tasks. ECS documents up to ten minutes; 0, the default, is its
   * shortest: refused at once.
   */
  readonly inactiveLagMs: number
  /** Which token buckets answer ThrottlingException. */
  readonly throttle: 'none' | 'aws' | Buckets
  /** Account quotas of Fargate vCPUs that run at once; absent: unlimited. */
  readonly vcpuQuota: { readonly onDemand?: number; readonly spot?: number }
  readonly clusters: readonly ClusterConfig[]
  readonly containerInstances: readonly ContainerInstanceConfig[]
  readonly vpcs: readonly VpcConfig[]
  /** Whether RunTask refuses subnets and security groups that `vpcs` does not hold. */
  readonly checkNetwork: boolean
  /** Keeps the output of containers without an awslogs configuration in this group as well. */
  readonly keepAllOutput?: { readonly logGroup: string; readonly streamPrefix: string }
  /** Events kept per log stream; the oldest are dropped. */
  readonly eventsPerStream: number
  /** Streams kept per log group; the oldest are dropped. */
  readonly streamsPerGroup: number
  /** Tasks kept in the ledger; the oldest are dropped. */
  readonly ledgerLimit: number
}

/** What a fresh account in one region looks like, with the pace of a Fargate task and no limits. */
export const defaultConfig: EmulatorConfig = {
  region: 'us-east-1',
  accountId: '123456789012',
  delays: {
    provisioningMs: 8_000,
    pendingMs: 12_000,
    activatingMs: 0,
    stopLagMs: 1_000,
    deactivatingMs: 0,
    deprovisioningMs: 10_000,
  },
  retentionMs: 3_600_000,
  listLagMs: 0,
  describeLagMs: 0,
  inactiveLagMs: 0,
  throttle: 'none',
  vcpuQuota: {},
  clusters: [{ name: 'default', capacityProviders: ['FARGATE', 'FARGATE_SPOT'] }],
  containerInstances: [],
  vpcs: [
    {
      id: 'vpc-0a1b2c3d4e5f60718',
      cidr: '172.31.0.0/16',
      isDefault: true,
      subnets: [
        { id: 'subnet-0a1b2c3d4e5f60001', zone: 'us-east-1a', cidr: '172.31.0.0/20' },
        { id: 'subnet-0a1b2c3d4e5f60002', zone: 'us-east-1b', cidr: '172.31.16.0/20' },
        { id: 'subnet-0a1b2c3d4e5f60003', zone: 'us-east-1c', cidr: '172.31.32.0/20' },
      ],
      securityGroups: [{ id: 'sg-0a1b2c3d4e5f60001', name: 'default' }],
    },
  ],
  checkNetwork: true,
  eventsPerStream: 100_000,
  streamsPerGroup: 100_000,
  ledgerLimit: 1_000_000,
}

/**
 * For tasks that are processes of this machine: a brisk start, any network accepted (manifests name
 * subnets of a real account), one large instance so that EC2 and EXTERNAL tasks find a place.
 */
export const localConfig: EmulatorConfig = {
  ...defaultConfig,
  delays: {
    provisioningMs: 100,
    pendingMs: 250,
    activatingMs: 0,
    stopLagMs: 0,
    deactivatingMs: 0,
    deprovisioningMs: 50,
  },
  containerInstances: [
    { cluster: 'default', launchType: 'EC2', cpu: 1_048_576, memoryMiB: 8_388_608, gpus: 64 },
    { cluster: 'default', launchType: 'EXTERNAL', cpu: 1_048_576, memoryMiB: 8_388_608, gpus: 64 },
  ],
  checkNetwork: false,
  keepAllOutput: { logGroup: '/local/tasks', streamPrefix: 'task' },
  eventsPerStream: 20_000,
  streamsPerGroup: 2_000,
  ledgerLimit: 10_000,
}
