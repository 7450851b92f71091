// Generated from schemas/ by `npm run gen`. Do not edit.
import type { Json, JsonObject } from '../lib/json.ts'

/** Group and version of the kind: capstan.dev/v1. */
export type ApiVersion = 'capstan.dev/v1'
export type ObjectName = string
export type NamespaceName = string
export type Slug = string
/** Text, number or boolean. Null unsets. */
export type Scalar = (string | null) | number | boolean
/** Values by name; any JSON. */
export type ParameterValues = JsonObject
/** A JSON Schema for one object: properties with types and defaults, and the required names. The keywords pattern, patternProperties and references to other documents are not allowed. */
export type ValueSchema = JsonObject
/** Written by the controller; ignored in a manifest. */
export type Status = JsonObject | null
/** Labels to select objects by. */
export type Labels = {
  readonly [k: string]: string
} | null
/** Free text by key. capstan.dev/on-change, /rerun, /prune, /approved and /reconcile-at steer Capstan. */
export type Annotations = {
  readonly [k: string]: string
} | null
/** Where the task runs. */
export type LaunchType = 'FARGATE' | 'FARGATE_SPOT' | 'EC2' | 'EXTERNAL' | 'NONE'
/** CPU units or MiB; ECS itself wants text, a number is accepted. */
export type TaskSize = string | number
/** Class of the end of an attempt. */
export type OutcomeClassName =
  | 'Success'
  | 'ExitNonZero'
  | 'OutOfMemory'
  | 'SpotInterruption'
  | 'HostFailure'
  | 'ImagePull'
  | 'ImagePullTransient'
  | 'SecretsOrInit'
  | 'Network'
  | 'Capacity'
  | 'StartTimeout'
  | 'DeadlineExceeded'
  | 'HeartbeatLost'
  | 'UserStopped'
  | 'Cancelled'
  | 'ExitZeroUnreported'
  | 'ConfigurationError'
  | 'Unknown'
/** What is done. Prefect's names (change-flow-run-state, cancel-flow-run, pause-deployment, ...) are accepted too. */
export type ActionType =
  | 'do-nothing'
  | 'change-run-state'
  | 'cancel-run'
  | 'suspend-run'
  | 'resume-run'
  | 'rerun'
  | 'run-deployment'
  | 'suspend-deployment'
  | 'resume-deployment'
  | 'suspend-work-pool'
  | 'resume-work-pool'
  | 'suspend-automation'
  | 'resume-automation'
  | 'call-webhook'
  | 'send-notification'

