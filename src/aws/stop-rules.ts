import type { OutcomeClass } from '../kinds/run.ts'
import type { ContainerSnapshot } from './ports.ts'
import type { StoppedByUs } from './stop-text.ts'

/** What the rules look at. Texts are empty when ECS gave none. */
export interface StopFacts {
  readonly containerName: string
  readonly stopCode: string | undefined
  readonly by: StoppedByUs | undefined
  readonly exitCode: number | undefined
  readonly stoppedReason: string
  readonly containerReason: string
  /** The task's reason and those of all containers, one a line. */
  readonly reasons: string
  /** Another container that ended with a non-zero code. */
  readonly failedSidecar: ContainerSnapshot | undefined
}

export interface StopRule {
  readonly when: (facts: StopFacts) => boolean
  readonly class: OutcomeClass
  readonly message: (facts: StopFacts) => string
  readonly because: string
}

/** Stop codes that this table knows; ECS adds new ones. */
const KNOWN_CODES = [
  'TaskFailedToStart',
  'EssentialContainerExited',
  'UserInitiated',
  'ServiceSchedulerInitiated',
  'SpotInterruption',
  'TerminationNotice',
  'InfrastructureHealth',
]
const OUT_OF_MEMORY = /OutOfMemory/
const CANNOT_PULL = /CannotPull/
const TRANSIENT_PULL =
  /i\/o timeout|\bEOF\b|invalid argument|TLS handshake timeout|context deadline exceeded|connection reset|Client\.Timeout|toomanyrequests|request canceled|Service Unavailable|Bad Gateway|Gateway Time-?out|Internal Server Error/i
const NO_ROOM =
  /RESOURCE:|\bAGENT\b|NO ACTIVE INSTANCES|EMPTY CAPACITY PROVIDER|capacity is unavailable|reached the limit on the number of/i
const NO_PLACE = /\bATTRIBUTE\b|\bLOCATION\b|MemberOf|placement constraint/
const INTERFACE_FAULT =
  /waiting for network interface provisioning|unexpected EC2 error while attempting to|network interface.{0,40}(timeout|timed out)/i
const STORAGE_FAULT = /waiting for EphemeralStorage provisioning/i
const NOT_THERE_OR_DENIED =
  /ResourceNotFound|AccessDenied|not authorized|can't find|does not exist/i
const INITIALIZATION = /ResourceInitializationError/
const NETWORK_WORDS =
  /timeout|timed out|deadline exceeded|connection|dial tcp|no such host|unable to reach|EOF|request canceled|RequestError|RequestCanceled/i
const RUNTIME_ERROR =
  /CannotStartContainerError|ContainerRuntimeError|ContainerRuntimeTimeoutError|InternalError|CannotStop|CannotInspect|CannotCreateVolumeError|CannotCreateContainerError|DockerTimeoutError/
const PASSING_RUNTIME = /timeout|timed out|InternalError/i

/** ECS ended the task because of StopTask, or did not say why it ended. */
function wasStopped(facts: StopFacts): boolean {
  return facts.stopCode === 'UserInitiated' || facts.stopCode === undefined
}

/** The container of the run gave no exit code. */
function neverRan(facts: StopFacts): boolean {
  return facts.exitCode === undefined
}

/** The container of the run was killed for memory, or went down with one that was. */
function ranOutOfMemory(facts: StopFacts): boolean {
  if (facts.exitCode === 0) return false
  if (OUT_OF_MEMORY.test(facts.containerReason)) return true
  const wasKilled = neverRan(facts) || facts.exitCode === 137 || facts.exitCode === 143
  return wasKilled && OUT_OF_MEMORY.test(facts.reasons)
}

function said(facts: StopFacts): string {
  return facts.stoppedReason || facts.containerReason || facts.stopCode || 'no reason was given'
}

function started(facts: StopFacts): string {
  const reason = facts.stoppedReason || facts.reasons.trim() || 'no detail was given'
  return `The task could not start: ${reason}`
}

