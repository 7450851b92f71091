import type { ContainerSnapshot, TaskSnapshot } from '../../src/aws/ports.ts'
import type { StoppedByUs } from '../../src/aws/stop-text.ts'
import type { OutcomeClass } from '../../src/kinds/run.ts'

/** A stopped task and the class of its end. */
export interface StopCase {
  readonly name: string
  readonly stopCode?: string
  readonly reason?: string
  readonly exitCode?: number
  readonly containerReason?: string
  readonly sidecar?: ContainerSnapshot
  readonly by?: StoppedByUs
  readonly expect: OutcomeClass
}

export const EXITED = 'EssentialContainerExited'
export const FAILED = 'TaskFailedToStart'
export const STOPPED = 'UserInitiated'

export function toTask({
  stopCode,
  reason,
  exitCode,
  containerReason,
  sidecar,
}: StopCase): TaskSnapshot {
  return {
    taskArn: 'arn:aws:ecs:us-east-1:1:task/default/0',
    clusterArn: 'arn:aws:ecs:us-east-1:1:cluster/default',
    taskDefinitionArn: 'arn:aws:ecs:us-east-1:1:task-definition/f:1',
    version: 5,
    lastStatus: 'STOPPED',
    desiredStatus: 'STOPPED',
    containers: [
      {
        name: 'main',
        ...(exitCode !== undefined && { exitCode }),
        ...(containerReason !== undefined && { reason: containerReason }),
      },
      ...(sidecar ? [sidecar] : []),
    ],
    tags: {},
    ...(stopCode !== undefined && { stopCode }),
    ...(reason !== undefined && { stoppedReason: reason }),
  }
}

/** Tasks whose container never ran: its image, its place, its secrets, its network. */
export const NEVER_STARTED: readonly StopCase[] = [
  ...[
    'i/o timeout',
    'unexpected EOF',
    'invalid argument',
    'net/http: TLS handshake timeout',
    'context deadline exceeded',
  ].map(
    (text): StopCase => ({
      name: `pull: ${text}`,
      stopCode: FAILED,
      reason: `CannotPullContainerError: ref pull has been retried 5 time(s): ${text}`,
      expect: 'ImagePullTransient',
    }),
  ),
  {
    name: 'pull: not found',
    stopCode: FAILED,
    reason:
      'CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref docker.io/library/nope:1: not found',
    expect: 'ImagePull',
  },
  {
    name: 'pull: denied, told by the container',
    stopCode: FAILED,
    reason: 'Task failed to start',
    containerReason: 'CannotPullContainerError: pull access denied',
    expect: 'ImagePull',
  },
  {
    name: 'pull: manifest unknown',
    stopCode: FAILED,
    reason: 'CannotPullContainerError: manifest unknown',
    expect: 'ImagePull',
  },
  {
    name: 'no room',
    stopCode: FAILED,
    reason: 'TaskFailedToStart: RESOURCE:MEMORY',
    expect: 'Capacity',
  },
  { name: 'agent', stopCode: FAILED, reason: 'TaskFailedToStart: AGENT', expect: 'Capacity' },
  {
    name: 'no instances',
    stopCode: FAILED,
    reason: 'TaskFailedToStart: NO ACTIVE INSTANCES',
    expect: 'Capacity',
  },
  {
    name: 'empty provider',
    stopCode: FAILED,
    reason: 'TaskFailedToStart: EMPTY CAPACITY PROVIDER',
    expect: 'Capacity',
  },
  {
    name: 'attribute',
    stopCode: FAILED,
    reason: 'TaskFailedToStart: ATTRIBUTE',
    expect: 'ConfigurationError',
  },
  {
    name: 'constraint',
    stopCode: FAILED,
    reason: 'TaskFailedToStart: MemberOf placement constraint unsatisfied',
    expect: 'ConfigurationError',
  },
  {
    name: 'secrets out of reach',
    stopCode: FAILED,
    reason:
      'ResourceInitializationError: unable to pull secrets or registry auth: RequestCanceled: request context canceled caused by: context deadline exceeded',
    expect: 'Network',
  },
  {
    name: 'registry out of reach',
    stopCode: FAILED,
    reason:
      'ResourceInitializationError: unable to pull secrets or registry auth: dial tcp 52.0.0.1:443: i/o timeout',
    expect: 'Network',
  },
  {
    name: 'secret denied',
    stopCode: FAILED,
    reason:
      'ResourceInitializationError: unable to pull secrets: service call has been retried 1 time(s): AccessDeniedException',
    expect: 'SecretsOrInit',
  },
  {
    name: 'secret not there',
    stopCode: FAILED,
    reason: "ResourceNotFoundException: Secrets Manager can't find the specified secret.",
    expect: 'SecretsOrInit',
  },
  {
    name: 'log group',
    stopCode: FAILED,
    reason: 'ResourceInitializationError: failed to validate logger args: invalid group',
    expect: 'SecretsOrInit',
  },
  {
    name: 'network interface',
    stopCode: FAILED,
    reason: 'Timeout waiting for network interface provisioning to complete.',
    expect: 'Network',
  },
  {
    name: 'network interface, EC2',
    stopCode: FAILED,
    reason:
      'Unexpected EC2 error while attempting to Create Network Interface with public IP assignment enabled',
    expect: 'Network',
  },
  {
    name: 'storage',
    stopCode: FAILED,
    reason: 'Timeout waiting for EphemeralStorage provisioning to complete.',
    expect: 'HostFailure',
  },
]
