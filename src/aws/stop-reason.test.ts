import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { OUTCOME_CLASSES, type OutcomeClass } from '../kinds/run.ts'
import type { ContainerSnapshot, TaskSnapshot } from './ports.ts'
import { classifyStop, isTransientStart, stopFacts } from './stop-reason.ts'
import { STOP_RULES } from './stop-rules.ts'
import { parseStopReason, renderStopReason, STOPPED_BY_US, type StoppedByUs } from './stop-text.ts'

interface Case {
  readonly name: string
  readonly stopCode?: string
  readonly reason?: string
  readonly exitCode?: number
  readonly containerReason?: string
  readonly sidecar?: ContainerSnapshot
  readonly by?: StoppedByUs
  readonly expect: OutcomeClass
}

const EXITED = 'EssentialContainerExited'
const FAILED = 'TaskFailedToStart'
const STOPPED = 'UserInitiated'

const CASES: readonly Case[] = [
  {
    name: 'exit 0',
    stopCode: EXITED,
    reason: 'Essential container in task exited',
    exitCode: 0,
    expect: 'Success',
  },
  { name: 'exit 0 from an endpoint without stop codes', exitCode: 0, expect: 'Success' },
  {
    name: 'exit 3',
    stopCode: EXITED,
    reason: 'Essential container in task exited',
    exitCode: 3,
    expect: 'ExitNonZero',
  },
  {
    name: 'out of memory',
    stopCode: EXITED,
    exitCode: 137,
    containerReason: 'OutOfMemoryError: container killed due to memory usage',
    expect: 'OutOfMemory',
  },
  {
    name: 'taken down by a sidecar that ran out of memory',
    stopCode: EXITED,
    exitCode: 143,
    sidecar: {
      name: 'side',
      exitCode: 137,
      reason: 'OutOfMemoryError: container killed due to memory usage',
    },
    expect: 'OutOfMemory',
  },
  {
    name: 'failed by itself beside a sidecar without memory',
    stopCode: EXITED,
    exitCode: 2,
    sidecar: { name: 'side', exitCode: 137, reason: 'OutOfMemoryError: x' },
    expect: 'ExitNonZero',
  },
  { name: '137 without a reason', stopCode: EXITED, exitCode: 137, expect: 'ExitNonZero' },
  {
    name: '137 by a stop from outside',
    stopCode: STOPPED,
    reason: 'Task stopped by user',
    exitCode: 137,
    expect: 'UserStopped',
  },
  { name: '139', stopCode: EXITED, exitCode: 139, expect: 'ExitNonZero' },
  { name: '143 by its own', stopCode: EXITED, exitCode: 143, expect: 'ExitNonZero' },
  {
    name: 'Spot',
    stopCode: 'SpotInterruption',
    reason: 'Your Spot Task was interrupted.',
    exitCode: 143,
    expect: 'SpotInterruption',
  },
  {
    name: 'Spot, ended politely',
    stopCode: 'SpotInterruption',
    reason: 'Your Spot Task was interrupted.',
    exitCode: 0,
    expect: 'SpotInterruption',
  },
  {
    name: 'Spot without a code',
    reason: 'Your Spot Task was interrupted.',
    expect: 'SpotInterruption',
  },
  {
    name: 'host terminated',
    stopCode: 'TerminationNotice',
    reason: 'Host EC2 (instance i-1) terminated.',
    expect: 'HostFailure',
  },
  {
    name: 'host stopped, by its text',
    stopCode: 'SomethingNew',
    reason: 'Host EC2 (instance i-1) stopped.',
    expect: 'HostFailure',
  },
  {
    name: 'infrastructure health',
    stopCode: 'InfrastructureHealth',
    reason: 'x',
    expect: 'HostFailure',
  },
  ...[
    'i/o timeout',
    'unexpected EOF',
    'invalid argument',
    'net/http: TLS handshake timeout',
    'context deadline exceeded',
  ].map(
    (text): Case => ({
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
  {
    name: 'runtime timeout',
    stopCode: FAILED,
    reason:
      'ContainerRuntimeTimeoutError: Could not transition to running; timed out after waiting 2m0s',
    expect: 'HostFailure',
  },
  {
    name: 'internal error',
    stopCode: FAILED,
    reason: 'InternalError: something',
    expect: 'HostFailure',
  },
  {
    name: 'cannot start',
    stopCode: FAILED,
    reason: 'CannotStartContainerError: exec: "nope": executable file not found in $PATH',
    expect: 'ConfigurationError',
  },
  {
    name: 'cannot be looked at in time',
    stopCode: FAILED,
    reason: 'CannotInspectContainerError: Could not transition to inspecting; timed out',
    expect: 'HostFailure',
  },
  {
    name: 'cannot be stopped in time',
    stopCode: FAILED,
    reason: 'CannotStopContainerError: Could not transition to stopped; timed out',
    expect: 'HostFailure',
  },
  {
    name: 'a registry that is asked too often',
    stopCode: FAILED,
    reason: 'CannotPullContainerError: toomanyrequests: You have reached your pull rate limit',
    expect: 'ImagePullTransient',
  },
  {
    name: 'an engine of containers that is not there',
    stopCode: FAILED,
    reason:
      'CannotStartContainerError: Cannot connect to the container engine at unix:///d.sock. Is it running?',
    expect: 'ConfigurationError',
  },
  {
    name: 'runtime error',
    stopCode: FAILED,
    reason: 'ContainerRuntimeError: bad parameter',
    expect: 'ConfigurationError',
  },
  {
    name: 'volume',
    stopCode: FAILED,
    reason: 'CannotCreateVolumeError: no such driver',
    expect: 'ConfigurationError',
  },
  {
    name: 'some other failure to start',
    stopCode: FAILED,
    reason: 'no reason known',
    expect: 'Unknown',
  },
  {
    name: 'a service scheduler',
    stopCode: 'ServiceSchedulerInitiated',
    reason: 'Scaling activity',
    expect: 'UserStopped',
  },
  {
    name: 'someone else',
    stopCode: STOPPED,
    reason: 'stopped in the console',
    expect: 'UserStopped',
  },
  { name: 'we: cancel', stopCode: STOPPED, exitCode: 143, by: 'Cancel', expect: 'Cancelled' },
  {
    name: 'we: cancel, known from the text',
    stopCode: STOPPED,
    reason: renderStopReason('Cancel', 'x'),
    expect: 'Cancelled',
  },
  {
    name: 'we: cancel, but it was done',
    stopCode: EXITED,
    exitCode: 0,
    by: 'Cancel',
    expect: 'Success',
  },
  {
    name: 'we: cancel, and it failed by itself',
    stopCode: EXITED,
    exitCode: 1,
    by: 'Cancel',
    expect: 'Cancelled',
  },
  {
    name: 'we: cancel, and Spot took it',
    stopCode: 'SpotInterruption',
    by: 'Cancel',
    expect: 'Cancelled',
  },
  {
    name: 'we: cancel before the container ran',
    stopCode: FAILED,
    reason: 'CannotPullContainerError: x',
    by: 'Cancel',
    expect: 'Cancelled',
  },
  { name: 'we: replaced', stopCode: STOPPED, by: 'Replaced', expect: 'Cancelled' },
  { name: 'we: unwanted', stopCode: STOPPED, by: 'Unwanted', expect: 'Cancelled' },
  { name: 'we: start timeout', stopCode: STOPPED, by: 'StartTimeout', expect: 'StartTimeout' },
  {
    name: 'we: start timeout, but ECS knows why',
    stopCode: FAILED,
    reason: 'CannotPullContainerError: not found',
    by: 'StartTimeout',
    expect: 'ImagePull',
  },
  {
    name: 'we: deadline',
    stopCode: STOPPED,
    exitCode: 137,
    by: 'Deadline',
    expect: 'DeadlineExceeded',
  },
  {
    name: 'we: deadline, but it was done',
    stopCode: EXITED,
    exitCode: 0,
    by: 'Deadline',
    expect: 'Success',
  },
  {
    name: 'we: heartbeat',
    stopCode: STOPPED,
    exitCode: 0,
    by: 'Heartbeat',
    expect: 'HeartbeatLost',
  },
  {
    name: 'essential, no code',
    stopCode: EXITED,
    reason: 'Essential container in task exited',
    expect: 'Unknown',
  },
  {
    name: 'essential sidecar failed first',
    stopCode: EXITED,
    sidecar: { name: 'side', exitCode: 1 },
    expect: 'ExitNonZero',
  },
  {
    name: 'a code of the future, exit 0',
    stopCode: 'SomethingNew',
    reason: 'x',
    exitCode: 0,
    expect: 'Unknown',
  },
  { name: 'nothing known', expect: 'Unknown' },
]

function toTask({ stopCode, reason, exitCode, containerReason, sidecar }: Case): TaskSnapshot {
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

describe('classifyStop', () => {
  test.each(CASES)('$name → $expect', (row) => {
    const end = classifyStop(toTask(row), { containerName: 'main', stoppedByUs: row.by })
    expect(end.class).toBe(row.expect)
    expect(end.exitCode).toBe(row.exitCode)
    expect(end.message.length).toBeGreaterThan(10)
  })

  test('every class that a stop can have comes out of some row', () => {
    const classes = new Set(CASES.map((row) => row.expect))
    const elsewhere: readonly OutcomeClass[] = ['ExitZeroUnreported']
    expect(OUTCOME_CLASSES.filter((name) => !classes.has(name))).toEqual(elsewhere)
  })

  test('every row of the table decides some case', () => {
    const decided = new Set(
      CASES.map((row) => {
        const facts = stopFacts(toTask(row), { containerName: 'main', stoppedByUs: row.by })
        return STOP_RULES.find((rule) => rule.when(facts))
      }),
    )
    expect(STOP_RULES.filter((rule) => !decided.has(rule)).map((rule) => rule.because)).toEqual([])
  })

  test('an unknown container gives no exit code and is no success', () => {
    const task = toTask({ name: '', stopCode: EXITED, exitCode: 0, expect: 'Success' })
    expect(classifyStop(task, { containerName: 'other' })).toMatchObject({ class: 'Unknown' })
  })

  test('never throws, and never reads a missing exit code as success', () => {
    const text = fc.option(
      fc.oneof(fc.string(), fc.constantFrom(EXITED, FAILED, STOPPED, 'SpotInterruption')),
      { nil: undefined },
    )
    const by = fc.option(fc.constantFrom(...STOPPED_BY_US), { nil: undefined })
    fc.assert(
      fc.property(text, text, text, by, (stopCode, reason, containerReason, stoppedByUs) => {
        const row: Case = {
          name: '',
          expect: 'Unknown',
          ...(stopCode !== undefined && { stopCode }),
          ...(reason !== undefined && { reason }),
          ...(containerReason !== undefined && { containerReason }),
        }
        const end = classifyStop(toTask(row), { containerName: 'main', stoppedByUs })
        expect(end.class).not.toBe('Success')
      }),
    )
  })
})

test.each([
  ['ImagePullTransient', true],
  ['Network', true],
  ['ImagePull', false],
  ['HostFailure', false],
  ['ExitNonZero', false],
] as const)('isTransientStart(%s) is %s', (outcome, expected) => {
  expect(isTransientStart(outcome)).toBe(expected)
})

describe('stop reasons', () => {
  test.each(STOPPED_BY_US)('%s is read back from the text that was sent', (by) => {
    expect(parseStopReason(renderStopReason(by, 'x'.repeat(500)))).toBe(by)
  })

  test('the text fits into what ECS keeps', () => {
    expect(renderStopReason('Cancel', 'x'.repeat(500))).toHaveLength(255)
  })

  test.each(['', 'Task stopped by user', 'Stopped by Capstan (Whim): x'])(
    '%j is not ours',
    (text) => {
      expect(parseStopReason(text)).toBeUndefined()
    },
  )
})