/** What others say often ends without a full stop, and another sentence follows. */
function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`
}

/** What people know the code as. */
function exitText(facts: StopFacts): string {
  const container = `Container ${facts.containerName} exited with code ${facts.exitCode}`
  if (facts.exitCode === 137) return `${container} (killed by SIGKILL; often too little memory).`
  if (facts.exitCode === 139) return `${container} (segmentation fault).`
  if (facts.exitCode === 143) return `${container} (terminated by SIGTERM).`
  return `${container}.`
}

/** First match wins: our own stops before ECS's codes, codes before texts, texts before exit codes (ECS Developer Guide, Stopped task error messages). */
export const STOP_RULES: readonly StopRule[] = [
  {
    when: (facts) =>
      facts.by !== undefined &&
      facts.stopCode === 'EssentialContainerExited' &&
      facts.exitCode === 0,
    class: 'Success',
    message: (facts) =>
      `Container ${facts.containerName} exited with code 0 before it was stopped.`,
    because: 'the work was done before our StopTask arrived, and a success is never hidden',
  },
  {
    when: (facts) => facts.by === 'Cancel' || facts.by === 'Replaced' || facts.by === 'Unwanted',
    class: 'Cancelled',
    message: () => 'The task was stopped because its run was cancelled, replaced or deleted.',
    because: 'the end of a run that is being cancelled can never count as a crash, however it came',
  },
  {
    when: (facts) => facts.by === 'StartTimeout' && wasStopped(facts),
    class: 'StartTimeout',
    message: () =>
      'The task did not reach RUNNING within `taskStartTimeoutSeconds` and was stopped.',
    because:
      'ECS has no limit of its own; another stop code means that ECS gave up first, and tells why',
  },
  {
    when: (facts) => facts.by === 'Deadline' && wasStopped(facts),
    class: 'DeadlineExceeded',
    message: () => 'The run exceeded its deadline and was stopped.',
    because: 'our StopTask ended it',
  },
  {
    when: (facts) => facts.by === 'Heartbeat' && wasStopped(facts),
    class: 'HeartbeatLost',
    message: () => 'The run stopped sending heartbeats and was stopped.',
    because: 'our StopTask ended it',
  },
  {
    when: (facts) =>
      facts.stopCode === 'SpotInterruption' ||
      /Spot Task was interrupted/i.test(facts.stoppedReason),
    class: 'SpotInterruption',
    message: (facts) => `Fargate Spot took the capacity back: ${said(facts)}`,
    because: 'also with exit code 0: the container may have given in to SIGTERM without being done',
  },
  {
    when: (facts) =>
      facts.stopCode === 'TerminationNotice' ||
      facts.stopCode === 'InfrastructureHealth' ||
      /Host EC2 \(instance .*\) (stopped|terminated)/i.test(facts.stoppedReason),
    class: 'HostFailure',
    message: (facts) => `The host went away: ${said(facts)}`,
    because: 'nothing that the program did; InfrastructureHealth belongs here by its name',
  },
  {
    when: (facts) =>
      facts.stopCode === 'UserInitiated' || facts.stopCode === 'ServiceSchedulerInitiated',
    class: 'UserStopped',
    message: (facts) => `The task was stopped from outside: ${said(facts)}`,
    because: 'someone else called StopTask; ours was matched above',
  },
  {
    when: ranOutOfMemory,
    class: 'OutOfMemory',
    message: (facts) =>
      `Out of memory (${facts.containerReason || said(facts)}): raise \`memory\`, or let \`retry.rules\` do it by memoryFactor.`,
    because: 'before the exit code: 137 alone does not tell a memory kill from a stop',
  },
  {
    when: (facts) =>
      neverRan(facts) && CANNOT_PULL.test(facts.reasons) && TRANSIENT_PULL.test(facts.reasons),
    class: 'ImagePullTransient',
    message: started,
    because: 'the registry or the way to it failed, the image may be fine',
  },
  {
    when: (facts) => neverRan(facts) && CANNOT_PULL.test(facts.reasons),
    class: 'ImagePull',
    message: (facts) =>
      `${sentence(started(facts))} Check \`image\`, and the registry permissions of \`executionRoleArn\`.`,
    because: 'not found, denied, manifest unknown: only a change helps',
  },
  {
    when: (facts) => NO_ROOM.test(facts.stoppedReason) && neverRan(facts),
    class: 'Capacity',
    message: (facts) => `There was no room for the task: ${said(facts)}`,
    because: 'with managed scaling the failures of RunTask arrive as stop reasons',
  },
  {
    when: (facts) => NO_PLACE.test(facts.stoppedReason) && neverRan(facts),
    class: 'ConfigurationError',
    message: (facts) => `No container instance fits: ${said(facts)}`,
    because: 'waiting does not change attributes and constraints',
  },
  {
    when: (facts) => INTERFACE_FAULT.test(facts.reasons),
    class: 'Network',
    message: started,
    because: 'the network interface is the business of AWS, and comes at the next try',
  },
  {
    when: (facts) => STORAGE_FAULT.test(facts.reasons),
    class: 'HostFailure',
    message: started,
    because: 'the storage is the business of AWS',
  },
  {
    when: (facts) =>
      (INITIALIZATION.test(facts.reasons) || facts.stopCode === 'TaskFailedToStart') &&
      NOT_THERE_OR_DENIED.test(facts.reasons),
    class: 'SecretsOrInit',
    message: (facts) =>
      `${sentence(started(facts))} Check \`secrets\`, log group, volumes and the permissions of \`executionRoleArn\`.`,
    because: 'before the network words: such texts end in "after n retries" and the like',
  },
  {
    when: (facts) => INITIALIZATION.test(facts.reasons) && NETWORK_WORDS.test(facts.reasons),
    class: 'Network',
    message: (facts) =>
      `${sentence(started(facts))} If this stays: the subnets need a public IP, a NAT gateway or VPC endpoints.`,
    because: 'ECR, Secrets Manager, SSM or S3 could not be reached',
  },
  {
    when: (facts) => INITIALIZATION.test(facts.reasons),
    class: 'SecretsOrInit',
    message: (facts) =>
      `${sentence(started(facts))} Check \`secrets\`, log group, volumes and \`executionRoleArn\`.`,
    because: 'the rest of what is prepared before a container starts',
  },
  {
    when: (facts) =>
      facts.exitCode !== 0 &&
      RUNTIME_ERROR.test(facts.reasons) &&
      PASSING_RUNTIME.test(facts.reasons),
    class: 'HostFailure',
    message: started,
    because: 'the container runtime was slow or broken on that host',
  },
  {
    when: (facts) => neverRan(facts) && RUNTIME_ERROR.test(facts.reasons),
    class: 'ConfigurationError',
    message: (facts) =>
      `${sentence(started(facts))} Check \`command\`, entry point, volumes and \`linuxParameters\`.`,
    because: 'a command that does not exist, a volume that cannot be made: the same every time',
  },
  {
    when: (facts) => facts.stopCode === 'TaskFailedToStart',
    class: 'Unknown',
    message: started,
    because: 'no exit code is never a success',
  },
  {
    when: (facts) => facts.stopCode !== undefined && !KNOWN_CODES.includes(facts.stopCode),
    class: 'Unknown',
    message: (facts) =>
      `ECS stopped the task for a reason that Capstan does not know: ${facts.stopCode}: ${said(facts)}`,
    because: 'the set of codes grows; exit code 0 may be a container that gave in to SIGTERM',
  },
  {
    when: (facts) => facts.exitCode === 0,
    class: 'Success',
    message: (facts) => `Container ${facts.containerName} exited with code 0.`,
    because: 'it ended by itself, with zero',
  },
  {
    when: (facts) => facts.exitCode !== undefined,
    class: 'ExitNonZero',
    message: exitText,
    because: 'it ended by itself; 137, 139 and 143 without another reason are the program too',
  },
  {
    when: (facts) => facts.failedSidecar !== undefined,
    class: 'ExitNonZero',
    message: (facts) =>
      `Container ${facts.failedSidecar?.name ?? ''} exited with code ${facts.failedSidecar?.exitCode} and took container ${facts.containerName} with it.`,
    because: 'an essential sidecar failed before the container of the run gave a code',
  },
  {
    when: () => true,
    class: 'Unknown',
    message: (facts) => `Container ${facts.containerName} gave no exit code: ${said(facts)}`,
    because: 'null is never read as success',
  },
]
