import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  EXITED,
  FAILED,
  NEVER_STARTED,
  STOPPED,
  type StopCase,
  toTask,
} from '../../test/world/stopped-tasks.ts'
import { OUTCOME_CLASSES, type OutcomeClass } from '../kinds/run.ts'
import { classifyStop, stopFacts } from './stop-reason.ts'
import { STOP_RULES } from './stop-rules.ts'
import { renderStopReason, STOPPED_BY_US } from './stop-text.ts'

const CASES: readonly StopCase[] = [
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
  ...NEVER_STARTED,
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
        const row: StopCase = {
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