/** Text by name. */
export type StringMap = {
  readonly [k: string]: string
}
/** An object that this one belongs to; it is deleted with its owner. */
export type OwnerReferenceInput = {
  /** Group and version of the owner. */
  readonly apiVersion: string
  /** Kind of the owner. */
  readonly kind: string
  /** Name of the owner. */
  readonly name: string
  /** Uid of the owner. */
  readonly uid: string
  /** The owner manages this object. */
  readonly controller?: boolean
  /** The owner waits for this object when it is deleted in the foreground. */
  readonly blockOwnerDeletion?: boolean
}
/** Name, namespace, labels and annotations. What the controller writes (uid, resourceVersion and the like) is accepted and ignored, so that the output of `get -o yaml` can be applied. */
export type MetadataInput = {
  /** Name, unique per kind and namespace. */
  readonly name?: ObjectName
  /** Prefix of a name to be made. In a folder the content hash completes it, so the same content keeps its name; with `create` five random characters do. */
  readonly generateName?: string
  /** Namespace; `default` when absent. */
  readonly namespace?: NamespaceName
  readonly labels?: Labels
  readonly annotations?: Annotations
  /** What must be done before the object goes. */
  readonly finalizers?: readonly string[] | null
  /** Objects that this one belongs to. */
  readonly ownerReferences?: readonly OwnerReferenceInput[] | null
  /** Written by the controller. */
  readonly uid?: string
  /** Version of the object; where it is given, an update needs it to be current. */
  readonly resourceVersion?: string
  /** Written by the controller. */
  readonly generation?: number
  /** Written by the controller. */
  readonly creationTimestamp?: string | null
  /** Written by the controller. */
  readonly deletionTimestamp?: string | null
  /** Written by the controller. */
  readonly deletionGracePeriodSeconds?: number | null
  /** Ignored. */
  readonly selfLink?: string
  /** Written by the controller. */
  readonly managedFields?: readonly JsonObject[] | null
}
/** One capacity provider and its share. */
export type CapacityProviderStrategyItem = {
  /** Name of the capacity provider, or FARGATE or FARGATE_SPOT. */
  readonly capacityProvider: string
  /** Relative share of the tasks. */
  readonly weight?: number
  /** Tasks that run here at the least; only one item may have it. */
  readonly base?: number
}
/** One choice of the ladder: a launch type or a capacity provider strategy. */
export type CapacityRung = {
  readonly launchType?: LaunchType
  /** Capacity providers to spread over. */
  readonly capacityProviderStrategy?: readonly CapacityProviderStrategyItem[]
  /** How long this choice is tried before the next one; the last one is tried without end. */
  readonly waitSeconds?: number
}
/** Processor and operating system of the task. */
export type RuntimePlatform = {
  /** Processor; X86_64 when absent. */
  readonly cpuArchitecture?: 'X86_64' | 'ARM64'
  /** Operating system; LINUX when absent. */
  readonly operatingSystemFamily?:
    | 'LINUX'
    | 'WINDOWS_SERVER_2016_FULL'
    | 'WINDOWS_SERVER_2019_CORE'
    | 'WINDOWS_SERVER_2019_FULL'
    | 'WINDOWS_SERVER_2004_CORE'
    | 'WINDOWS_SERVER_20H2_CORE'
    | 'WINDOWS_SERVER_2022_CORE'
    | 'WINDOWS_SERVER_2022_FULL'
    | 'WINDOWS_SERVER_2025_CORE'
    | 'WINDOWS_SERVER_2025_FULL'
}
/** Network of an awsvpc task: the content of ECS's awsvpcConfiguration. What is missing is inferred from the VPC. */
export type NetworkConfiguration = {
  /** Subnet ids; those of the VPC when absent. */
  readonly subnets?: readonly string[]
  /** Security group ids; the VPC's default group when absent. */
  readonly securityGroups?: readonly string[]
  /** Whether the task gets a public address; ENABLED when the subnets were inferred. */
  readonly assignPublicIp?: 'ENABLED' | 'DISABLED'
  /** Use only subnets of the VPC that have all these tags. */
  readonly subnetTags?: {
    readonly [k: string]: string
  }
}
/** A name and its value. */
export type KeyValuePair = {
  /** Name. */
  readonly name?: string
  /** Value; text. */
  readonly value?: string
}
/** An environment variable that ECS fills. */
export type Secret = {
  /** Name of the variable. */
  readonly name: string
  /** ARN of the Secrets Manager secret or SSM parameter. */
  readonly valueFrom: string
}
/** An AWS tag. */
export type Tag = {
  /** Key. */
  readonly key?: string
  /** Value. */
  readonly value?: string
}
/** A directory of the host. */
export type HostVolume = {
  /** Path on the host; an empty volume when absent. */
  readonly sourcePath?: string
}
/** A Docker volume (EC2 only). */
export type DockerVolumeConfiguration = {
  /** Life of the volume. */
  readonly scope?: 'task' | 'shared'
  /** Create a shared volume that is missing. */
  readonly autoprovision?: boolean
  /** Docker volume driver. */
  readonly driver?: string
  /** Options of the driver. */
  readonly driverOpts?: StringMap
  /** Labels of the volume. */
  readonly labels?: StringMap
}
/** How the file system is opened. */
export type EfsAuthorizationConfig = {
  /** EFS access point. */
  readonly accessPointId?: string
  /** Use the task role; needs transit encryption. */
  readonly iam?: 'ENABLED' | 'DISABLED'
}
/** An EFS file system. */
export type EfsVolumeConfiguration = {
  /** Id of the file system. */
  readonly fileSystemId: string
  /** Directory to mount as root. */
  readonly rootDirectory?: string
  /** Encryption on the way; needed by IAM and access points. */
  readonly transitEncryption?: 'ENABLED' | 'DISABLED'
  /** Port of the encrypted connection. */
  readonly transitEncryptionPort?: number
  readonly authorizationConfig?: EfsAuthorizationConfig
}
/** An S3 Files file system. */
export type S3FilesVolumeConfiguration = {
  /** ARN of the file system. */
  readonly fileSystemArn: string
  /** Directory to mount as root. */
  readonly rootDirectory?: string
  /** Port of the encrypted connection. */
  readonly transitEncryptionPort?: number
  /** ARN of the access point. */
  readonly accessPointArn?: string
}
/** Who opens the file system. */
export type FsxAuthorizationConfig = {
  /** ARN of the secret with the credentials. */
  readonly credentialsParameter: string
  /** Active Directory domain. */
  readonly domain: string
}
/** An FSx for Windows File Server file system (EC2 Windows only). */
export type FsxWindowsFileServerVolumeConfiguration = {
  /** Id of the file system. */
  readonly fileSystemId: string
  /** Directory to mount as root. */
  readonly rootDirectory: string
  readonly authorizationConfig: FsxAuthorizationConfig
}
/** A volume of the task, in ECS's own shape. */
export type Volume = {
  /** Name that mount points use. */
  readonly name: string
  readonly host?: HostVolume
  /** An EBS volume, made for the task with the settings of volumeConfigurations. */
  readonly configuredAtLaunch?: boolean
  readonly dockerVolumeConfiguration?: DockerVolumeConfiguration
  readonly efsVolumeConfiguration?: EfsVolumeConfiguration
  readonly s3filesVolumeConfiguration?: S3FilesVolumeConfiguration
  readonly fsxWindowsFileServerVolumeConfiguration?: FsxWindowsFileServerVolumeConfiguration
}
/** A volume that is made when the task is launched, in ECS's own shape. */
export type VolumeConfiguration = {
  /** Name in volumes. */
  readonly name: string
  readonly managedEBSVolume: ManagedEBSVolume
}
/** An EBS volume that ECS creates and attaches. */
export type ManagedEBSVolume = {
  /** Role with which ECS manages the volume. */
  readonly roleArn: string
  /** Size; a snapshot's own when absent. */
  readonly sizeInGiB?: number
  /** Snapshot to make it from. */
  readonly snapshotId?: string
  /** Kind of volume; gp3 when absent. */
  readonly volumeType?: 'gp2' | 'gp3' | 'io1' | 'io2' | 'sc1' | 'st1' | 'standard'
  /** Operations per second. */
  readonly iops?: number
  /** MiB per second (gp3). */
  readonly throughput?: number
  /** MiB per second at which a snapshot is loaded. */
  readonly volumeInitializationRate?: number
  /** Encrypt it. */
  readonly encrypted?: boolean
  /** Key of the encryption. */
  readonly kmsKeyId?: string
  /** File system; xfs when absent. */
  readonly filesystemType?: 'ext3' | 'ext4' | 'xfs' | 'ntfs'
  readonly terminationPolicy?: EbsTerminationPolicy
  /** Tags of the volume. */
  readonly tagSpecifications?: readonly EbsTagSpecification[]
}
/** What becomes of the volume. */
export type EbsTerminationPolicy = {
  /** Delete it with the task, which is the default. */
  readonly deleteOnTermination: boolean
}
/** Tags of the volume. */
export type EbsTagSpecification = {
  /** volume. */
  readonly resourceType: 'volume'
  /** Where further tags come from. */
  readonly propagateTags?: 'TASK_DEFINITION' | 'NONE'
  /** Tags, in ECS's own shape. */
  readonly tags?: readonly Tag[]
}
/** Where a container mounts a volume. */
export type MountPoint = {
  /** Name of the volume. */
  readonly sourceVolume?: string
  /** Path in the container. */
  readonly containerPath?: string
  /** Mount read-only. */
  readonly readOnly?: boolean
}
/** All mounts of another container. */
export type VolumeFrom = {
  /** Name of the other container. */
  readonly sourceContainer?: string
  /** Mount read-only. */
  readonly readOnly?: boolean
}
/** A limit of the container's processes. */
export type Ulimit = {
  /** Which limit. */
  readonly name:
    | 'core'
    | 'cpu'
    | 'data'
    | 'fsize'
    | 'locks'
    | 'memlock'
    | 'msgqueue'
    | 'nice'
    | 'nofile'
    | 'nproc'
    | 'rss'
    | 'rtprio'
    | 'rttime'
    | 'sigpending'
    | 'stack'
  /** Soft limit. */
  readonly softLimit: number
  /** Hard limit. */
  readonly hardLimit: number
}
/** How ECS finds out that the container is healthy, in ECS's own shape. */
export type HealthCheck = {
  /** Command, starting with CMD or CMD-SHELL. */
  readonly command: readonly string[]
  /** Seconds between checks; 30 when absent. */
  readonly interval?: number
  /** Seconds until a check counts as failed; 5 when absent. */
  readonly timeout?: number
  /** Failures until the container is unhealthy; 3 when absent. */
  readonly retries?: number
  /** Seconds at the start in which failures do not count. */
  readonly startPeriod?: number
}
/** A GPU or an accelerator. */
export type ResourceRequirement = {
  /** What is needed. */
  readonly type: 'GPU' | 'InferenceAccelerator'
  /** Number of GPUs, or name of the accelerator; text. */
  readonly value: string
}
/** Linux capabilities on top of or taken from Docker's default. */
export type KernelCapabilities = {
  /** To add. */
  readonly add?: readonly string[]
  /** To take away. */
  readonly drop?: readonly string[]
}
/** A device of the host. */
export type Device = {
  /** Path on the host. */
  readonly hostPath: string
  /** Path in the container. */
  readonly containerPath?: string
  /** What the container may do with it. */
  readonly permissions?: readonly ('read' | 'write' | 'mknod')[]
}
/** A file system in memory. */
export type Tmpfs = {
  /** Path in the container. */
  readonly containerPath: string
  /** Size in MiB. */
  readonly size: number
  /** Mount options. */
  readonly mountOptions?: readonly string[]
}
/** Linux settings of the container, in ECS's own shape. */
export type LinuxParameters = {
  readonly capabilities?: KernelCapabilities
  /** Devices of the host. */
  readonly devices?: readonly Device[]
  /** Run an init process that forwards signals and reaps children. */
  readonly initProcessEnabled?: boolean
  /** Swap in MiB. */
  readonly maxSwap?: number
  /** Size of /dev/shm in MiB. */
  readonly sharedMemorySize?: number
  /** How readily memory is swapped. */
  readonly swappiness?: number
  /** File systems in memory. */
  readonly tmpfs?: readonly Tmpfs[]
}
/** A port of the container. */
export type PortMapping = {
  /** Port in the container. */
  readonly containerPort?: number
  /** Port on the host. */
  readonly hostPort?: number
  /** Protocol; tcp when absent. */
  readonly protocol?: 'tcp' | 'udp'
  /** Name of the mapping. */
  readonly name?: string
  /** Application protocol. */
  readonly appProtocol?: 'http' | 'http2' | 'grpc'
  /** Range of ports, first-last. */
  readonly containerPortRange?: string
}
/** Start after another container. */
export type ContainerDependency = {
  /** The other container. */
  readonly containerName: string
  /** What it must have reached. */
  readonly condition: 'START' | 'COMPLETE' | 'SUCCESS' | 'HEALTHY'
}
/** Restart of the container inside its task. */
export type ContainerRestartPolicy = {
  /** Restart it. */
  readonly enabled: boolean
  /** Exit codes that end it for good. */
  readonly ignoredExitCodes?: readonly number[]
  /** Seconds that it must have run to be restarted. */
  readonly restartAttemptPeriod?: number
}
/** A file of environment variables in S3. */
export type EnvironmentFile = {
  /** ARN of the object. */
  readonly value: string
  /** Where the file is. */
  readonly type: 's3'
}
/** A line of /etc/hosts. */
export type HostEntry = {
  /** Host name. */
  readonly hostname: string
  /** Address. */
  readonly ipAddress: string
}
/** Where the output of the container goes. */
export type LogConfiguration = {
  /** Log driver. */
  readonly logDriver:
    'awslogs' | 'awsfirelens' | 'fluentd' | 'gelf' | 'journald' | 'json-file' | 'splunk' | 'syslog'
  /** Options of the driver. */
  readonly options?: StringMap
  /** Options from secrets. */
  readonly secretOptions?: readonly Secret[]
}
/** Login of a private registry. */
export type RepositoryCredentials = {
  /** ARN of the secret with the credentials. */
  readonly credentialsParameter: string
}
/** Makes the container a log router. */
export type FirelensConfiguration = {
  /** Log router. */
  readonly type: 'fluentd' | 'fluentbit'
  /** Options of the router. */
  readonly options?: StringMap
}
/** A kernel parameter. */
export type SystemControl = {
  /** Parameter. */
  readonly namespace?: string
  /** Value; text. */
  readonly value?: string
}
/** A container, in ECS's own shape. What ECS has and this list lacks goes in by taskDefinitionCustomizations. */
export type ContainerDefinition = {
  /** Name of the container. */
  readonly name?: string
  /** Container image. */
  readonly image?: string
  readonly repositoryCredentials?: RepositoryCredentials
  /** CPU units of this container. */
  readonly cpu?: number
  /** Hard memory limit in MiB. */
  readonly memory?: number
  /** Soft memory limit in MiB. */
  readonly memoryReservation?: number
  /** Docker links (bridge network only). */
  readonly links?: readonly string[]
  /** Ports. */
  readonly portMappings?: readonly PortMapping[]
  /** The task ends with this container; true when absent. */
  readonly essential?: boolean
  readonly restartPolicy?: ContainerRestartPolicy
  /** Entry point. */
  readonly entryPoint?: readonly string[]
  /** Command. */
  readonly command?: readonly string[]
  /** Environment. */
  readonly environment?: readonly KeyValuePair[]
  /** Files of environment variables. */
  readonly environmentFiles?: readonly EnvironmentFile[]
  /** Mounts. */
  readonly mountPoints?: readonly MountPoint[]
  /** Mounts of other containers. */
  readonly volumesFrom?: readonly VolumeFrom[]
  readonly linuxParameters?: LinuxParameters
  /** Secrets. */
  readonly secrets?: readonly Secret[]
  /** Containers to wait for. */
  readonly dependsOn?: readonly ContainerDependency[]
  /** Seconds until a dependency counts as failed. */
  readonly startTimeout?: number
  /** Seconds between SIGTERM and SIGKILL. */
  readonly stopTimeout?: number
  /** Whether ECS resolves the image tag to a digest. */
  readonly versionConsistency?: 'enabled' | 'disabled'
  /** Host name. */
  readonly hostname?: string
  /** User in the container. */
  readonly user?: string
  /** Working directory. */
  readonly workingDirectory?: string
  /** No network. */
  readonly disableNetworking?: boolean
  /** Rights of the host's root. */
  readonly privileged?: boolean
  /** Read-only root file system. */
  readonly readonlyRootFilesystem?: boolean
  /** DNS servers. */
  readonly dnsServers?: readonly string[]
  /** DNS search domains. */
  readonly dnsSearchDomains?: readonly string[]
  /** Lines of /etc/hosts. */
  readonly extraHosts?: readonly HostEntry[]
  /** Security options of Docker. */
  readonly dockerSecurityOptions?: readonly string[]
  /** Keep stdin open. */
  readonly interactive?: boolean
  /** Allocate a terminal. */
  readonly pseudoTerminal?: boolean
  /** Docker labels. */
  readonly dockerLabels?: StringMap
  /** Limits of processes. */
  readonly ulimits?: readonly Ulimit[]
  readonly logConfiguration?: LogConfiguration
  readonly healthCheck?: HealthCheck
  /** Kernel parameters. */
  readonly systemControls?: readonly SystemControl[]
  /** GPUs and accelerators. */
  readonly resourceRequirements?: readonly ResourceRequirement[]
  readonly firelensConfiguration?: FirelensConfiguration
  /** Credential specs (Windows, gMSA). */
  readonly credentialSpecs?: readonly string[]
}
/** An Elastic Inference accelerator. */
export type InferenceAccelerator = {
  /** Name. */
  readonly deviceName: string
  /** Type. */
  readonly deviceType: string
}
/** App Mesh proxy. */
export type ProxyConfiguration = {
  /** Type of the proxy. */
  readonly type?: 'APPMESH'
  /** Container that is the proxy. */
  readonly containerName: string
  /** Settings. */
  readonly properties?: readonly KeyValuePair[]
}
/** Disk of a Fargate task. */
export type EphemeralStorage = {
  /** Size in GiB. */
  readonly sizeInGiB: number
}
/** A RegisterTaskDefinition body to start from; the other fields of the template are put on top of it. Exclusive with taskDefinitionArn. */
export type TaskDefinition = {
  /** Family. */
  readonly family?: string
  /** Role of the program. */
  readonly taskRoleArn?: string
  /** Role of ECS itself. */
  readonly executionRoleArn?: string
  /** Docker network mode; Fargate needs awsvpc. */
  readonly networkMode?: 'bridge' | 'host' | 'awsvpc' | 'none'
  /** Containers. */
  readonly containerDefinitions?: readonly ContainerDefinition[]
  /** Volumes. */
  readonly volumes?: readonly Volume[]
  /** Constraints of placement (memberOf only). */
  readonly placementConstraints?: readonly PlacementConstraint[]
  /** Launch types that the definition must fit. */
  readonly requiresCompatibilities?: readonly ('EC2' | 'FARGATE' | 'EXTERNAL' | 'MANAGED_INSTANCES')[]
  /** CPU units of the task. */
  readonly cpu?: TaskSize
  /** Memory of the task in MiB. */
  readonly memory?: TaskSize
  /** Tags of the definition. */
  readonly tags?: readonly Tag[]
  /** Process namespace. */
  readonly pidMode?: 'host' | 'task'
  /** IPC namespace. */
  readonly ipcMode?: 'host' | 'task' | 'none'
  readonly proxyConfiguration?: ProxyConfiguration
  /** Elastic Inference accelerators. */
  readonly inferenceAccelerators?: readonly InferenceAccelerator[]
  readonly ephemeralStorage?: EphemeralStorage
  readonly runtimePlatform?: RuntimePlatform
  /** Accept fault injection requests. */
  readonly enableFaultInjection?: boolean
}
/** Which container instances may take the task. */
export type PlacementConstraint = {
  /** distinctInstance: each task on another instance; memberOf: instances that match the expression. */
  readonly type?: 'distinctInstance' | 'memberOf'
  /** Cluster query expression. */
  readonly expression?: string
}
/** How tasks are spread. */
export type PlacementStrategy = {
  /** Strategy. */
  readonly type?: 'random' | 'spread' | 'binpack'
  /** What to spread over or pack by, for example attribute:ecs.availability-zone or memory. */
  readonly field?: string
}
/** One operation of an RFC 6902 patch. */
export type JsonPatchOperation = {
  /** What to do. */
  readonly op: 'add' | 'remove' | 'replace' | 'move' | 'copy' | 'test'
  /** JSON pointer, for example /overrides/cpu. */
  readonly path: string
  /** JSON pointer to move or copy from. */
  readonly from?: string
  /** Value to add, to replace with or to test for; any JSON. */
  readonly value?: Json
}
/** Pause before the next attempt. */
export type RetryBackoff = {
  /** Pause after the first failure. */
  readonly initialSeconds?: number
  /** Each pause is this many times the one before. */
  readonly factor?: number
  /** Longest pause. */
  readonly maxSeconds?: number
  /** Share of the pause that is random. */
  readonly jitter?: number
}
/** When a rule applies: every member that is given must match. An empty list or text matches anything. */
export type RetryCondition = {
  /** Exit codes of the container. */
  readonly exitCodes?: readonly number[]
  /** Classes of the end. */
  readonly classes?: readonly OutcomeClassName[]
  /** Stop codes of ECS, for example TaskFailedToStart or EssentialContainerExited. */
  readonly stopCodes?: readonly string[]
  /** Text in the task's or the container's reason; upper and lower case count. */
  readonly reasonContains?: string
}
/** What the next attempt has different. */
export type RetryChange = {
  /** Memory times this, up to the next size that Fargate knows. */
  readonly memoryFactor?: number
  readonly launchType?: LaunchType
}
/** What happens after an end of a certain sort. */
export type RetryRule = {
  readonly when: RetryCondition
  /** Retry counts against the limit; RetryWithoutCounting does not; Fail ends the run. */
  readonly action: 'Retry' | 'RetryWithoutCounting' | 'Fail'
  /** How often this rule may retry; the policy's limit when absent. */
  readonly limit?: number
  readonly change?: RetryChange
}
/** What happens after an attempt that did not succeed. Without rules: Spot interruptions, lost hosts, missing capacity and throttles are retried without counting, failures to start that pass are retried three times, wrong configuration never. */
export type RetryPolicy = {
  /** Attempts after the first, for ends without a rule. */
  readonly limit?: number
  readonly backoff?: RetryBackoff
  /** Rules; the first that matches counts. */
  readonly rules?: readonly RetryRule[]
}
/** Signs of life that the run owes. Off when absent. env.PREFECT_RUNNER_HEARTBEAT_FREQUENCY or PREFECT_FLOWS_HEARTBEAT_FREQUENCY switches it on as well. */
export type Heartbeat = {
  /** Seconds between beats. */
  readonly frequencySeconds: number
  /** Beats in a row that must be missed before the run counts as silent; a beat up to 15 seconds late is not missed. */
  readonly missed?: number
  /** Seconds from RUNNING to the first beat; when absent as long as silence may last later, and at least 300. */
  readonly firstBeatSeconds?: number
  /** What counts as a beat: a request to Capstan, ECS's health check, or new log lines. */
  readonly source?: 'Http' | 'ContainerHealth' | 'Logs'
  /** Crash: the task is stopped and the run is Crashed (HeartbeatLost). Notify: only the condition Unresponsive and an event. */
  readonly onMissed?: 'Crash' | 'Notify'
}
/** What the pool is to be. */
export type WorkPoolSpec = {
  /** Launch nothing new. What runs goes on. */
  readonly suspend?: boolean
  /** None: as usual. Hold: launch nothing new. HoldAndDrain: launch nothing new and stop what runs. */
  readonly stopPolicy?: 'None' | 'Hold' | 'HoldAndDrain'
  /** Tasks of this pool at a time; no limit when absent. 0 launches nothing. */
  readonly concurrencyLimit?: number
  readonly quota?: Quota
  /** Queues inside the pool; a run names one in `queue`. A queue `default` (priority 1) exists when none is given. */
  readonly queues?: readonly WorkQueue[]
  /** Times in which runs may or may not be launched. Inside a Deny window nothing is launched; where there are Allow windows, only inside one of them. */
  readonly windows?: readonly LaunchWindow[]
  readonly aws?: AwsSettings
  /** JSON Schema of the pool's variables: properties with types and defaults, and the required names. Placeholders {{ name }} in templates take their values. */
  readonly variables?: ValueSchema
  /** Defaults of every run in this pool. */
  readonly template?: WrittenTemplate
  readonly taskDefinitions?: TaskDefinitionPolicy
  readonly apiLimits?: ApiLimits
}
/** What the pool's tasks may take together. */
export type Quota = {
  /** Tasks. */
  readonly tasks?: number
  /** vCPU (1024 CPU units each). */
  readonly vcpu?: number
  /** Memory in GiB. */
  readonly memoryGiB?: number
}
/** A queue of the pool. */
export type WorkQueue = {
  /** Name of the queue. */
  readonly name: Slug
  /** 1 is served first; a queue waits while one before it has something to launch. */
  readonly priority?: number
  /** Tasks of this queue at a time; no limit when absent. */
  readonly concurrencyLimit?: number
}
/** A time that comes again and again. */
export type LaunchWindow = {
  /** Whether runs may be launched in this time. */
  readonly effect: 'Allow' | 'Deny'
  /** When the window opens: five cron fields. */
  readonly cron: string
  /** How long it stays open. */
  readonly durationSeconds: number
  /** IANA time zone of the cron fields, for example Europe/Berlin. */
  readonly timezone?: string
}
/** A role to take on. */
export type AssumeRole = {
  /** ARN of the role. */
  readonly roleArn: string
  /** External id that the role asks for. */
  readonly externalId?: string
  /** Name of the session; capstan when absent. */
  readonly sessionName?: string
  /** Life of the credentials; they are renewed in time. */
  readonly durationSeconds?: number
}
/** Account, region and endpoint; the AWS SDK's default chain for what is absent. */
export type AwsSettings = {
  /** AWS region. */
  readonly region?: string
  /** Endpoint of all services, for compatible servers. */
  readonly endpoint?: string
  /** Profile of the shared AWS configuration. */
  readonly profile?: string
  readonly assumeRole?: AssumeRole
}
/** What happens to revisions that nobody uses. */
export type TaskDefinitionPolicy = {
  /** Newest revisions of a family that stay registered. */
  readonly keepRevisions?: number
  /** Delete what was deregistered. */
  readonly deleteInactive?: boolean
}
/** A token bucket. */
export type ApiLimit = {
  /** Calls at once. */
  readonly burst?: number
  /** Calls a second in the long run. */
  readonly perSecond?: number
}
/** Rates of AWS calls where the account has other limits than AWS publishes. Capstan's own are 90 % of the published ones. */
export type ApiLimits = {
  /** RunTask and StopTask; AWS: burst 100, 40 a second. */
  readonly clusterModify?: ApiLimit
  /** DescribeTasks and ListTasks; AWS: burst 100, 20 a second. */
  readonly clusterRead?: ApiLimit
  /** RegisterTaskDefinition and DeregisterTaskDefinition; AWS: burst 20, 1 a second. */
  readonly taskDefinitionModify?: ApiLimit
  /** DeleteTaskDefinitions; AWS: burst 5, 1 a second. */
  readonly taskDefinitionDelete?: ApiLimit
  /** DescribeTaskDefinition and ListTaskDefinitions; AWS: burst 50, 20 a second. */
  readonly taskDefinitionRead?: ApiLimit
  /** RunTask on Fargate; AWS: burst 20, 20 a second. */
  readonly fargateLaunch?: ApiLimit
  /** DescribeVpcs and DescribeSubnets; AWS: burst 100, 20 a second. */
  readonly ec2Read?: ApiLimit
  /** GetLogEvents and FilterLogEvents. */
  readonly logsRead?: ApiLimit
}
/** What the deployment is to be. */
export type DeploymentSpec = {
  /** WorkPool of its runs. */
  readonly workPool?: ObjectName
  /** Queue of the pool. */
  readonly queue?: Slug
  /** Start nothing by schedule or trigger. */
  readonly suspend?: boolean
  /** For people. */
  readonly description?: string
  /** The program, for people and for placeholders: path.py:function or module form. */
  readonly entrypoint?: string
  /** When runs start; an empty list means never. */
  readonly schedules?: readonly Schedule[]
  readonly concurrency?: Concurrency
  /** Values of {{ parameters.x }}; a run's own beat them, key by key. */
  readonly parameters?: ParameterValues
  /** JSON Schema of the parameters; enforced unless enforceParameterSchema is false. */
  readonly parameterSchema?: ValueSchema
  /** Refuse runs whose parameters break parameterSchema. */
  readonly enforceParameterSchema?: boolean
  /** Values of the pool's variables. */
  readonly variables?: ParameterValues
  /** How its tasks are run, over the pool's template. */
  readonly template?: WrittenTemplate
  /** Events that start it. */
  readonly triggers?: readonly DeploymentTrigger[]
  /** Stop scheduling after this many failed runs in a row; never when absent. */
  readonly pauseAfterFailures?: number
  /** Completed runs that stay as objects, of those that it made itself: by schedule, trigger, backfill or capstan run. */
  readonly successfulRunsHistoryLimit?: number
  /** Failed runs that stay as objects, of those that it made itself. */
  readonly failedRunsHistoryLimit?: number
}
/** When runs start: exactly one of cron, interval and rrule. */
export type Schedule = {
  /** Five cron fields (minute, hour, day of month, month, day of week). H stands for a value that is the deployment's own: H, H/15, H(0-7). */
  readonly cron?: string
  /** Seconds between runs; or text: HH:MM:SS, or an ISO 8601 duration such as PT15M. */
  readonly interval?: number | string
  /** iCalendar recurrence rule (RFC 5545). */
  readonly rrule?: string
  /** IANA time zone, for example Europe/Berlin. */
  readonly timezone?: string
  /** Where an interval starts to count (RFC 3339). */
  readonly anchorDate?: string
  /** Whether the schedule counts. */
  readonly active?: boolean
  /** Parameters of its runs, over the deployment's. */
  readonly parameters?: ParameterValues
  /** Variables of its runs, over the deployment's. */
  readonly variables?: ParameterValues
  /** How late a run may start; later it counts as missed. No limit when absent. */
  readonly startingDeadlineSeconds?: number
  /** What happens to times that were missed while the controller was down. */
  readonly catchUp?: 'None' | 'Latest' | 'All'
  /** Most runs that catchUp All starts at once, the newest ones. */
  readonly maxCatchUp?: number
  /** Spread the starts over this many seconds; a deployment's share is always the same. */
  readonly jitterSeconds?: number
  /** Name of the schedule, unique in the deployment. */
  readonly slug?: Slug
}
/** How many runs may be active at a time. */
export type Concurrency = {
  /** Active runs. */
  readonly limit: number
  /** What happens to a run over the limit: it waits, it is cancelled, or it takes the place of the oldest one. */
  readonly policy?: 'Enqueue' | 'CancelNew' | 'Replace'
  /** Deployments of a namespace with the same key share the limit; the deployment's own name when absent. */
  readonly key?: string
}
/** An automation that starts this deployment. */
export type DeploymentTrigger = {
  /** Name of the trigger, unique in the deployment. */
  readonly name?: Slug
  /** Whether it counts. */
  readonly enabled?: boolean
  readonly trigger: Trigger
  /** Parameters of its runs, over the deployment's. */
  readonly parameters?: ParameterValues
  /** Variables of its runs, over the deployment's. */
  readonly variables?: ParameterValues
  /** Start this many seconds after the event. */
  readonly scheduleAfterSeconds?: number
}
/** What is to be run. Immutable once a task was launched, but for suspend and cancel. */
export type RunSpec = {
  /** Deployment whose pool, queue, parameters and template the run takes; exclusive with workPool. */
  readonly deployment?: ObjectName
  /** WorkPool of the run, without a deployment; `default` when both are absent. */
  readonly workPool?: ObjectName
  /** Queue of the pool. */
  readonly queue?: Slug
  /** Among runs of a queue, the higher one is launched first. */
  readonly priority?: number
  /** Values of {{ parameters.x }}. */
  readonly parameters?: ParameterValues
  /** Values of the pool's variables. */
  readonly variables?: ParameterValues
  /** How the task is run, over the templates of pool and deployment. */
  readonly template?: WrittenTemplate
  /** Do not launch; a task that runs is stopped and can be resumed as a new attempt. */
  readonly suspend?: boolean
  /** Stop the task and end as Cancelled. */
  readonly cancel?: boolean
  /** Not before this time (RFC 3339). */
  readonly scheduledTime?: string
  /** Number of tasks; each finds its index, from 0, in the environment variable CAPSTAN_ARRAY_INDEX. */
  readonly array?: number
  /** What must have happened before; all of it. */
  readonly dependsOn?: readonly RunDependency[]
}
/** Another object of the namespace that is waited for. */
export type RunDependency = {
  /** Run: that run. Deployment: the newest run of that deployment. */
  readonly kind?: 'Run' | 'Deployment'
  /** Name of the object. */
  readonly name: ObjectName
  /** How it must have ended. Where it ends otherwise, this run is cancelled. */
  readonly condition?: 'Completed' | 'Failed' | 'Finished'
}
/** What the automation is to be. Keys in snake_case are accepted too. */
export type AutomationSpec = {
  /** Name for people; metadata.name when absent. */
  readonly name?: string
  /** For people. */
  readonly description?: string
  /** For people. */
  readonly tags?: readonly string[]
  /** Whether it counts. */
  readonly enabled?: boolean
  readonly trigger: Trigger
  /** What is done when the trigger fires. */
  readonly actions?: readonly Action[]
  /** What is done when the trigger fires. */
  readonly actionsOnTrigger?: readonly Action[]
  /** What is done when a trigger that fired is satisfied again. */
  readonly actionsOnResolve?: readonly Action[]
}
/** Label to value, or to a list of values of which one must match. A trailing * matches any rest, a leading ! negates. */
export type LabelFilter = {
  readonly [k: string]: string | readonly string[]
}
/** What fires. event: events of one sort; compound: several triggers in any order; sequence: several in order. */
export type Trigger = {
  /** Sort of the trigger. */
  readonly type: 'event' | 'compound' | 'sequence'
  /** event: Reactive fires when the expected events come, Proactive when they do not come in time. */
  readonly posture?: 'Reactive' | 'Proactive'
  /** event: labels of the resource that the event is about. */
  readonly match?: LabelFilter
  /** event: labels of related resources; a filter, or a list of filters that all must be met. */
  readonly matchRelated?: LabelFilter | readonly LabelFilter[]
  /** event: names of events that start the window; a trailing * matches any rest. */
  readonly after?: readonly string[]
  /** event: names of the events that are waited for; any event when absent. */
  readonly expect?: readonly string[]
  /** event: judge apart by these labels: a label of the resource, or related:<role>:<label>. */
  readonly forEach?: readonly string[]
  /** event: number of expected events. */
  readonly threshold?: number
  /** Window in seconds; at least 10 for a Proactive trigger (10 when absent), 0 for none. */
  readonly within?: number
  /** compound and sequence: the parts. */
  readonly triggers?: readonly Trigger[]
  /** compound: how many of the parts must fire: any, all, or a number. */
  readonly require?: ('any' | 'all') | number
}
/** One action. */
export type Action = {
  readonly type: ActionType
  /** change-run-state: type of the new state. */
  readonly state?:
    | 'SCHEDULED'
    | 'PENDING'
    | 'RUNNING'
    | 'PAUSED'
    | 'CANCELLING'
    | 'CANCELLED'
    | 'COMPLETED'
    | 'FAILED'
    | 'CRASHED'
  /** change-run-state: name of the new state. */
  readonly name?: string
  /** change-run-state: message of the new state. */
  readonly message?: string
  /** change-run-state: also leave a final state. */
  readonly force?: boolean
  /** Actions on runs: the run; that of the event when absent. */
  readonly run?: ObjectName
  /** selected: the object that the action names; inferred: that of the event. */
  readonly source?: 'selected' | 'inferred'
  /** Actions on deployments: the deployment; that of the event when absent. */
  readonly deployment?: ObjectName
  /** Actions on work pools: the pool; that of the event when absent. */
  readonly workPool?: ObjectName
  /** Actions on automations: the automation; this one when absent. */
  readonly automation?: ObjectName
  /** run-deployment: parameters of the run, over the deployment's. */
  readonly parameters?: ParameterValues
  /** run-deployment: variables of the run, over the deployment's. */
  readonly variables?: ParameterValues
  /** run-deployment: start this many seconds after the event. */
  readonly scheduleAfterSeconds?: number
  /** call-webhook, send-notification: address; only hosts that the controller allows. */
  readonly url?: string
  /** call-webhook, send-notification: secret of the controller that holds the address, in place of url. */
  readonly urlSecret?: Slug
  /** call-webhook, send-notification: secret of the controller that signs the body (HMAC-SHA256, header Capstan-Signature). */
  readonly signingSecret?: Slug
  /** call-webhook: HTTP method. */
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** call-webhook: HTTP headers. Values may hold placeholders, {{ secrets.NAME }} too. */
  readonly headers?: StringMap
  /** call-webhook: body; text, or an object that is sent as JSON. May hold placeholders. What happened, as JSON, when absent. */
  readonly payload?: string | ParameterValues
  /** send-notification: shape of the message. */
  readonly format?: 'Slack' | 'MicrosoftTeams' | 'Discord' | 'Generic'
  /** send-notification: first line. May hold placeholders. */
  readonly subject?: string
  /** send-notification: text. May hold placeholders. */
  readonly body?: string
}
/** How one task is run. The same shape stands in WorkPool, Deployment and Run and is merged field by field, weakest first: built-in defaults, WorkPool, Deployment, Run. env, secrets, labels and cloudwatchLogsOptions merge key by key, customizations are concatenated, null removes an inherited value. Any string may hold placeholders such as {{ parameters.x }}. */
export type TemplateSpec = {
  /** Container image. Needed in the end, unless the task definition names one. */
  readonly image?: string
  /** Command of the container: a list of words, or one string that is split as a shell would split it. The image's own command when absent. */
  readonly command?: string | readonly string[]
  /** Environment of the container. Numbers and booleans are sent as text. null unsets the name, also where the task definition sets it. */
  readonly env?: {
    readonly [k: string]: Scalar
  }
  /** Names to unset: the same as null in env, for clients whose patches cannot carry null. */
  readonly unsetEnv?: readonly string[]
  /** Environment variables that ECS fills from Secrets Manager or SSM: name to ARN (valueFrom). Beats a plain value of the same name. Needs an execution role. */
  readonly secrets?: {
    readonly [k: string]: string
  }
  /** Tags on the task. Characters that AWS does not take are replaced; too long or too many (50 with Capstan's own) is an error. */
  readonly labels?: {
    readonly [k: string]: string
  }
  /** Name or ARN of the ECS cluster; the account's `default` cluster when absent. */
  readonly cluster?: string
  /** Where the task runs. FARGATE_SPOT is sent as a capacity provider strategy. With NONE (or null) neither launch type nor strategy is sent and the cluster's default counts. */
  readonly launchType?: 'FARGATE' | 'FARGATE_SPOT' | 'EC2' | 'EXTERNAL' | 'NONE'
  /** Capacity providers to spread over; replaces launchType, and exclusive with it. */
  readonly capacityProviderStrategy?: readonly CapacityProviderStrategyItem[]
  /** Choices that are tried in order when capacity is missing or Spot is reclaimed. */
  readonly capacityLadder?: readonly CapacityRung[]
  /** Fargate platform version, for example 1.4.0 or LATEST. */
  readonly platformVersion?: string
  readonly runtimePlatform?: RuntimePlatform
  /** Disk of a Fargate task in GiB; Fargate gives 20 when absent. */
  readonly ephemeralStorageGiB?: number
  /** CPU units; 1024 is one vCPU. Pairs that Fargate does not know are refused before any call. */
  readonly cpu?: number
  /** Memory in MiB. Pairs that Fargate does not know are refused before any call. */
  readonly memory?: number
  /** Family of the task definition; capstan-<namespace>-<deployment or run> when absent. Characters that ECS does not take are replaced. */
  readonly family?: string
  /** The container that these settings are for. When absent: the one named `prefect`, else the first of the task definition, else `main`. */
  readonly containerName?: string
  readonly taskDefinition?: TaskDefinition
  /** ARN (or family:revision) of an existing task definition to start from; exclusive with taskDefinition. */
  readonly taskDefinitionArn?: string
  /** CopyOnChange: settings that differ register a changed copy, the linked definition is never touched. UseAsIs: the linked definition runs as it is, settings of the definition are ignored with a Warning event. */
  readonly taskDefinitionArnMode?: 'CopyOnChange' | 'UseAsIs'
  /** Role with which ECS itself pulls images, reads secrets and writes logs. */
  readonly executionRoleArn?: string
  /** Role that the program in the container has. */
  readonly taskRoleArn?: string
  /** Send the container's output to CloudWatch Logs; the value of streamOutput when absent. Needs an execution role. */
  readonly configureCloudwatchLogs?: boolean
  /** Options of the awslogs driver over Capstan's own (group `capstan`, region, prefix, mode). An error while logs are off. */
  readonly cloudwatchLogsOptions?: {
    readonly [k: string]: string
  }
  /** Prefix of the log streams; <namespace>/<deployment or run> when absent. */
  readonly cloudwatchLogsPrefix?: string
  /** Copy the container's output into the controller's log. */
  readonly streamOutput?: boolean
  /** VPC whose subnets a task with network mode awsvpc uses; the default VPC when absent. */
  readonly vpcId?: string
  readonly networkConfiguration?: NetworkConfiguration
  /** Deregister the revision after the run, when this run registered it and no other uses it. */
  readonly autoDeregisterTaskDefinition?: boolean
  /** Use the family's latest revision when it equals what would be registered. */
  readonly matchLatestRevisionInFamily?: boolean
  /** Volumes of the task, in ECS's own shape. */
  readonly volumes?: readonly Volume[]
  /** Settings of the EBS volume that is made for the task: of a volume with configuredAtLaunch. RunTask takes one. */
  readonly volumeConfigurations?: readonly VolumeConfiguration[]
  /** Where the container mounts volumes, in ECS's own shape. */
  readonly mountPoints?: readonly MountPoint[]
  /** Limits of the container's processes, in ECS's own shape. */
  readonly ulimits?: readonly Ulimit[]
  readonly healthCheck?: HealthCheck
  /** Seconds between SIGTERM and SIGKILL; ECS's default is 30, Fargate's maximum 120. */
  readonly stopTimeoutSeconds?: number
  /** GPUs and the like, in ECS's own shape. */
  readonly resourceRequirements?: readonly ResourceRequirement[]
  readonly linuxParameters?: LinuxParameters
  /** Further containers of the task, as ECS container definitions. */
  readonly sidecars?: readonly ContainerDefinition[]
  /** Allow `aws ecs execute-command` into the task. */
  readonly enableExecuteCommand?: boolean
  /** Copy the tags of the task definition to the task. */
  readonly propagateTags?: 'TASK_DEFINITION' | 'NONE'
  /** Which container instances may take the task (EC2 only). */
  readonly placementConstraints?: readonly PlacementConstraint[]
  /** How tasks are spread over container instances (EC2 only). */
  readonly placementStrategy?: readonly PlacementStrategy[]
  /** Task group; ECS uses family:<family> when absent. */
  readonly group?: string
  /** RFC 6902 patch that is applied last to the RegisterTaskDefinition body; a list, or its JSON text. */
  readonly taskDefinitionCustomizations?: readonly JsonPatchOperation[] | string
  /** RFC 6902 patch that is applied last to the RunTask body; a list, or its JSON text. */
  readonly taskCustomizations?: readonly JsonPatchOperation[] | string
  /** Seconds to reach RUNNING. After that the task is stopped and the attempt is Crashed (StartTimeout). */
  readonly taskStartTimeoutSeconds?: number
  /** Upper bound in seconds on how old the known state of this run may be. */
  readonly taskWatchPollInterval?: number
  /** Longest time for one attempt, from its launch; then the task is stopped. */
  readonly attemptDeadlineSeconds?: number
  /** Longest time for the whole run over all attempts; then the run fails (TimedOut). */
  readonly activeDeadlineSeconds?: number
  readonly retry?: RetryPolicy
  readonly heartbeat?: Heartbeat
  /** The Run object is removed this many seconds after its end; its history stays. */
  readonly ttlSecondsAfterFinished?: number
}

