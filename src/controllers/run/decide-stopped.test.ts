import { describe, expect, test } from 'vitest'
import {
  aLaunched,
  anAttempt,
  anEnded,
  aRun,
  aStoppedTask,
  aWorld,
  HOUR,
  MINUTE,
  NOON,
  SECOND,
  valid,
} from '../../../test/world/builders.ts'
import {
  type Case,
  check,
  DELETED,
  insertedBy,
  READY,
  REGISTERED,
} from '../../../test/world/run-decisions.ts'

describe('a run whose task has stopped', () => {
  const cases: readonly Case[] = [
    {
      name: 'is completed by exit code 0',
      world: { attempts: [aLaunched(aStoppedTask(0))] },
      expect: { state: 'COMPLETED/Completed', writes: ['UpdateAttempt', 'PutHistory'] },
    },
    {
      name: 'has failed by exit code 3',
      world: { attempts: [aLaunched(aStoppedTask(3))] },
      expect: { state: 'FAILED/Failed', message: /3/ },
    },
    {
      name: 'never takes a missing exit code for success',
      world: {
        attempts: [
          aLaunched(
            aStoppedTask(undefined, {
              stopCode: 'TaskFailedToStart',
              stoppedReason: 'CannotPullContainerError: manifest unknown',
            }),
          ),
        ],
      },
      expect: { state: 'CRASHED/Crashed', message: /CannotPull/ },
    },
    {
      name: 'is cancelled when it was stopped on its behalf',
      world: {
        run: aRun({ spec: { cancel: true } }),
        attempts: [
          aLaunched(aStoppedTask(143, { stopCode: 'UserInitiated' }), { stopCause: 'Cancel' }),
        ],
      },
      expect: { state: 'CANCELLED/Cancelled' },
    },
    {
      name: 'is cancelled when someone else stopped it',
      world: { attempts: [aLaunched(aStoppedTask(143, { stopCode: 'UserInitiated' }))] },
      expect: { state: 'CANCELLED/Cancelled' },
    },
    {
      name: 'has timed out by its deadline',
      world: {
        attempts: [
          aLaunched(aStoppedTask(143, { stopCode: 'UserInitiated' }), {
            stopCause: 'AttemptDeadline',
          }),
        ],
      },
      expect: { state: 'FAILED/TimedOut' },
    },
    {
      name: 'waits before its retry',
      world: {
        resolve: () => valid({ image: 'b', retry: { limit: 1, backoff: { jitter: 0 } } }),
        attempts: [aLaunched(aStoppedTask(3))],
      },
      nowMs: NOON + MINUTE,
      expect: {
        state: 'SCHEDULED/AwaitingRetry',
        call: 'none',
        writes: ['UpdateAttempt'],
        outcome: 10 * SECOND,
      },
    },
    {
      name: 'launches again after a reclaimed host, although no retry is configured',
      world: { ...READY, attempts: [anEnded('SpotInterruption')] },
      nowMs: NOON + HOUR,
      expect: { call: 'RunTask', writes: ['InsertAttempt'] },
    },
    {
      name: 'is let go when it was deleted, and its content stays known',
      world: {
        run: aRun(DELETED),
        attempts: [aLaunched(aStoppedTask(143), { stopCause: 'Delete' })],
      },
      expect: { call: 'none', writes: ['UpdateAttempt', 'PutHistory', 'ReleaseObject'] },
    },
    {
      name: 'stays known when it was deleted and its launch cannot be proven any more',
      world: {
        run: aRun(DELETED),
        attempts: [anAttempt({ phase: 'Lost', outcomeClass: 'Unknown', endedAtMs: NOON })],
      },
      expect: { call: 'none', writes: ['PutHistory', 'ReleaseObject'] },
    },
    {
      name: 'is complete when its task had succeeded before it was suspended',
      world: {
        run: aRun({ spec: { suspend: true } }),
        attempts: [anEnded('Success', { stopCause: 'Suspend' })],
      },
      expect: { state: 'COMPLETED/Completed', call: 'none' },
    },
    {
      name: 'is complete when its task had succeeded before its pool was drained',
      world: { ...READY, attempts: [anEnded('Success', { stopCause: 'Drain' })] },
      expect: { state: 'COMPLETED/Completed', call: 'none' },
    },
    {
      name: 'goes on with the next attempt when it was suspended and is resumed',
      world: { ...READY, attempts: [anEnded('Cancelled', { stopCause: 'Suspend' })] },
      expect: { call: 'RunTask' },
    },
    {
      name: 'keeps the attempt number of a refused try',
      world: {
        ...READY,
        attempts: [anAttempt({ phase: 'Refused', outcomeClass: 'Capacity', endedAtMs: NOON })],
      },
      nowMs: NOON + HOUR,
      expect: { call: 'RunTask' },
    },
  ]
  test.each(cases)('$name', check)

  test('every try has a token of its own, and a refused one keeps its attempt number', () => {
    const refused = anAttempt({ phase: 'Refused', outcomeClass: 'Capacity', endedAtMs: NOON })
    const again = insertedBy(aWorld({ ...READY, attempts: [refused] }), NOON + HOUR)
    const after = insertedBy(aWorld({ ...READY, attempts: [anEnded('HostFailure')] }), NOON + HOUR)
    expect([again?.number, again?.try]).toEqual([1, 2])
    expect([after?.number, after?.try]).toEqual([2, 1])
    const tokens = [refused.clientToken, again?.clientToken, after?.clientToken]
    expect(new Set(tokens).size).toBe(3)
  })

  test('the frozen body carries its token, and equal worlds freeze equal bodies', () => {
    const first = insertedBy(aWorld(READY), NOON)
    const second = insertedBy(aWorld(READY), NOON + SECOND)
    expect(first?.body).toBe(second?.body)
    expect(JSON.parse(first?.body ?? '{}')).toMatchObject({
      clientToken: first?.clientToken,
      startedBy: first?.startedBy,
      taskDefinition: REGISTERED.taskDefinitionArn,
    })
  })
})