/** Fields of a template that merge key by key. */
export type MergedMapField = 'env' | 'secrets' | 'labels' | 'cloudwatchLogsOptions'

/**
 * A template as people write it: null removes what a weaker level set, and any value may be a
 * placeholder. TemplateSpec is what is left after merging and rendering.
 */
export type WrittenTemplate = {
  readonly [Field in keyof TemplateSpec]?:
    | (Field extends MergedMapField ? Readonly<Record<string, Scalar>> : TemplateSpec[Field])
    | string
    | null
}

export type SchemaName = 'common' | 'template' | 'workpool' | 'deployment' | 'run' | 'automation'

/** The files of schemas/, as data, so that nothing has to find them at run time. */
export const SCHEMAS: Readonly<Record<SchemaName, JsonObject>> = {
  "common": {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "$id": "common.schema.json",
    "title": "CommonParts",
    "description": "Parts that every kind shares.",
    "$defs": {
      "ApiVersion": {
        "type": "string",
        "enum": [
          "capstan.dev/v1"
        ],
        "description": "Group and version of the kind: capstan.dev/v1."
      },
      "ObjectName": {
        "type": "string",
        "minLength": 1,
        "maxLength": 253,
        "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
        "x-message": "a name: lower case letters, digits, '-' and '.', starting and ending with a letter or digit (RFC 1123 subdomain)"
      },
      "NamespaceName": {
        "type": "string",
        "minLength": 1,
        "maxLength": 63,
        "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
        "x-message": "a namespace: lower case letters, digits and '-', starting and ending with a letter or digit (RFC 1123 label)"
      },
      "Slug": {
        "type": "string",
        "minLength": 1,
        "maxLength": 63,
        "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
        "x-message": "a short name: lower case letters, digits and '-', starting and ending with a letter or digit"
      },
      "Scalar": {
        "description": "Text, number or boolean. Null unsets.",
        "anyOf": [
          {
            "type": "string",
            "nullable": true
          },
          {
            "type": "number"
          },
          {
            "type": "boolean"
          }
        ]
      },
      "StringMap": {
        "type": "object",
        "description": "Text by name.",
        "additionalProperties": {
          "type": "string"
        }
      },
      "ParameterValues": {
        "type": "object",
        "description": "Values by name; any JSON.",
        "additionalProperties": {},
        "x-kubernetes-preserve-unknown-fields": true,
        "tsType": "JsonObject"
      },
      "ValueSchema": {
        "type": "object",
        "description": "A JSON Schema for one object: properties with types and defaults, and the required names. The keywords pattern, patternProperties and references to other documents are not allowed.",
        "additionalProperties": {},
        "x-kubernetes-preserve-unknown-fields": true,
        "tsType": "JsonObject"
      },
      "Status": {
        "type": "object",
        "description": "Written by the controller; ignored in a manifest.",
        "nullable": true,
        "additionalProperties": {},
        "x-kubernetes-preserve-unknown-fields": true,
        "tsType": "JsonObject | null"
      },
      "Labels": {
        "type": "object",
        "nullable": true,
        "description": "Labels to select objects by.",
        "propertyNames": {
          "maxLength": 317,
          "pattern": "^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$",
          "x-message": "a label key: an optional DNS prefix and '/', then at most 63 letters, digits, '-', '_' and '.', starting and ending with a letter or digit"
        },
        "additionalProperties": {
          "type": "string",
          "maxLength": 63,
          "pattern": "^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$",
          "x-message": "a label value: at most 63 letters, digits, '-', '_' and '.', starting and ending with a letter or digit"
        }
      },
      "Annotations": {
        "type": "object",
        "nullable": true,
        "description": "Free text by key. capstan.dev/on-change, /rerun, /prune, /approved and /reconcile-at steer Capstan.",
        "propertyNames": {
          "maxLength": 317,
          "pattern": "^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$",
          "x-message": "an annotation key: an optional DNS prefix and '/', then at most 63 letters, digits, '-', '_' and '.', starting and ending with a letter or digit"
        },
        "additionalProperties": {
          "type": "string",
          "maxLength": 262144
        }
      },
      "OwnerReferenceInput": {
        "type": "object",
        "additionalProperties": false,
        "required": [
          "apiVersion",
          "kind",
          "name",
          "uid"
        ],
        "description": "An object that this one belongs to; it is deleted with its owner.",
        "properties": {
          "apiVersion": {
            "type": "string",
            "description": "Group and version of the owner."
          },
          "kind": {
            "type": "string",
            "description": "Kind of the owner."
          },
          "name": {
            "type": "string",
            "description": "Name of the owner."
          },
          "uid": {
            "type": "string",
            "description": "Uid of the owner."
          },
          "controller": {
            "type": "boolean",
            "description": "The owner manages this object."
          },
          "blockOwnerDeletion": {
            "type": "boolean",
            "description": "The owner waits for this object when it is deleted in the foreground."
          }
        }
      },
      "MetadataInput": {
        "type": "object",
        "additionalProperties": false,
        "description": "Name, namespace, labels and annotations. What the controller writes (uid, resourceVersion and the like) is accepted and ignored, so that the output of `get -o yaml` can be applied.",
        "properties": {
          "name": {
            "$ref": "#/$defs/ObjectName",
            "description": "Name, unique per kind and namespace."
          },
          "generateName": {
            "type": "string",
            "minLength": 1,
            "maxLength": 240,
            "pattern": "^[a-z0-9][-a-z0-9.]*$",
            "x-message": "a name prefix: lower case letters, digits, '-' and '.', starting with a letter or digit",
            "description": "Prefix of a name to be made. In a folder the content hash completes it, so the same content keeps its name; with `create` five random characters do."
          },
          "namespace": {
            "$ref": "#/$defs/NamespaceName",
            "description": "Namespace; `default` when absent."
          },
          "labels": {
            "$ref": "#/$defs/Labels"
          },
          "annotations": {
            "$ref": "#/$defs/Annotations"
          },
          "finalizers": {
            "type": "array",
            "nullable": true,
            "items": {
              "type": "string"
            },
            "description": "What must be done before the object goes."
          },
          "ownerReferences": {
            "type": "array",
            "nullable": true,
            "items": {
              "$ref": "#/$defs/OwnerReferenceInput"
            },
            "description": "Objects that this one belongs to."
          },
          "uid": {
            "type": "string",
            "description": "Written by the controller."
          },
          "resourceVersion": {
            "type": "string",
            "description": "Version of the object; where it is given, an update needs it to be current."
          },
          "generation": {
            "type": "integer",
            "description": "Written by the controller."
          },
          "creationTimestamp": {
            "type": "string",
            "nullable": true,
            "description": "Written by the controller."
          },
          "deletionTimestamp": {
            "type": "string",
            "nullable": true,
            "description": "Written by the controller."
          },
          "deletionGracePeriodSeconds": {
            "type": "integer",
            "nullable": true,
            "description": "Written by the controller."
          },
          "selfLink": {
            "type": "string",
            "description": "Ignored."
          },
          "managedFields": {
            "type": "array",
            "nullable": true,
            "items": {
              "type": "object",
              "additionalProperties": {},
              "x-kubernetes-preserve-unknown-fields": true,
              "tsType": "JsonObject"
            },
            "description": "Written by the controller."
          }
        }
      }
    }
  },
  "template": {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "$id": "template.schema.json",
    "title": "TemplateSpec",
    "description": "How one task is run. The same shape stands in WorkPool, Deployment and Run and is merged field by field, weakest first: built-in defaults, WorkPool, Deployment, Run. env, secrets, labels and cloudwatchLogsOptions merge key by key, customizations are concatenated, null removes an inherited value. Any string may hold placeholders such as {{ parameters.x }}.",
    "type": "object",
    "additionalProperties": false,
    "properties": {
      "image": {
        "type": "string",
        "minLength": 1,
        "maxLength": 1024,
        "description": "Container image. Needed in the end, unless the task definition names one."
      },
      "command": {
        "description": "Command of the container: a list of words, or one string that is split as a shell would split it. The image's own command when absent.",
        "anyOf": [
          {
            "type": "string",
            "maxLength": 65536
          },
          {
            "type": "array",
            "maxItems": 1000,
            "items": {
              "type": "string",
              "maxLength": 65536
            }
          }
        ]
      },
      "env": {
        "type": "object",
        "additionalProperties": {
          "$ref": "common.schema.json#/$defs/Scalar"
        },
        "propertyNames": {
          "maxLength": 1024,
          "pattern": "^[^=\\u0000]+$",
          "x-message": "an environment variable name: not empty, without '='"
        },
        "description": "Environment of the container. Numbers and booleans are sent as text. null unsets the name, also where the task definition sets it."
      },
      "unsetEnv": {
        "type": "array",
        "maxItems": 1000,
        "items": {
          "type": "string",
          "minLength": 1
        },
        "description": "Names to unset: the same as null in env, for clients whose patches cannot carry null."
      },
      "secrets": {
        "type": "object",
        "additionalProperties": {
          "type": "string",
          "minLength": 1
        },
        "propertyNames": {
          "maxLength": 1024,
          "pattern": "^[^=\\u0000]+$",
          "x-message": "an environment variable name: not empty, without '='"
        },
        "description": "Environment variables that ECS fills from Secrets Manager or SSM: name to ARN (valueFrom). Beats a plain value of the same name. Needs an execution role."
      },
      "labels": {
        "type": "object",
        "additionalProperties": {
          "type": "string"
        },
        "description": "Tags on the task. Characters that AWS does not take are replaced; too long or too many (50 with Capstan's own) is an error."
      },
      "cluster": {
        "type": "string",
        "minLength": 1,
        "maxLength": 2048,
        "description": "Name or ARN of the ECS cluster; the account's `default` cluster when absent."
      },
      "launchType": {
        "type": "string",
        "enum": [
          "FARGATE",
          "FARGATE_SPOT",
          "EC2",
          "EXTERNAL",
          "NONE"
        ],
        "default": "FARGATE",
        "description": "Where the task runs. FARGATE_SPOT is sent as a capacity provider strategy. With NONE (or null) neither launch type nor strategy is sent and the cluster's default counts."
      },
      "capacityProviderStrategy": {
        "type": "array",
        "minItems": 1,
        "maxItems": 20,
        "items": {
          "$ref": "#/$defs/CapacityProviderStrategyItem"
        },
        "description": "Capacity providers to spread over; replaces launchType, and exclusive with it."
      },
      "capacityLadder": {
        "type": "array",
        "maxItems": 10,
        "items": {
          "$ref": "#/$defs/CapacityRung"
        },
        "description": "Choices that are tried in order when capacity is missing or Spot is reclaimed."
      },
      "platformVersion": {
        "type": "string",
        "minLength": 1,
        "description": "Fargate platform version, for example 1.4.0 or LATEST."
      },
      "runtimePlatform": {
        "$ref": "#/$defs/RuntimePlatform"
      },
      "ephemeralStorageGiB": {
        "type": "integer",
        "minimum": 21,
        "maximum": 200,
        "description": "Disk of a Fargate task in GiB; Fargate gives 20 when absent."
      },
      "cpu": {
        "type": "integer",
        "minimum": 1,
        "maximum": 196608,
        "default": 1024,
        "description": "CPU units; 1024 is one vCPU. Pairs that Fargate does not know are refused before any call."
      },
      "memory": {
        "type": "integer",
        "minimum": 6,
        "maximum": 33554432,
        "default": 2048,
        "description": "Memory in MiB. Pairs that Fargate does not know are refused before any call."
      },
      "family": {
        "type": "string",
        "minLength": 1,
        "maxLength": 255,
        "description": "Family of the task definition; capstan-<namespace>-<deployment or run> when absent. Characters that ECS does not take are replaced."
      },
      "containerName": {
        "type": "string",
        "minLength": 1,
        "maxLength": 255,
        "pattern": "^[A-Za-z0-9_-]+$",
        "x-message": "a container name: letters, digits, '-' and '_'",
        "description": "The container that these settings are for. When absent: the one named `prefect`, else the first of the task definition, else `main`."
      },
      "taskDefinition": {
        "$ref": "#/$defs/TaskDefinition"
      },
      "taskDefinitionArn": {
        "type": "string",
        "minLength": 1,
        "maxLength": 2048,
        "description": "ARN (or family:revision) of an existing task definition to start from; exclusive with taskDefinition."
      },
      "taskDefinitionArnMode": {
        "type": "string",
        "enum": [
          "CopyOnChange",
          "UseAsIs"
        ],
        "default": "CopyOnChange",
        "description": "CopyOnChange: settings that differ register a changed copy, the linked definition is never touched. UseAsIs: the linked definition runs as it is, settings of the definition are ignored with a Warning event."
      },
      "executionRoleArn": {
        "type": "string",
        "minLength": 1,
        "maxLength": 2048,
        "description": "Role with which ECS itself pulls images, reads secrets and writes logs."
      },
      "taskRoleArn": {
        "type": "string",
        "minLength": 1,
        "maxLength": 2048,
        "description": "Role that the program in the container has."
      },
      "configureCloudwatchLogs": {
        "type": "boolean",
        "description": "Send the container's output to CloudWatch Logs; the value of streamOutput when absent. Needs an execution role."
      },
      "cloudwatchLogsOptions": {
        "type": "object",
        "additionalProperties": {
          "type": "string"
        },
        "description": "Options of the awslogs driver over Capstan's own (group `capstan`, region, prefix, mode). An error while logs are off."
      },
      "cloudwatchLogsPrefix": {
        "type": "string",
        "minLength": 1,
        "maxLength": 512,
        "description": "Prefix of the log streams; <namespace>/<deployment or run> when absent."
      },
      "streamOutput": {
        "type": "boolean",
        "default": false,
        "description": "Copy the container's output into the controller's log."
      },
      "vpcId": {
        "type": "string",
        "minLength": 1,
        "maxLength": 64,
        "description": "VPC whose subnets a task with network mode awsvpc uses; the default VPC when absent."
      },
      "networkConfiguration": {
        "$ref": "#/$defs/NetworkConfiguration"
      },
      "autoDeregisterTaskDefinition": {
        "type": "boolean",
        "default": false,
        "description": "Deregister the revision after the run, when this run registered it and no other uses it."
      },
      "matchLatestRevisionInFamily": {
        "type": "boolean",
        "default": true,
        "description": "Use the family's latest revision when it equals what would be registered."
      },
      "volumes": {
        "type": "array",
        "maxItems": 100,
        "items": {
          "$ref": "#/$defs/Volume"
        },
        "description": "Volumes of the task, in ECS's own shape."
      },
      "volumeConfigurations": {
        "type": "array",
        "maxItems": 1,
        "items": {
          "$ref": "#/$defs/VolumeConfiguration"
        },
        "description": "Settings of the EBS volume that is made for the task: of a volume with configuredAtLaunch. RunTask takes one."
      },
      "mountPoints": {
        "type": "array",
        "maxItems": 100,
        "items": {
          "$ref": "#/$defs/MountPoint"
        },
        "description": "Where the container mounts volumes, in ECS's own shape."
      },
      "ulimits": {
        "type": "array",
        "maxItems": 15,
        "items": {
          "$ref": "#/$defs/Ulimit"
        },
        "description": "Limits of the container's processes, in ECS's own shape."
      },
      "healthCheck": {
        "$ref": "#/$defs/HealthCheck"
      },
      "stopTimeoutSeconds": {
        "type": "integer",
        "minimum": 0,
        "maximum": 86400,
        "description": "Seconds between SIGTERM and SIGKILL; ECS's default is 30, Fargate's maximum 120."
      },
      "resourceRequirements": {
        "type": "array",
        "maxItems": 10,
        "items": {
          "$ref": "#/$defs/ResourceRequirement"
        },
        "description": "GPUs and the like, in ECS's own shape."
      },
      "linuxParameters": {
        "$ref": "#/$defs/LinuxParameters"
      },
      "sidecars": {
        "type": "array",
        "maxItems": 9,
        "items": {
          "$ref": "#/$defs/ContainerDefinition"
        },
        "description": "Further containers of the task, as ECS container definitions."
      },
      "enableExecuteCommand": {
        "type": "boolean",
        "default": false,
        "description": "Allow `aws ecs execute-command` into the task."
      },
      "propagateTags": {
        "type": "string",
        "enum": [
          "TASK_DEFINITION",
          "NONE"
        ],
        "description": "Copy the tags of the task definition to the task."
      },
      "placementConstraints": {
        "type": "array",
        "maxItems": 10,
        "items": {
          "$ref": "#/$defs/PlacementConstraint"
        },
        "description": "Which container instances may take the task (EC2 only)."
      },
      "placementStrategy": {
        "type": "array",
        "maxItems": 5,
        "items": {
          "$ref": "#/$defs/PlacementStrategy"
        },
        "description": "How tasks are spread over container instances (EC2 only)."
      },
      "group": {
        "type": "string",
        "minLength": 1,
        "maxLength": 255,
        "description": "Task group; ECS uses family:<family> when absent."
      },
      "taskDefinitionCustomizations": {
        "description": "RFC 6902 patch that is applied last to the RegisterTaskDefinition body; a list, or its JSON text.",
        "anyOf": [
          {
            "type": "array",
            "maxItems": 200,
            "items": {
              "$ref": "#/$defs/JsonPatchOperation"
            }
          },
          {
            "type": "string",
            "maxLength": 65536
          }
        ]
      },
      "taskCustomizations": {
        "description": "RFC 6902 patch that is applied last to the RunTask body; a list, or its JSON text.",
        "anyOf": [
          {
            "type": "array",
            "maxItems": 200,
            "items": {
              "$ref": "#/$defs/JsonPatchOperation"
            }
          },
          {
            "type": "string",
            "maxLength": 65536
          }
        ]
      },
      "taskStartTimeoutSeconds": {
        "type": "integer",
        "minimum": 1,
        "maximum": 86400,
        "default": 300,
        "description": "Seconds to reach RUNNING. After that the task is stopped and the attempt is Crashed (StartTimeout)."
      },
      "taskWatchPollInterval": {
        "type": "number",
        "minimum": 0.1,
        "maximum": 3600,
        "description": "Upper bound in seconds on how old the known state of this run may be."
      },
      "attemptDeadlineSeconds": {
        "type": "integer",
        "minimum": 1,
        "maximum": 31536000,
        "description": "Longest time for one attempt, from its launch; then the task is stopped."
      },
      "activeDeadlineSeconds": {
        "type": "integer",
        "minimum": 1,
        "maximum": 31536000,
        "description": "Longest time for the whole run over all attempts; then the run fails (TimedOut)."
      },
      "retry": {
        "$ref": "#/$defs/RetryPolicy"
      },
      "heartbeat": {
        "$ref": "#/$defs/Heartbeat"
      },
      "ttlSecondsAfterFinished": {
        "type": "integer",
        "minimum": 0,
        "maximum": 315360000,
        "description": "The Run object is removed this many seconds after its end; its history stays."
      }
    },
    "$defs": {
      "LaunchType": {
        "type": "string",
        "enum": [
          "FARGATE",
          "FARGATE_SPOT",
          "EC2",
          "EXTERNAL",
          "NONE"
        ],
        "description": "Where the task runs."
      },
      "CapacityProviderStrategyItem": {
        "type": "object",
        "additionalProperties": false,
        "required": [
          "capacityProvider"
        ],
        "description": "One capacity provider and its share.",
        "properties": {
          "capacityProvider": {
            "type": "string",
            "minLength": 1,
            "description": "Name of the capacity provider, or FARGATE or FARGATE_SPOT."
          },
          "weight": {
            "type": "integer",
            "minimum": 0,
            "maximum": 1000,
            "description": "Relative share of the tasks."
          },
          "base": {
            "type": "integer",
            "minimum": 0,
            "maximum": 100000,
            "description": "Tasks that run here at the least; only one item may have it."
          }
        }
      },
      "CapacityRung": {
        "type": "object",
        "additionalProperties": false,
        "description": "One choice of the ladder: a launch type or a capacity provider strategy.",
        "properties": {
          "launchType": {
            "$ref": "#/$defs/LaunchType"
          },
          "capacityProviderStrategy": {
            "type": "array",
            "minItems": 1,
            "maxItems": 20,
            "items": {
              "$ref": "#/$defs/CapacityProviderStrategyItem"
            },
            "description": "Capacity providers to spread over."
          },
          "waitSeconds": {
            "type": "integer",
            "minimum": 0,
            "maximum": 86400,
            "description": "How long this choice is tried before the next one; the last one is tried without end."
          }
        }
      },
      "RuntimePlatform": {
        "type": "object",
        "additionalProperties": false,
        "description": "Processor and operating system of the task.",
        "properties": {
          "cpuArchitecture": {
            "type": "string",
            "enum": [
              "X86_64",
              "ARM64"
            ],
            "description": "Processor; X86_64 when absent."
          },
          "operatingSystemFamily": {
            "type": "string",
            "enum": [
              "LINUX",
              "WINDOWS_SERVER_2016_FULL",
              "WINDOWS_SERVER_2019_CORE",
              "WINDOWS_SERVER_2019_FULL",
              "WINDOWS_SERVER_2004_CORE",
              "WINDOWS_SERVER_20H2_CORE",
              "WINDOWS_SERVER_2022_CORE",
              "WINDOWS_SERVER_2022_FULL",
              "WINDOWS_SERVER_2025_CORE",
              "WINDOWS_SERVER_2025_FULL"
            ],
            "description": "Operating system; LINUX when absent."
          }
        }
      },
      "NetworkConfiguration": {
        "type": "object",
        "additionalProperties": false,
        "description": "Network of an awsvpc task: the content of ECS's awsvpcConfiguration. What is missing is inferred from the VPC.",
        "properties": {
          "subnets": {
            "type": "array",
            "maxItems": 16,
            "items": {
              "type": "string",
              "minLength": 1
            },
            "description": "Subnet ids; those of the VPC when absent."
          },
          "securityGroups": {
            "type": "array",
            "maxItems": 5,
            "items": {
              "type": "string",
              "minLength": 1
            },
            "description": "Security group ids; the VPC's default group when absent."
          },
          "assignPublicIp": {
            "type": "string",
            "enum": [
              "ENABLED",
              "DISABLED"
            ],
            "description": "Whether the task gets a public address; ENABLED when the subnets were inferred."
          },
          "subnetTags": {
            "type": "object",
            "additionalProperties": {
              "type": "string"
            },
            "description": "Use only subnets of the VPC that have all these tags."
          }
        }
      },
      "KeyValuePair": {
        "type": "object",
        "additionalProperties": false,
        "description": "A name and its value.",
        "properties": {
          "name": {
            "type": "string",
            "description": "Name."
          },
          "value": {
            "type": "string",
            "description": "Value; text."
          }
        }
      },
      "Secret": {
        "type": "object",
        "additionalProperties": false,
        "required": [
          "name",
          "valueFrom"
        ],
        "description": "An environment variable that ECS fills.",
        "properties": {
          "name": {
            "type": "string",
            "minLength": 1,
            "description": "Name of the variable."
          },
          "valueFrom": {
            "type": "string",
            "minLength": 1,
            "description": "ARN of the Secrets Manager secret or SSM parameter."
          }
        }
      },
      "Tag": {
        "type": "object",
        "additionalProperties": false,
        "description": "An AWS tag.",
        "properties": {
          "key": {
            "type": "string",
            "maxLength": 128,
            "description": "Key."
          },
          "value": {
            "type": "string",
            "maxLength": 256,
            "description": "Value."
          }
        }
      },
      "HostVolume": {
        "type": "object",
        "additionalProperties": false,
        "description": "A directory of the host.",
        "properties": {
          "sourcePath": {
            "type": "string",
            "description": "Path on the host; an empty volume when absent."
          }
        }
      },
      "DockerVolumeConfiguration": {
        "type": "object",
        "additionalProperties": false,
        "description": "A Docker volume (EC2 only).",
        "properties": {
          "scope": {
            "type": "string",
            "enum": [
              "task",
              "shared"
            ],
            "description": "Life of the volume."
          },
          "autoprovision": {
            "type": "boolean",
            "description": "Create a shared volume that is missing."
          },
          "driver": {
            "type": "string",
            "description": "Docker volume driver."
          },
          "driverOpts": {
            "$ref": "common.schema.json#/$defs/StringMap",
            "description": "Options of the driver."
          },
          "labels": {
            "$ref": "common.schema.json#/$defs/StringMap",
            "description": "Labels of the volume."
          }
        }
      },
      "EfsAuthorizationConfig": {
        "type": "object",
        "additionalProperties": false,
        "description": "How the file system is opened.",
        "properties": {
          "accessPointId": {
            "type": "string",
            "description": "EFS access point."
          },
          "iam": {
            "type": "string",
            "enum": [
              "ENABLED",
              "DISABLED"
            ],
            "description": "Use the task role; needs transit encryption."
          }
        }
      },
      "EfsVolumeConfiguration": {
        "type": "object",
        "additionalProperties": false,
        "required": [
          "fileSystemId"
        ],
        "description": "An EFS file system.",
        "properties": {
          "fileSystemId": {
            "type": "string",
            "minLength": 1,
            "description": "Id of the file system."
          },
          "rootDirectory": {
            "type": "string",
            "description": "Directory to mount as root."
          },
          "transitEncryption": {
            "type": "string",
            "enum": [
              "ENABLED",
              "DISABLED"
            ],
            "description": "Encryption on the way; needed by IAM and access points."
          },
          "transitEncryptionPort": {
            "type": "integer",
            "minimum": 0,
            "maximum": 65535,
            "description": "Port of the encrypted connection."
          },
          "authorizationConfig": {
            "$ref": "#/$defs/EfsAuthorizationConfig"
          }
        }
      },
      "S3FilesVolumeConfiguration": {
        "type": "object",
        "additionalProperties": false,
        "required": [
          "fileSystemArn"
        ],
        "description": "An S3 Files file system.",
        "properties": {
          "fileSystemArn": {
            "type": "string",
            "minLength": 1,
            "description": "ARN of the file system."
          },
          "rootDirectory": {
            "type": "string",
            "description": "Directory to mount as root."
          },
          "transitEncryptionPort": {
            "type": "integer",
            "minimum": 0,
            "maximum": 65535,
            "description": "Port of the encrypted connection."
          },
          "accessPointArn": {
            "type": "string",
            "description": "ARN of the access point."
          }
        }
      },
      "FsxAuthorizationConfig": {
        "type": "object",
        "additionalProperties": false,
        "required": [
          "credentialsParameter",
          "domain"
        ],
        "description": "Who opens the file system.",
        "properties": {
          "credentialsParameter": {
            "type": "string",
            "description": "ARN of the secret with the credentials."
          },
          "domain": {
            "type": "string",
            "description": "Active Directory domain."
          }
        }
      },
      "FsxWindowsFileServerVolumeConfiguration": {
        "type": "object",
        "additionalProperties": false,
        "required": [
          "fileSystemId",
          "rootDirectory",
          "authorizationConfig"
        ],
        "description": "An FSx for Windows File Server file system (EC2 Windows only).",
        "properties": {
          "fileSystemId": {
            "type": "string",
            "description": "Id of the file system."
          },
          "rootDirectory": {
            "type": "string",
            "description": "Directory to mount as root."
          },
          "authorizationConfig": {
            "$ref": "#/$defs/FsxAuthorizationConfig"
          }
        }
      },
      "Volume": {
        "type": "object",
        "additionalProperties": false,
        "required": [
          "name"
        ],
        "description": "A volume of the task, in ECS's own shape.",
        "properties": {
          "name": {
            "type": "string",
            "minLength": 1,
            "maxLength": 255,
            "description": "Name that mount points use."
          },
          "host": {
            "$ref": "#/$defs/HostVolume"
          },
          "configuredAtLaunch": {
            "type": "boolean",
            "description": "An EBS volume, made for the task with the settings of volumeConfigurations."
          },
          "dockerVolumeConfiguration": {
            "$ref": "#/$defs/DockerVolumeConfiguration"
          },
          "efsVolumeConfiguration": {
            "$ref": "#/$defs/EfsVolumeConfiguration"
          },
          "s3filesVolumeConfiguration": {
            "$ref": "#/$defs/S3FilesVolumeConfiguration"
          },
          "fsxWindowsFileServerVolumeConfiguration": {
            "$ref": "#/$defs/FsxWindowsFileServerVolumeConfiguration"
          }
        }
      },
      "VolumeConfiguration": {
        "type": "object",
        "additionalProperties": false,
        "required": [
          "name",
          "managedEBSVolume"
        ],
        "description": "A volume that is made when the task is launched, in ECS's own shape.",
        "properties": {
          "name": {
            "type": "string",
            "minLength": 1,
            "description": "Name in volumes."
          },
          "managedEBSVolume": {
            "$ref": "#/$defs/ManagedEBSVolume"
          }
        }
      },
      "ManagedEBSVolume": {
        "type": "object",
        "additionalProperties": false,
        "required": [
          "roleArn"
        ],
        "description": "An EBS volume that ECS creates and attaches.",
        "properties": {
          "roleArn": {
            "type": "string",
            "minLength": 1,
            "description": "Role with which ECS manages the volume."
          },
          "sizeInGiB": {
            "type": "integer",
            "minimum": 1,
            "maximum": 65536,
            "description": "Size; a snapshot's own when absent."
          },
          "snapshotId": {
            "type": "string",
            "description": "Snapshot to make it from."
          },
          "volumeType": {
            "type": "string",
            "enum": [
              "gp2",
              "gp3",
              "io1",
              "io2",
              "sc1",
              "st1",
              "standard"
            ],
            "description": "Kind of volume; gp3 when absent."
          },
          "iops": {
            "type": "integer",
            "minimum": 100,
            "description": "Operations per second."
          },
          "throughput": {
            "type": "integer",
            "minimum": 125,
            "maximum": 2000,
            "description": "MiB per second (gp3)."
          },
          "volumeInitializationRate": {
            "type": "integer",
            "minimum": 100,
            "maximum": 300,
            "description": "MiB per second at which a snapshot is loaded."
          },
          "encrypted": {
            "type": "boolean",
            "description": "Encrypt it."
          },
          "kmsKeyId": {
            "type": "string",
            "description": "Key of the encryption."
          },
          "filesystemType": {
            "type": "string",
            "enum": [
              "ext3",
              "ext4",
              "xfs",
              "ntfs"
            ],
            "description": "File system; xfs when absent."
          },
          "terminationPolicy": {
            "$ref": "#/$defs/EbsTerminationPolicy"
          },
          "tagSpecifications": {
            "type": "array",
            "maxItems": 1,
            "items": {
              "$ref": "#/$defs/EbsTagSpecification"
            },
            "description": "Tags of the volume."
          }
        }
      },
      "EbsTerminationPolicy": {
        "type": "object",
        "additionalProperties": false,
        "required": [
          "deleteOnTermination"
        ],
        "description": "What becomes of the volume.",
        "properties": {
          "deleteOnTermination": {
            "type": "boolean",
            "description": "Delete it with the task, which is the default."
          }
        }
      },
      "EbsTagSpecification": {
        "type": "object",
        "additionalProperties": false,
        "required": [
          "resourceType"
        ],
        "description": "Tags of the volume.",
        "properties": {
          "resourceType": {
            "type": "string",
            "enum": [
              "volume"
            ],
            "description": "volume."
          },
          "propagateTags": {
            "type": "string",
            "enum": [
              "TASK_DEFINITION",
              "NONE"
            ],
            "description": "Where further tags come from."
          },
          "tags": {
            "type": "array",
            "maxItems": 50,
            "items": {
              "$ref": "#/$defs/Tag"
            },
            "description": "Tags, in ECS's own shape."
          }
        }
      },
      "MountPoint": {
        "type": "object",
        "additionalProperties": false,
        "description": "Where a container mounts a volume.",
        "properties": {
          "sourceVolume": {
            "type": "string",
            "description": "Name of the volume."
          },
          "containerPath": {
            "type": "string",
            "description": "Path in the container."
          },
          "readOnly": {
            "type": "boolean",
            "description": "Mount read-only."
          }
        }
      },
      "VolumeFrom": {
        "type": "object",
        "additionalProperties": false,
        "description": "All mounts of another container.",
        "properties": {
          "sourceContainer": {
            "type": "string",
            "description": "Name of the other container."
          },
          "readOnly": {
            "type": "boolean",
            "description": "Mount read-only."
          }
        }
      },
      "Ulimit": {
        "type": "object",
        "additionalProperties": false,
        "required": [
          "name",
          "softLimit",
          "hardLimit"
        ],
        "description": "A limit of the container's processes.",
        "properties": {
          "name": {
            "type": "string",
            "enum": [
              "core",
              "cpu",
              "data",
              "fsize",
              "locks",
              "memlock",
              "msgqueue",
              "nice",
              "nofile",
              "nproc",
              "rss",
              "rtprio",
              "rttime",
              "sigpending",
              "stack"
            ],
            "description": "Which limit."
          },
          "softLimit": {
            "type": "integer",
            "description": "Soft limit."
          },
          "hardLimit": {
            "type": "integer",
            "description": "Hard limit."
          }
        }
      },
      "HealthCheck": {
        "type": "object",
        "additionalProperties": false,
        "required": [
          "command"
        ],
        "description": "How ECS finds out that the container is healthy, in ECS's own shape.",
        "properties": {
          "command": {
            "type": "array",
            "minItems": 1,
            "items": {
              "type": "string"
            },
            "description": "Command, starting with CMD or CMD-SHELL."
          },
          "interval": {
            "type": "integer",
            "minimum": 5,
            "maximum": 300,
            "description": "Seconds between checks; 30 when absent."
          },
          "timeout": {
            "type": "integer",
            "minimum": 2,
            "maximum": 120,
            "description": "Seconds until a check counts as failed; 5 when absent."
          },
          "retries": {
            "type": "integer",
            "minimum": 1,
            "maximum": 10,
            "description": "Failures until the container is unhealthy; 3 when absent."
          },
          "startPeriod": {
            "type": "integer",
            "minimum": 0,
            "maximum": 300,
            "description": "Seconds at the start in which failures do not count."
          }
        }
      },
      "ResourceRequirement": {
        "type": "object",
        "additionalProperties": false,
        "required": [
          "type",
          "value"
        ],
        "description": "A GPU or an accelerator.",
        "properties": {
          "type": {
            "type": "string",
            "enum": [
              "GPU",
              "InferenceAccelerator"
            ],
            "description": "What is needed."
          },
          "value": {
            "type": "string",
            "minLength": 1,
            "description": "Number of GPUs, or name of the accelerator; text."
          }
        }
      },
      "KernelCapabilities": {
        "type": "object",
        "additionalProperties": false,
        "description": "Linux capabilities on top of or taken from Docker's default.",
        "properties": {
          "add": {
            "type": "array",
            "items": {
              "type": "string"
            },
            "description": "To add."
          },
          "drop": {
            "type": "array",
            "items": {
              "type": "string"
            },
            "description": "To take away."
          }
        }
      },
      "Device": {
        "type": "object",
        "additionalProperties": false,
        "required": [
          "hostPath"
        ],
        "description": "A device of the host.",
        "properties": {
          "hostPath": {
            "type": "string",
            "description": "Path on the host."
          },
          "containerPath": {
            "type": "string",
            "description": "Path in the container."
          },
          "permissions": {
            "type": "array",
            "items": {
              "type": "string",
              "enum": [
                "read",
                "write",
                "mknod"
              ]
            },
            "description": "What the container may do with it."
          }
        }
      },
      "Tmpfs": {
        "type": "object",
        "additionalProperties": false,
        "required": [
          "containerPath",
          "size"
        ],
        "description": "A file system in memory.",
        "properties": {
          "containerPath": {
            "type": "string",
            "description": "Path in the container."
          },
          "size": {
            "type": "integer",
            "minimum": 1,
            "description": "Size in MiB."
          },
          "mountOptions": {
            "type": "array",
            "items": {
              "type": "string"
            },
            "description": "Mount options."
          }
        }
      },
      "LinuxParameters": {
        "type": "object",
        "additionalProperties": false,
        "description": "Linux settings of the container, in ECS's own shape.",
        "properties": {
          "capabilities": {
            "$ref": "#/$defs/KernelCapabilities"
          },
          "devices": {
            "type": "array",
            "items": {
              "$ref": "#/$defs/Device"
            },
            "description": "Devices of the host."
          },
          "initProcessEnabled": {
            "type": "boolean",
            "description": "Run an init process that forwards signals and reaps children."
          },
          "maxSwap": {
            "type": "integer",
            "minimum": 0,
            "description": "Swap in MiB."
          },
          "sharedMemorySize": {
            "type": "integer",
            "minimum": 0,
            "description": "Size of /dev/shm in MiB."
          },
          "swappiness": {
            "type": "integer",
            "minimum": 0,
            "maximum": 100,
            "description": "How readily memory is swapped."
          },
          "tmpfs": {
            "type": "array",
            "items": {
              "$ref": "#/$defs/Tmpfs"
            },
            "description": "File systems in memory."
          }
        }
      },
      "PortMapping": {
        "type": "object",
        "additionalProperties": false,
        "description": "A port of the container.",
        "properties": {
          "containerPort": {
            "type": "integer",
            "minimum": 0,
            "maximum": 65535,
            "description": "Port in the container."
          },
          "hostPort": {
            "type": "integer",
            "minimum": 0,
            "maximum": 65535,
            "description": "Port on the host."
          },
          "protocol": {
            "type": "string",
            "enum": [
              "tcp",
              "udp"
            ],
            "description": "Protocol; tcp when absent."
          },
          "name": {
            "type": "string",
            "description": "Name of the mapping."
          },
          "appProtocol": {
            "type": "string",
            "enum": [
              "http",
              "http2",
              "grpc"
            ],
            "description": "Application protocol."
          },
          "containerPortRange": {
            "type": "string",
            "description": "Range of ports, first-last."
          }
        }
      },
      "ContainerDependency": {
        "type": "object",
        "additionalProperties": false,
        "required": [
          "containerName",
          "condition"
        ],
        "description": "Start after another container.",
        "properties": {
          "containerName": {
            "type": "string",
            "description": "The other container."
          },
          "condition": {
            "type": "string",
            "enum": [
              "START",
              "COMPLETE",
              "SUCCESS",
              "HEALTHY"
            ],
            "description": "What it must have reached."
          }
        }
      },
      "ContainerRestartPolicy": {
        "type": "object",
        "additionalProperties": false,
        "required": [
          "enabled"
        ],
        "description": "Restart of the container inside its task.",
        "properties": {
          "enabled": {
            "type": "boolean",
            "description": "Restart it."
          },
          "ignoredExitCodes": {
            "type": "array",
            "maxItems": 50,
            "items": {
              "type": "integer"
            },
            "description": "Exit codes that end it for good."
          },
          "restartAttemptPeriod": {
            "type": "integer",
            "minimum": 60,
            "maximum": 1800,
            "description": "Seconds that it must have run to be restarted."
          }
        }
      },
      "EnvironmentFile": {
        "type": "object",
        "additionalProperties": false,
        "required": [
          "value",
          "type"
        ],
        "description": "A file of environment variables in S3.",
        "properties": {
          "value": {
            "type": "string",
            "description": "ARN of the object."
          },
          "type": {
            "type": "string",
            "enum": [
              "s3"
            ],
            "description": "Where the file is."
          }
        }
      },
      "HostEntry": {
        "type": "object",
        "additionalProperties": false,
        "required": [
          "hostname",
          "ipAddress"
        ],
        "description": "A line of /etc/hosts.",
        "properties": {
          "hostname": {
            "type": "string",
            "description": "Host name."
          },
          "ipAddress": {
            "type": "string",
            "description": "Address."
          }
        }
      },
      "LogConfiguration": {
        "type": "object",
        "additionalProperties": false,
        "required": [
          "logDriver"
        ],
        "description": "Where the output of the container goes.",
        "properties": {
          "logDriver": {
            "type": "string",
            "enum": [
              "awslogs",
              "awsfirelens",
              "fluentd",
              "gelf",
              "journald",
              "json-file",
              "splunk",
              "syslog"
            ],
            "description": "Log driver."
          },
          "options": {
            "$ref": "common.schema.json#/$defs/StringMap",
            "description": "Options of the driver."
          },
          "secretOptions": {
            "type": "array",
            "items": {
              "$ref": "#/$defs/Secret"
            },
            "description": "Options from secrets."
          }
        }
      },
      "RepositoryCredentials": {
        "type": "object",
        "additionalProperties": false,
        "required": [
          "credentialsParameter"
        ],
        "description": "Login of a private registry.",
        "properties": {
          "credentialsParameter": {
            "type": "string",
            "description": "ARN of the secret with the credentials."
          }
        }
      },
      "FirelensConfiguration": {
        "type": "object",
        "additionalProperties": false,
        "required": [
          "type"
        ],
        "description": "Makes the container a log router.",
        "properties": {
          "type": {
            "type": "string",
            "enum": [
              "fluentd",
              "fluentbit"
            ],
            "description": "Log router."
          },
          "options": {
            "$ref": "common.schema.json#/$defs/StringMap",
            "description": "Options of the router."
          }
        }
      },
      "SystemControl": {
        "type": "object",
        "additionalProperties": false,
        "description": "A kernel parameter.",
        "properties": {
          "namespace": {
            "type": "string",
            "description": "Parameter."
          },
          "value": {
            "type": "string",
            "description": "Value; text."
          }
        }
      },
      "ContainerDefinition": {
        "type": "object",
        "additionalProperties": false,
        "description": "A container, in ECS's own shape. What ECS has and this list lacks goes in by taskDefinitionCustomizations.",
        "properties": {
          "name": {
            "type": "string",
            "minLength": 1,
            "maxLength": 255,
            "description": "Name of the container."
          },
          "image": {
            "type": "string",
            "minLength": 1,
            "description": "Container image."
          },
          "repositoryCredentials": {
            "$ref": "#/$defs/RepositoryCredentials"
          },
          "cpu": {
            "type": "integer",
            "minimum": 0,
            "description": "CPU units of this container."
          },
          "memory": {
            "type": "integer",
            "minimum": 0,
            "description": "Hard memory limit in MiB."
          },
          "memoryReservation": {
            "type": "integer",
            "minimum": 0,
            "description": "Soft memory limit in MiB."
          },
          "links": {
            "type": "array",
            "items": {
              "type": "string"
            },
            "description": "Docker links (bridge network only)."
          },
          "portMappings": {
            "type": "array",
            "items": {
              "$ref": "#/$defs/PortMapping"
            },
            "description": "Ports."
          },
          "essential": {
            "type": "boolean",
            "description": "The task ends with this container; true when absent."
          },
          "restartPolicy": {
            "$ref": "#/$defs/ContainerRestartPolicy"
          },
          "entryPoint": {
            "type": "array",
            "items": {
              "type": "string"
            },
            "description": "Entry point."
          },
          "command": {
            "type": "array",
            "items": {
              "type": "string"
            },
            "description": "Command."
          },
          "environment": {
            "type": "array",
            "items": {
              "$ref": "#/$defs/KeyValuePair"
            },
            "description": "Environment."
          },
          "environmentFiles": {
            "type": "array",
            "maxItems": 10,
            "items": {
              "$ref": "#/$defs/EnvironmentFile"
            },
            "description": "Files of environment variables."
          },
          "mountPoints": {
            "type": "array",
            "items": {
              "$ref": "#/$defs/MountPoint"
            },
            "description": "Mounts."
          },
          "volumesFrom": {
            "type": "array",
            "items": {
              "$ref": "#/$defs/VolumeFrom"
            },
            "description": "Mounts of other containers."
          },
          "linuxParameters": {
            "$ref": "#/$defs/LinuxParameters"
          },
          "secrets": {
            "type": "array",
            "items": {
              "$ref": "#/$defs/Secret"
            },
            "description": "Secrets."
          },
          "dependsOn": {
            "type": "array",
            "items": {
              "$ref": "#/$defs/ContainerDependency"
            },
            "description": "Containers to wait for."
          },
          "startTimeout": {
            "type": "integer",
            "minimum": 2,
            "description": "Seconds until a dependency counts as failed."
          },
          "stopTimeout": {
            "type": "integer",
            "minimum": 0,
            "description": "Seconds between SIGTERM and SIGKILL."
          },
          "versionConsistency": {
            "type": "string",
            "enum": [
              "enabled",
              "disabled"
            ],
            "description": "Whether ECS resolves the image tag to a digest."
          },
          "hostname": {
            "type": "string",
            "description": "Host name."
          },
          "user": {
            "type": "string",
            "description": "User in the container."
          },
          "workingDirectory": {
            "type": "string",
            "description": "Working directory."
          },
          "disableNetworking": {
            "type": "boolean",
            "description": "No network."
          },
          "privileged": {
            "type": "boolean",
            "description": "Rights of the host's root."
          },
          "readonlyRootFilesystem": {
            "type": "boolean",
            "description": "Read-only root file system."
          },
          "dnsServers": {
            "type": "array",
            "items": {
              "type": "string"
            },
            "description": "DNS servers."
          },
          "dnsSearchDomains": {
            "type": "array",
            "items": {
              "type": "string"
            },
            "description": "DNS search domains."
          },
          "extraHosts": {
            "type": "array",
            "items": {
              "$ref": "#/$defs/HostEntry"
            },
            "description": "Lines of /etc/hosts."
          },
          "dockerSecurityOptions": {
            "type": "array",
            "items": {
              "type": "string"
            },
            "description": "Security options of Docker."
          },
          "interactive": {
            "type": "boolean",
            "description": "Keep stdin open."
          },
          "pseudoTerminal": {
            "type": "boolean",
            "description": "Allocate a terminal."
          },
          "dockerLabels": {
            "$ref": "common.schema.json#/$defs/StringMap",
            "description": "Docker labels."
          },
          "ulimits": {
            "type": "array",
            "items": {
              "$ref": "#/$defs/Ulimit"
            },
            "description": "Limits of processes."
          },
          "logConfiguration": {
            "$ref": "#/$defs/LogConfiguration"
          },
          "healthCheck": {
            "$ref": "#/$defs/HealthCheck"
          },
          "systemControls": {
            "type": "array",
            "items": {
              "$ref": "#/$defs/SystemControl"
            },
            "description": "Kernel parameters."
          },
          "resourceRequirements": {
            "type": "array",
            "items": {
              "$ref": "#/$defs/ResourceRequirement"
            },
            "description": "GPUs and accelerators."
          },
          "firelensConfiguration": {
            "$ref": "#/$defs/FirelensConfiguration"
          },
          "credentialSpecs": {
            "type": "array",
            "items": {
              "type": "string"
            },
            "description": "Credential specs (Windows, gMSA)."
          }
        }
      },
      "InferenceAccelerator": {
        "type": "object",
        "additionalProperties": false,
        "required": [
          "deviceName",
          "deviceType"
        ],
        "description": "An Elastic Inference accelerator.",
        "properties": {
          "deviceName": {
            "type": "string",
            "description": "Name."
          },
          "deviceType": {
            "type": "string",
            "description": "Type."
          }
        }
      },
      "ProxyConfiguration": {
        "type": "object",
        "additionalProperties": false,
        "required": [
          "containerName"
        ],
        "description": "App Mesh proxy.",
        "properties": {
          "type": {
            "type": "string",
            "enum": [
              "APPMESH"
            ],
            "description": "Type of the proxy."
          },
          "containerName": {
            "type": "string",
            "description": "Container that is the proxy."
          },
          "properties": {
            "type": "array",
            "items": {
              "$ref": "#/$defs/KeyValuePair"
            },
            "description": "Settings."
          }
        }
      },
      "EphemeralStorage": {
        "type": "object",
        "additionalProperties": false,
        "required": [
          "sizeInGiB"
        ],
        "description": "Disk of a Fargate task.",
        "properties": {
          "sizeInGiB": {
            "type": "integer",
            "minimum": 21,
            "maximum": 200,
            "description": "Size in GiB."
          }
        }
      },
      "TaskSize": {
        "description": "CPU units or MiB; ECS itself wants text, a number is accepted.",
        "anyOf": [
          {
            "type": "string",
            "minLength": 1
          },
          {
            "type": "integer",
            "minimum": 1
          }
        ]
      },
      "TaskDefinition": {
        "type": "object",
        "additionalProperties": false,
        "description": "A RegisterTaskDefinition body to start from; the other fields of the template are put on top of it. Exclusive with taskDefinitionArn.",
        "properties": {
          "family": {
            "type": "string",
            "minLength": 1,
            "maxLength": 255,
            "description": "Family."
          },
          "taskRoleArn": {
            "type": "string",
            "description": "Role of the program."
          },
          "executionRoleArn": {
            "type": "string",
            "description": "Role of ECS itself."
          },
          "networkMode": {
            "type": "string",
            "enum": [
              "bridge",
              "host",
              "awsvpc",
              "none"
            ],
            "description": "Docker network mode; Fargate needs awsvpc."
          },
          "containerDefinitions": {
            "type": "array",
            "maxItems": 10,
            "items": {
              "$ref": "#/$defs/ContainerDefinition"
            },
            "description": "Containers."
          },
          "volumes": {
            "type": "array",
            "items": {
              "$ref": "#/$defs/Volume"
            },
            "description": "Volumes."
          },
          "placementConstraints": {
            "type": "array",
            "maxItems": 10,
            "items": {
              "$ref": "#/$defs/PlacementConstraint"
            },
            "description": "Constraints of placement (memberOf only)."
          },
          "requiresCompatibilities": {
            "type": "array",
            "items": {
              "type": "string",
              "enum": [
                "EC2",
                "FARGATE",
                "EXTERNAL",
                "MANAGED_INSTANCES"
              ]
            },
            "description": "Launch types that the definition must fit."
          },
          "cpu": {
            "$ref": "#/$defs/TaskSize",
            "description": "CPU units of the task."
          },
          "memory": {
            "$ref": "#/$defs/TaskSize",
            "description": "Memory of the task in MiB."
          },
          "tags": {
            "type": "array",
            "maxItems": 50,
            "items": {
              "$ref": "#/$defs/Tag"
            },
            "description": "Tags of the definition."
          },
          "pidMode": {
            "type": "string",
            "enum": [
              "host",
              "task"
            ],
            "description": "Process namespace."
          },
          "ipcMode": {
            "type": "string",
            "enum": [
              "host",
              "task",
              "none"
            ],
            "description": "IPC namespace."
          },
          "proxyConfiguration": {
            "$ref": "#/$defs/ProxyConfiguration"
          },
          "inferenceAccelerators": {
            "type": "array",
            "items": {
              "$ref": "#/$defs/InferenceAccelerator"
            },
            "description": "Elastic Inference accelerators."
          },
          "ephemeralStorage": {
            "$ref": "#/$defs/EphemeralStorage"
          },
          "runtimePlatform": {
            "$ref": "#/$defs/RuntimePlatform"
          },
          "enableFaultInjection": {
            "type": "boolean",
            "description": "Accept fault injection requests."
          }
        }
      },
      "PlacementConstraint": {
        "type": "object",
        "additionalProperties": false,
        "description": "Which container instances may take the task.",
        "properties": {
          "type": {
            "type": "string",
            "enum": [
              "distinctInstance",
              "memberOf"
            ],
            "description": "distinctInstance: each task on another instance; memberOf: instances that match the expression."
          },
          "expression": {
            "type": "string",
            "maxLength": 2000,
            "description": "Cluster query expression."
          }
        }
      },
      "PlacementStrategy": {
        "type": "object",
        "additionalProperties": false,
        "description": "How tasks are spread.",
        "properties": {
          "type": {
            "type": "string",
            "enum": [
              "random",
              "spread",
              "binpack"
            ],
            "description": "Strategy."
          },
          "field": {
            "type": "string",
            "description": "What to spread over or pack by, for example attribute:ecs.availability-zone or memory."
          }
        }
      },
      "JsonPatchOperation": {
        "type": "object",
        "additionalProperties": false,
        "required": [
          "op",
          "path"
        ],
        "description": "One operation of an RFC 6902 patch.",
        "properties": {
          "op": {
            "type": "string",
            "enum": [
              "add",
              "remove",
              "replace",
              "move",
              "copy",
              "test"
            ],
            "description": "What to do."
          },
          "path": {
            "type": "string",
            "maxLength": 1024,
            "description": "JSON pointer, for example /overrides/cpu."
          },
          "from": {
            "type": "string",
            "maxLength": 1024,
            "description": "JSON pointer to move or copy from."
          },
          "value": {
            "description": "Value to add, to replace with or to test for; any JSON.",
            "x-kubernetes-preserve-unknown-fields": true,
            "tsType": "Json"
          }
        }
      },
      "RetryBackoff": {
        "type": "object",
        "additionalProperties": false,
        "description": "Pause before the next attempt.",
        "properties": {
          "initialSeconds": {
            "type": "number",
            "minimum": 0,
            "maximum": 86400,
            "default": 10,
            "description": "Pause after the first failure."
          },
          "factor": {
            "type": "number",
            "minimum": 1,
            "maximum": 100,
            "default": 2,
            "description": "Each pause is this many times the one before."
          },
          "maxSeconds": {
            "type": "number",
            "minimum": 0,
            "maximum": 86400,
            "default": 360,
            "description": "Longest pause."
          },
          "jitter": {
            "type": "number",
            "minimum": 0,
            "maximum": 1,
            "default": 0.2,
            "description": "Share of the pause that is random."
          }
        }
      },
      "OutcomeClassName": {
        "type": "string",
        "enum": [
          "Success",
          "ExitNonZero",
          "OutOfMemory",
          "SpotInterruption",
          "HostFailure",
          "ImagePull",
          "ImagePullTransient",
          "SecretsOrInit",
          "Network",
          "Capacity",
          "StartTimeout",
          "DeadlineExceeded",
          "HeartbeatLost",
          "UserStopped",
          "Cancelled",
          "ExitZeroUnreported",
          "ConfigurationError",
          "Unknown"
        ],
        "description": "Class of the end of an attempt."
      },
      "RetryCondition": {
        "type": "object",
        "additionalProperties": false,
        "description": "When a rule applies: every member that is given must match. An empty list or text matches anything.",
        "properties": {
          "exitCodes": {
            "type": "array",
            "maxItems": 256,
            "items": {
              "type": "integer"
            },
            "description": "Exit codes of the container."
          },
          "classes": {
            "type": "array",
            "maxItems": 32,
            "items": {
              "$ref": "#/$defs/OutcomeClassName"
            },
            "description": "Classes of the end."
          },
          "stopCodes": {
            "type": "array",
            "maxItems": 32,
            "items": {
              "type": "string"
            },
            "description": "Stop codes of ECS, for example TaskFailedToStart or EssentialContainerExited."
          },
          "reasonContains": {
            "type": "string",
            "maxLength": 1024,
            "description": "Text in the task's or the container's reason; upper and lower case count."
          }
        }
      },
      "RetryChange": {
        "type": "object",
        "additionalProperties": false,
        "description": "What the next attempt has different.",
        "properties": {
          "memoryFactor": {
            "type": "number",
            "minimum": 1,
            "maximum": 16,
            "description": "Memory times this, up to the next size that Fargate knows."
          },
          "launchType": {
            "$ref": "#/$defs/LaunchType"
          }
        }
      },
      "RetryRule": {
        "type": "object",
        "additionalProperties": false,
        "required": [
          "when",
          "action"
        ],
        "description": "What happens after an end of a certain sort.",
        "properties": {
          "when": {
            "$ref": "#/$defs/RetryCondition"
          },
          "action": {
            "type": "string",
            "enum": [
              "Retry",
              "RetryWithoutCounting",
              "Fail"
            ],
            "description": "Retry counts against the limit; RetryWithoutCounting does not; Fail ends the run."
          },
          "limit": {
            "type": "integer",
            "minimum": 0,
            "maximum": 1000,
            "description": "How often this rule may retry; the policy's limit when absent."
          },
          "change": {
            "$ref": "#/$defs/RetryChange"
          }
        }
      },
      "RetryPolicy": {
        "type": "object",
        "additionalProperties": false,
        "description": "What happens after an attempt that did not succeed. Without rules: Spot interruptions, lost hosts, missing capacity and throttles are retried without counting, failures to start that pass are retried three times, wrong configuration never.",
        "properties": {
          "limit": {
            "type": "integer",
            "minimum": 0,
            "maximum": 1000,
            "default": 0,
            "description": "Attempts after the first, for ends without a rule."
          },
          "backoff": {
            "$ref": "#/$defs/RetryBackoff"
          },
          "rules": {
            "type": "array",
            "maxItems": 50,
            "items": {
              "$ref": "#/$defs/RetryRule"
            },
            "description": "Rules; the first that matches counts."
          }
        }
      },
      "Heartbeat": {
        "type": "object",
        "additionalProperties": false,
        "required": [
          "frequencySeconds"
        ],
        "description": "Signs of life that the run owes. Off when absent. env.PREFECT_RUNNER_HEARTBEAT_FREQUENCY or PREFECT_FLOWS_HEARTBEAT_FREQUENCY switches it on as well.",
        "properties": {
          "frequencySeconds": {
            "type": "integer",
            "minimum": 30,
            "maximum": 86400,
            "description": "Seconds between beats."
          },
          "missed": {
            "type": "integer",
            "minimum": 1,
            "maximum": 100,
            "default": 3,
            "description": "Beats in a row that must be missed before the run counts as silent; a beat up to 15 seconds late is not missed."
          },
          "firstBeatSeconds": {
            "type": "integer",
            "minimum": 1,
            "maximum": 86400,
            "description": "Seconds from RUNNING to the first beat; when absent as long as silence may last later, and at least 300."
          },
          "source": {
            "type": "string",
            "enum": [
              "Http",
              "ContainerHealth",
              "Logs"
            ],
            "default": "Http",
            "description": "What counts as a beat: a request to Capstan, ECS's health check, or new log lines."
          },
          "onMissed": {
            "type": "string",
            "enum": [
              "Crash",
              "Notify"
            ],
            "default": "Crash",
            "description": "Crash: the task is stopped and the run is Crashed (HeartbeatLost). Notify: only the condition Unresponsive and an event."
          }
        }
      }
    }
  },
  "workpool": {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "$id": "workpool.schema.json",
    "title": "WorkPoolManifest",
    "description": "Where runs go: an AWS account and region, limits, queues, and the defaults that its runs inherit.",
    "type": "object",
    "additionalProperties": false,
    "required": [
      "apiVersion",
      "kind",
      "metadata"
    ],
    "properties": {
      "apiVersion": {
        "$ref": "common.schema.json#/$defs/ApiVersion"
      },
      "kind": {
        "type": "string",
        "enum": [
          "WorkPool"
        ],
        "description": "WorkPool."
      },
      "metadata": {
        "$ref": "common.schema.json#/$defs/MetadataInput"
      },
      "spec": {
        "$ref": "#/$defs/WorkPoolSpec"
      },
      "status": {
        "$ref": "common.schema.json#/$defs/Status"
      }
    },
    "$defs": {
      "WorkPoolSpec": {
        "type": "object",
        "additionalProperties": false,
        "description": "What the pool is to be.",
        "properties": {
          "suspend": {
            "type": "boolean",
            "default": false,
            "description": "Launch nothing new. What runs goes on."
          },
          "stopPolicy": {
            "type": "string",
            "enum": [
              "None",
              "Hold",
              "HoldAndDrain"
            ],
            "default": "None",
            "description": "None: as usual. Hold: launch nothing new. HoldAndDrain: launch nothing new and stop what runs."
          },
          "concurrencyLimit": {
            "type": "integer",
            "minimum": 0,
            "maximum": 1000000,
            "description": "Tasks of this pool at a time; no limit when absent. 0 launches nothing."
          },
          "quota": {
            "$ref": "#/$defs/Quota"
          },
          "queues": {
            "type": "array",
            "maxItems": 100,
            "items": {
              "$ref": "#/$defs/WorkQueue"
            },
            "description": "Queues inside the pool; a run names one in `queue`. A queue `default` (priority 1) exists when none is given."
          },
          "windows": {
            "type": "array",
            "maxItems": 50,
            "items": {
              "$ref": "#/$defs/LaunchWindow"
            },
            "description": "Times in which runs may or may not be launched. Inside a Deny window nothing is launched; where there are Allow windows, only inside one of them."
          },
          "aws": {
            "$ref": "#/$defs/AwsSettings"
          },
          "variables": {
            "$ref": "common.schema.json#/$defs/ValueSchema",
            "description": "JSON Schema of the pool's variables: properties with types and defaults, and the required names. Placeholders {{ name }} in templates take their values."
          },
          "template": {
            "$ref": "template.schema.json",
            "description": "Defaults of every run in this pool."
          },
          "taskDefinitions": {
            "$ref": "#/$defs/TaskDefinitionPolicy"
          },
          "apiLimits": {
            "$ref": "#/$defs/ApiLimits"
          }
        }
      },
      "Quota": {
        "type": "object",
        "additionalProperties": false,
        "description": "What the pool's tasks may take together.",
        "properties": {
          "tasks": {
            "type": "integer",
            "minimum": 0,
            "maximum": 1000000,
            "description": "Tasks."
          },
          "vcpu": {
            "type": "number",
            "minimum": 0,
            "maximum": 10000000,
            "description": "vCPU (1024 CPU units each)."
          },
          "memoryGiB": {
            "type": "number",
            "minimum": 0,
            "maximum": 100000000,
            "description": "Memory in GiB."
          }
        }
      },
      "WorkQueue": {
        "type": "object",
        "additionalProperties": false,
        "required": [
          "name"
        ],
        "description": "A queue of the pool.",
        "properties": {
          "name": {
            "$ref": "common.schema.json#/$defs/Slug",
            "description": "Name of the queue."
          },
          "priority": {
            "type": "integer",
            "minimum": 1,
            "maximum": 1000000,
            "default": 1,
            "description": "1 is served first; a queue waits while one before it has something to launch."
          },
          "concurrencyLimit": {
            "type": "integer",
            "minimum": 0,
            "maximum": 1000000,
            "description": "Tasks of this queue at a time; no limit when absent."
          }
        }
      },
      "LaunchWindow": {
        "type": "object",
        "additionalProperties": false,
        "required": [
          "effect",
          "cron",
          "durationSeconds"
        ],
        "description": "A time that comes again and again.",
        "properties": {
          "effect": {
            "type": "string",
            "enum": [
              "Allow",
              "Deny"
            ],
            "description": "Whether runs may be launched in this time."
          },
          "cron": {
            "type": "string",
            "minLength": 1,
            "maxLength": 256,
            "description": "When the window opens: five cron fields."
          },
          "durationSeconds": {
            "type": "integer",
            "minimum": 60,
            "maximum": 604800,
            "description": "How long it stays open."
          },
          "timezone": {
            "type": "string",
            "minLength": 1,
            "maxLength": 64,
            "default": "UTC",
            "description": "IANA time zone of the cron fields, for example Europe/Berlin."
          }
        }
      },
      "AssumeRole": {
        "type": "object",
        "additionalProperties": false,
        "required": [
          "roleArn"
        ],
        "description": "A role to take on.",
        "properties": {
          "roleArn": {
            "type": "string",
            "minLength": 1,
            "maxLength": 2048,
            "description": "ARN of the role."
          },
          "externalId": {
            "type": "string",
            "minLength": 2,
            "maxLength": 1224,
            "description": "External id that the role asks for."
          },
          "sessionName": {
            "type": "string",
            "minLength": 2,
            "maxLength": 64,
            "description": "Name of the session; capstan when absent."
          },
          "durationSeconds": {
            "type": "integer",
            "minimum": 900,
            "maximum": 43200,
            "description": "Life of the credentials; they are renewed in time."
          }
        }
      },
      "AwsSettings": {
        "type": "object",
        "additionalProperties": false,
        "description": "Account, region and endpoint; the AWS SDK's default chain for what is absent.",
        "properties": {
          "region": {
            "type": "string",
            "minLength": 1,
            "maxLength": 64,
            "description": "AWS region."
          },
          "endpoint": {
            "type": "string",
            "format": "uri",
            "maxLength": 2048,
            "description": "Endpoint of all services, for compatible servers."
          },
          "profile": {
            "type": "string",
            "minLength": 1,
            "maxLength": 256,
            "description": "Profile of the shared AWS configuration."
          },
          "assumeRole": {
            "$ref": "#/$defs/AssumeRole"
          }
        }
      },
      "TaskDefinitionPolicy": {
        "type": "object",
        "additionalProperties": false,
        "description": "What happens to revisions that nobody uses.",
        "properties": {
          "keepRevisions": {
            "type": "integer",
            "minimum": 0,
            "maximum": 10000,
            "default": 3,
            "description": "Newest revisions of a family that stay registered."
          },
          "deleteInactive": {
            "type": "boolean",
            "default": false,
            "description": "Delete what was deregistered."
          }
        }
      },
      "ApiLimit": {
        "type": "object",
        "additionalProperties": false,
        "description": "A token bucket.",
        "properties": {
          "burst": {
            "type": "integer",
            "minimum": 1,
            "maximum": 100000,
            "description": "Calls at once."
          },
          "perSecond": {
            "type": "number",
            "minimum": 0.01,
            "maximum": 100000,
            "description": "Calls a second in the long run."
          }
        }
      },
      "ApiLimits": {
        "type": "object",
        "additionalProperties": false,
        "description": "Rates of AWS calls where the account has other limits than AWS publishes. Capstan's own are 90 % of the published ones.",
        "properties": {
          "clusterModify": {
            "$ref": "#/$defs/ApiLimit",
            "description": "RunTask and StopTask; AWS: burst 100, 40 a second."
          },
          "clusterRead": {
            "$ref": "#/$defs/ApiLimit",
            "description": "DescribeTasks and ListTasks; AWS: burst 100, 20 a second."
          },
          "taskDefinitionModify": {
            "$ref": "#/$defs/ApiLimit",
            "description": "RegisterTaskDefinition and DeregisterTaskDefinition; AWS: burst 20, 1 a second."
          },
          "taskDefinitionDelete": {
            "$ref": "#/$defs/ApiLimit",
            "description": "DeleteTaskDefinitions; AWS: burst 5, 1 a second."
          },
          "taskDefinitionRead": {
            "$ref": "#/$defs/ApiLimit",
            "description": "DescribeTaskDefinition and ListTaskDefinitions; AWS: burst 50, 20 a second."
          },
          "fargateLaunch": {
            "$ref": "#/$defs/ApiLimit",
            "description": "RunTask on Fargate; AWS: burst 20, 20 a second."
          },
          "ec2Read": {
            "$ref": "#/$defs/ApiLimit",
            "description": "DescribeVpcs and DescribeSubnets; AWS: burst 100, 20 a second."
          },
          "logsRead": {
            "$ref": "#/$defs/ApiLimit",
            "description": "GetLogEvents and FilterLogEvents."
          }
        }
      }
    }
  },
  "deployment": {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "$id": "deployment.schema.json",
    "title": "DeploymentManifest",
    "description": "A run that can be started again and again: by schedules, by events, by hand.",
    "type": "object",
    "additionalProperties": false,
    "required": [
      "apiVersion",
      "kind",
      "metadata"
    ],
    "properties": {
      "apiVersion": {
        "$ref": "common.schema.json#/$defs/ApiVersion"
      },
      "kind": {
        "type": "string",
        "enum": [
          "Deployment"
        ],
        "description": "Deployment."
      },
      "metadata": {
        "$ref": "common.schema.json#/$defs/MetadataInput"
      },
      "spec": {
        "$ref": "#/$defs/DeploymentSpec"
      },
      "status": {
        "$ref": "common.schema.json#/$defs/Status"
      }
    },
    "$defs": {
      "DeploymentSpec": {
        "type": "object",
        "additionalProperties": false,
        "description": "What the deployment is to be.",
        "properties": {
          "workPool": {
            "$ref": "common.schema.json#/$defs/ObjectName",
            "default": "default",
            "description": "WorkPool of its runs."
          },
          "queue": {
            "$ref": "common.schema.json#/$defs/Slug",
            "description": "Queue of the pool."
          },
          "suspend": {
            "type": "boolean",
            "default": false,
            "description": "Start nothing by schedule or trigger."
          },
          "description": {
            "type": "string",
            "maxLength": 65536,
            "description": "For people."
          },
          "entrypoint": {
            "type": "string",
            "maxLength": 4096,
            "description": "The program, for people and for placeholders: path.py:function or module form."
          },
          "schedules": {
            "type": "array",
            "maxItems": 100,
            "items": {
              "$ref": "#/$defs/Schedule"
            },
            "description": "When runs start; an empty list means never."
          },
          "concurrency": {
            "$ref": "#/$defs/Concurrency"
          },
          "parameters": {
            "$ref": "common.schema.json#/$defs/ParameterValues",
            "description": "Values of {{ parameters.x }}; a run's own beat them, key by key."
          },
          "parameterSchema": {
            "$ref": "common.schema.json#/$defs/ValueSchema",
            "description": "JSON Schema of the parameters; enforced unless enforceParameterSchema is false."
          },
          "enforceParameterSchema": {
            "type": "boolean",
            "default": true,
            "description": "Refuse runs whose parameters break parameterSchema."
          },
          "variables": {
            "$ref": "common.schema.json#/$defs/ParameterValues",
            "description": "Values of the pool's variables."
          },
          "template": {
            "$ref": "template.schema.json",
            "description": "How its tasks are run, over the pool's template."
          },
          "triggers": {
            "type": "array",
            "maxItems": 50,
            "items": {
              "$ref": "#/$defs/DeploymentTrigger"
            },
            "description": "Events that start it."
          },
          "pauseAfterFailures": {
            "type": "integer",
            "minimum": 1,
            "maximum": 1000,
            "description": "Stop scheduling after this many failed runs in a row; never when absent."
          },
          "successfulRunsHistoryLimit": {
            "type": "integer",
            "minimum": 0,
            "maximum": 10000,
            "default": 3,
            "description": "Completed runs that stay as objects, of those that it made itself: by schedule, trigger, backfill or capstan run."
          },
          "failedRunsHistoryLimit": {
            "type": "integer",
            "minimum": 0,
            "maximum": 10000,
            "default": 3,
            "description": "Failed runs that stay as objects, of those that it made itself."
          }
        }
      },
      "Schedule": {
        "type": "object",
        "additionalProperties": false,
        "description": "When runs start: exactly one of cron, interval and rrule.",
        "properties": {
          "cron": {
            "type": "string",
            "minLength": 1,
            "maxLength": 256,
            "description": "Five cron fields (minute, hour, day of month, month, day of week). H stands for a value that is the deployment's own: H, H/15, H(0-7)."
          },
          "interval": {
            "description": "Seconds between runs; or text: HH:MM:SS, or an ISO 8601 duration such as PT15M.",
            "anyOf": [
              {
                "type": "number",
                "minimum": 1,
                "maximum": 315360000
              },
              {
                "type": "string",
                "minLength": 1,
                "maxLength": 64
              }
            ]
          },
          "rrule": {
            "type": "string",
            "minLength": 1,
            "maxLength": 6500,
            "description": "iCalendar recurrence rule (RFC 5545)."
          },
          "timezone": {
            "type": "string",
            "minLength": 1,
            "maxLength": 64,
            "default": "UTC",
            "description": "IANA time zone, for example Europe/Berlin."
          },
          "anchorDate": {
            "type": "string",
            "format": "date-time",
            "description": "Where an interval starts to count (RFC 3339)."
          },
          "active": {
            "type": "boolean",
            "default": true,
            "description": "Whether the schedule counts."
          },
          "parameters": {
            "$ref": "common.schema.json#/$defs/ParameterValues",
            "description": "Parameters of its runs, over the deployment's."
          },
          "variables": {
            "$ref": "common.schema.json#/$defs/ParameterValues",
            "description": "Variables of its runs, over the deployment's."
          },
          "startingDeadlineSeconds": {
            "type": "integer",
            "minimum": 0,
            "maximum": 31536000,
            "description": "How late a run may start; later it counts as missed. No limit when absent."
          },
          "catchUp": {
            "type": "string",
            "enum": [
              "None",
              "Latest",
              "All"
            ],
            "default": "Latest",
            "description": "What happens to times that were missed while the controller was down."
          },
          "maxCatchUp": {
            "type": "integer",
            "minimum": 1,
            "maximum": 1000,
            "default": 10,
            "description": "Most runs that catchUp All starts at once, the newest ones."
          },
          "jitterSeconds": {
            "type": "integer",
            "minimum": 0,
            "maximum": 86400,
            "default": 0,
            "description": "Spread the starts over this many seconds; a deployment's share is always the same."
          },
          "slug": {
            "$ref": "common.schema.json#/$defs/Slug",
            "description": "Name of the schedule, unique in the deployment."
          }
        }
      },
      "Concurrency": {
        "type": "object",
        "additionalProperties": false,
        "required": [
          "limit"
        ],
        "description": "How many runs may be active at a time.",
        "properties": {
          "limit": {
            "type": "integer",
            "minimum": 1,
            "maximum": 1000000,
            "description": "Active runs."
          },
          "policy": {
            "type": "string",
            "enum": [
              "Enqueue",
              "CancelNew",
              "Replace"
            ],
            "default": "Enqueue",
            "description": "What happens to a run over the limit: it waits, it is cancelled, or it takes the place of the oldest one."
          },
          "key": {
            "type": "string",
            "minLength": 1,
            "maxLength": 253,
            "description": "Deployments of a namespace with the same key share the limit; the deployment's own name when absent."
          }
        }
      },
      "DeploymentTrigger": {
        "type": "object",
        "additionalProperties": false,
        "required": [
          "trigger"
        ],
        "description": "An automation that starts this deployment.",
        "properties": {
          "name": {
            "$ref": "common.schema.json#/$defs/Slug",
            "description": "Name of the trigger, unique in the deployment."
          },
          "enabled": {
            "type": "boolean",
            "default": true,
            "description": "Whether it counts."
          },
          "trigger": {
            "$ref": "automation.schema.json#/$defs/Trigger"
          },
          "parameters": {
            "$ref": "common.schema.json#/$defs/ParameterValues",
            "description": "Parameters of its runs, over the deployment's."
          },
          "variables": {
            "$ref": "common.schema.json#/$defs/ParameterValues",
            "description": "Variables of its runs, over the deployment's."
          },
          "scheduleAfterSeconds": {
            "type": "integer",
            "minimum": 0,
            "maximum": 31536000,
            "default": 0,
            "description": "Start this many seconds after the event."
          }
        }
      }
    }
  },
  "run": {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "$id": "run.schema.json",
    "title": "RunManifest",
    "description": "One execution: an ECS task, started once, watched to its end, retried by policy.",
    "type": "object",
    "additionalProperties": false,
    "required": [
      "apiVersion",
      "kind",
      "metadata"
    ],
    "properties": {
      "apiVersion": {
        "$ref": "common.schema.json#/$defs/ApiVersion"
      },
      "kind": {
        "type": "string",
        "enum": [
          "Run"
        ],
        "description": "Run."
      },
      "metadata": {
        "$ref": "common.schema.json#/$defs/MetadataInput"
      },
      "spec": {
        "$ref": "#/$defs/RunSpec"
      },
      "status": {
        "$ref": "common.schema.json#/$defs/Status"
      }
    },
    "$defs": {
      "RunSpec": {
        "type": "object",
        "additionalProperties": false,
        "description": "What is to be run. Immutable once a task was launched, but for suspend and cancel.",
        "properties": {
          "deployment": {
            "$ref": "common.schema.json#/$defs/ObjectName",
            "description": "Deployment whose pool, queue, parameters and template the run takes; exclusive with workPool."
          },
          "workPool": {
            "$ref": "common.schema.json#/$defs/ObjectName",
            "description": "WorkPool of the run, without a deployment; `default` when both are absent."
          },
          "queue": {
            "$ref": "common.schema.json#/$defs/Slug",
            "description": "Queue of the pool."
          },
          "priority": {
            "type": "integer",
            "minimum": -1000000,
            "maximum": 1000000,
            "default": 0,
            "description": "Among runs of a queue, the higher one is launched first."
          },
          "parameters": {
            "$ref": "common.schema.json#/$defs/ParameterValues",
            "description": "Values of {{ parameters.x }}."
          },
          "variables": {
            "$ref": "common.schema.json#/$defs/ParameterValues",
            "description": "Values of the pool's variables."
          },
          "template": {
            "$ref": "template.schema.json",
            "description": "How the task is run, over the templates of pool and deployment."
          },
          "suspend": {
            "type": "boolean",
            "default": false,
            "description": "Do not launch; a task that runs is stopped and can be resumed as a new attempt."
          },
          "cancel": {
            "type": "boolean",
            "default": false,
            "description": "Stop the task and end as Cancelled."
          },
          "scheduledTime": {
            "type": "string",
            "format": "date-time",
            "description": "Not before this time (RFC 3339)."
          },
          "array": {
            "type": "integer",
            "minimum": 1,
            "maximum": 10000,
            "description": "Number of tasks; each finds its index, from 0, in the environment variable CAPSTAN_ARRAY_INDEX."
          },
          "dependsOn": {
            "type": "array",
            "maxItems": 100,
            "items": {
              "$ref": "#/$defs/RunDependency"
            },
            "description": "What must have happened before; all of it."
          }
        }
      },
      "RunDependency": {
        "type": "object",
        "additionalProperties": false,
        "required": [
          "name"
        ],
        "description": "Another object of the namespace that is waited for.",
        "properties": {
          "kind": {
            "type": "string",
            "enum": [
              "Run",
              "Deployment"
            ],
            "default": "Run",
            "description": "Run: that run. Deployment: the newest run of that deployment."
          },
          "name": {
            "$ref": "common.schema.json#/$defs/ObjectName",
            "description": "Name of the object."
          },
          "condition": {
            "type": "string",
            "enum": [
              "Completed",
              "Failed",
              "Finished"
            ],
            "default": "Completed",
            "description": "How it must have ended. Where it ends otherwise, this run is cancelled."
          }
        }
      }
    }
  },
  "automation": {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "$id": "automation.schema.json",
    "title": "AutomationManifest",
    "description": "What is done when events come, or fail to come.",
    "type": "object",
    "additionalProperties": false,
    "required": [
      "apiVersion",
      "kind",
      "metadata",
      "spec"
    ],
    "properties": {
      "apiVersion": {
        "$ref": "common.schema.json#/$defs/ApiVersion"
      },
      "kind": {
        "type": "string",
        "enum": [
          "Automation"
        ],
        "description": "Automation."
      },
      "metadata": {
        "$ref": "common.schema.json#/$defs/MetadataInput"
      },
      "spec": {
        "$ref": "#/$defs/AutomationSpec"
      },
      "status": {
        "$ref": "common.schema.json#/$defs/Status"
      }
    },
    "$defs": {
      "AutomationSpec": {
        "type": "object",
        "additionalProperties": false,
        "required": [
          "trigger"
        ],
        "description": "What the automation is to be. Keys in snake_case are accepted too.",
        "properties": {
          "name": {
            "type": "string",
            "maxLength": 1024,
            "description": "Name for people; metadata.name when absent."
          },
          "description": {
            "type": "string",
            "maxLength": 65536,
            "description": "For people."
          },
          "tags": {
            "type": "array",
            "maxItems": 100,
            "items": {
              "type": "string",
              "maxLength": 256
            },
            "description": "For people."
          },
          "enabled": {
            "type": "boolean",
            "default": true,
            "description": "Whether it counts."
          },
          "trigger": {
            "$ref": "#/$defs/Trigger"
          },
          "actions": {
            "type": "array",
            "maxItems": 50,
            "items": {
              "$ref": "#/$defs/Action"
            },
            "description": "What is done when the trigger fires."
          },
          "actionsOnTrigger": {
            "type": "array",
            "maxItems": 50,
            "items": {
              "$ref": "#/$defs/Action"
            },
            "description": "What is done when the trigger fires."
          },
          "actionsOnResolve": {
            "type": "array",
            "maxItems": 50,
            "items": {
              "$ref": "#/$defs/Action"
            },
            "description": "What is done when a trigger that fired is satisfied again."
          }
        }
      },
      "LabelFilter": {
        "type": "object",
        "description": "Label to value, or to a list of values of which one must match. A trailing * matches any rest, a leading ! negates.",
        "additionalProperties": {
          "anyOf": [
            {
              "type": "string",
              "maxLength": 2048
            },
            {
              "type": "array",
              "maxItems": 100,
              "items": {
                "type": "string",
                "maxLength": 2048
              }
            }
          ]
        }
      },
      "Trigger": {
        "type": "object",
        "additionalProperties": false,
        "required": [
          "type"
        ],
        "description": "What fires. event: events of one sort; compound: several triggers in any order; sequence: several in order.",
        "properties": {
          "type": {
            "type": "string",
            "enum": [
              "event",
              "compound",
              "sequence"
            ],
            "description": "Sort of the trigger."
          },
          "posture": {
            "type": "string",
            "enum": [
              "Reactive",
              "Proactive"
            ],
            "default": "Reactive",
            "description": "event: Reactive fires when the expected events come, Proactive when they do not come in time."
          },
          "match": {
            "$ref": "#/$defs/LabelFilter",
            "description": "event: labels of the resource that the event is about."
          },
          "matchRelated": {
            "description": "event: labels of related resources; a filter, or a list of filters that all must be met.",
            "anyOf": [
              {
                "$ref": "#/$defs/LabelFilter"
              },
              {
                "type": "array",
                "maxItems": 20,
                "items": {
                  "$ref": "#/$defs/LabelFilter"
                }
              }
            ]
          },
          "after": {
            "type": "array",
            "maxItems": 100,
            "items": {
              "type": "string",
              "minLength": 1,
              "maxLength": 1024
            },
            "description": "event: names of events that start the window; a trailing * matches any rest."
          },
          "expect": {
            "type": "array",
            "maxItems": 100,
            "items": {
              "type": "string",
              "minLength": 1,
              "maxLength": 1024
            },
            "description": "event: names of the events that are waited for; any event when absent."
          },
          "forEach": {
            "type": "array",
            "maxItems": 10,
            "items": {
              "type": "string",
              "minLength": 1,
              "maxLength": 1024
            },
            "description": "event: judge apart by these labels: a label of the resource, or related:<role>:<label>."
          },
          "threshold": {
            "type": "integer",
            "minimum": 1,
            "maximum": 1000000,
            "default": 1,
            "description": "event: number of expected events."
          },
          "within": {
            "type": "number",
            "minimum": 0,
            "maximum": 31536000,
            "description": "Window in seconds; at least 10 for a Proactive trigger (10 when absent), 0 for none."
          },
          "triggers": {
            "type": "array",
            "minItems": 1,
            "maxItems": 20,
            "items": {
              "$ref": "#/$defs/Trigger"
            },
            "description": "compound and sequence: the parts."
          },
          "require": {
            "description": "compound: how many of the parts must fire: any, all, or a number.",
            "anyOf": [
              {
                "type": "string",
                "enum": [
                  "any",
                  "all"
                ]
              },
              {
                "type": "integer",
                "minimum": 1,
                "maximum": 20
              }
            ]
          }
        }
      },
      "ActionType": {
        "type": "string",
        "enum": [
          "do-nothing",
          "change-run-state",
          "cancel-run",
          "suspend-run",
          "resume-run",
          "rerun",
          "run-deployment",
          "suspend-deployment",
          "resume-deployment",
          "suspend-work-pool",
          "resume-work-pool",
          "suspend-automation",
          "resume-automation",
          "call-webhook",
          "send-notification"
        ],
        "description": "What is done. Prefect's names (change-flow-run-state, cancel-flow-run, pause-deployment, ...) are accepted too."
      },
      "Action": {
        "type": "object",
        "additionalProperties": false,
        "required": [
          "type"
        ],
        "description": "One action.",
        "properties": {
          "type": {
            "$ref": "#/$defs/ActionType"
          },
          "state": {
            "type": "string",
            "enum": [
              "SCHEDULED",
              "PENDING",
              "RUNNING",
              "PAUSED",
              "CANCELLING",
              "CANCELLED",
              "COMPLETED",
              "FAILED",
              "CRASHED"
            ],
            "description": "change-run-state: type of the new state."
          },
          "name": {
            "type": "string",
            "maxLength": 256,
            "description": "change-run-state: name of the new state."
          },
          "message": {
            "type": "string",
            "maxLength": 65536,
            "description": "change-run-state: message of the new state."
          },
          "force": {
            "type": "boolean",
            "default": false,
            "description": "change-run-state: also leave a final state."
          },
          "run": {
            "$ref": "common.schema.json#/$defs/ObjectName",
            "description": "Actions on runs: the run; that of the event when absent."
          },
          "source": {
            "type": "string",
            "enum": [
              "selected",
              "inferred"
            ],
            "description": "selected: the object that the action names; inferred: that of the event."
          },
          "deployment": {
            "$ref": "common.schema.json#/$defs/ObjectName",
            "description": "Actions on deployments: the deployment; that of the event when absent."
          },
          "workPool": {
            "$ref": "common.schema.json#/$defs/ObjectName",
            "description": "Actions on work pools: the pool; that of the event when absent."
          },
          "automation": {
            "$ref": "common.schema.json#/$defs/ObjectName",
            "description": "Actions on automations: the automation; this one when absent."
          },
          "parameters": {
            "$ref": "common.schema.json#/$defs/ParameterValues",
            "description": "run-deployment: parameters of the run, over the deployment's."
          },
          "variables": {
            "$ref": "common.schema.json#/$defs/ParameterValues",
            "description": "run-deployment: variables of the run, over the deployment's."
          },
          "scheduleAfterSeconds": {
            "type": "number",
            "minimum": 0,
            "maximum": 31536000,
            "description": "run-deployment: start this many seconds after the event."
          },
          "url": {
            "type": "string",
            "format": "uri",
            "maxLength": 2048,
            "description": "call-webhook, send-notification: address; only hosts that the controller allows."
          },
          "urlSecret": {
            "$ref": "common.schema.json#/$defs/Slug",
            "description": "call-webhook, send-notification: secret of the controller that holds the address, in place of url."
          },
          "signingSecret": {
            "$ref": "common.schema.json#/$defs/Slug",
            "description": "call-webhook, send-notification: secret of the controller that signs the body (HMAC-SHA256, header Capstan-Signature)."
          },
          "method": {
            "type": "string",
            "enum": [
              "GET",
              "POST",
              "PUT",
              "PATCH",
              "DELETE"
            ],
            "default": "POST",
            "description": "call-webhook: HTTP method."
          },
          "headers": {
            "$ref": "common.schema.json#/$defs/StringMap",
            "description": "call-webhook: HTTP headers. Values may hold placeholders, {{ secrets.NAME }} too."
          },
          "payload": {
            "description": "call-webhook: body; text, or an object that is sent as JSON. May hold placeholders. What happened, as JSON, when absent.",
            "anyOf": [
              {
                "type": "string",
                "maxLength": 65536
              },
              {
                "$ref": "common.schema.json#/$defs/ParameterValues"
              }
            ]
          },
          "format": {
            "type": "string",
            "enum": [
              "Slack",
              "MicrosoftTeams",
              "Discord",
              "Generic"
            ],
            "default": "Generic",
            "description": "send-notification: shape of the message."
          },
          "subject": {
            "type": "string",
            "maxLength": 1024,
            "description": "send-notification: first line. May hold placeholders."
          },
          "body": {
            "type": "string",
            "maxLength": 65536,
            "description": "send-notification: text. May hold placeholders."
          }
        }
      }
    }
  }
}
