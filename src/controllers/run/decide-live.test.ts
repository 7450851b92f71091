import { describe, test } from 'vitest'
import {
  aLaunched,
  anAttempt,
  anEnded,
  aRun,
  HOUR,
  MINUTE,
  NOON,
  SECOND,
  valid,
} from '../../../test/world/builders.ts'
import { type Case, check, DELETED } from '../../../test/world/run-decisions.ts'

describe('a run with a living attempt', () => {
  const running = { lastStatus: 'RUNNING', startedAtMs: NOON + SECOND, version: 3 }
  const cases: readonly Case[] = [
    {
      name: 'sends an open intent again',
      world: { attempts: [anAttempt()] },
      nowMs: NOON + MINUTE,
      expect: { state: 'PENDING/Submitting', call: 'RunTask' },
    },
    {
      name: 'sends a cancelled intent too: only the answer tells what there is to stop',
      world: { run: aRun({ spec: { cancel: true } }), attempts: [anAttempt()] },
      expect: { call: 'RunTask' },
    },
    {
      name: 'sends at the age of 54 minutes',
      world: { attempts: [anAttempt()] },
      nowMs: NOON + 54 * MINUTE,
      expect: { call: 'RunTask' },
    },
    {
      name: 'never sends a token that may be dead',
      world: { attempts: [anAttempt()] },
      nowMs: NOON + 56 * MINUTE,
      expect: { call: 'SettleIntent' },
    },
    {
      name: 'never sends an intent from the future: the clock has stepped back',
      world: { attempts: [anAttempt()] },
      nowMs: NOON - HOUR,
      expect: { call: 'SettleIntent' },
    },
    {
      name: 'watches a task that starts, until the start timeout',
      world: { attempts: [aLaunched({ lastStatus: 'PENDING' })] },
      nowMs: NOON + MINUTE,
      expect: { state: 'PENDING/InfrastructurePending', call: 'none', outcome: 4 * MINUTE },
    },
    {
      name: 'stops a task that does not start',
      world: { attempts: [aLaunched({ lastStatus: 'PENDING' })] },
      nowMs: NOON + 5 * MINUTE,
      expect: { call: 'StopTask', writes: ['UpdateAttempt'] },
    },
    {
      name: 'stops nothing because somebody set the clock while the task starts',
      world: { ageMs: () => 10 * SECOND, attempts: [aLaunched({ lastStatus: 'PENDING' })] },
      nowMs: NOON + 6 * MINUTE,
      expect: { call: 'none', outcome: 290 * SECOND },
    },
    {
      name: 'stops nothing for what was true before the controller was away: it looks first',
      world: { lookedAtMs: () => undefined, attempts: [aLaunched({ lastStatus: 'PENDING' })] },
      nowMs: NOON + 6 * MINUTE,
      expect: { call: 'none', writes: [], outcome: 10 * SECOND },
    },
    {
      name: 'watches a running task without a deadline for as long as it takes',
      world: { attempts: [aLaunched(running)] },
      nowMs: NOON + HOUR,
      expect: { state: 'RUNNING/Running', call: 'none', outcome: 'AwaitChange' },
    },
    {
      name: 'stops an attempt that runs too long',
      world: {
        resolve: () => valid({ image: 'busybox', attemptDeadlineSeconds: 60 }),
        attempts: [aLaunched(running)],
      },
      nowMs: NOON + SECOND + MINUTE,
      expect: { state: 'RUNNING/Running', call: 'StopTask' },
    },
    {
      name: 'stops a run that takes too long over all its attempts',
      world: {
        resolve: () => valid({ image: 'busybox', activeDeadlineSeconds: 600 }),
        attempts: [
          anEnded('SpotInterruption'),
          aLaunched(running, { number: 2, createdAtMs: NOON + MINUTE }),
        ],
      },
      nowMs: NOON + 10 * MINUTE,
      expect: { call: 'StopTask', message: /activeDeadlineSeconds/ },
    },
    {
      name: 'stops the task of a cancelled run',
      world: { run: aRun({ spec: { cancel: true } }), attempts: [aLaunched(running)] },
      expect: { state: 'CANCELLING/Cancelling', call: 'StopTask' },
    },
    {
      name: 'stops the task of a deleted run and keeps the object',
      world: { run: aRun(DELETED), attempts: [aLaunched(running)] },
      expect: { state: 'CANCELLING/Cancelling', call: 'StopTask', writes: ['UpdateAttempt'] },
    },
    {
      name: 'waits for a stop to show',
      world: {
        run: aRun({ spec: { cancel: true } }),
        attempts: [aLaunched(running, { stopCause: 'Cancel', stopRequestedAtMs: NOON })],
      },
      nowMs: NOON + 10 * SECOND,
      expect: { call: 'none', outcome: 20 * SECOND },
    },
    {
      name: 'repeats a stop that does not show',
      world: {
        run: aRun({ spec: { cancel: true } }),
        attempts: [aLaunched(running, { stopCause: 'Cancel', stopRequestedAtMs: NOON })],
      },
      nowMs: NOON + 30 * SECOND,
      expect: { call: 'StopTask' },
    },
    {
      name: 'does not repeat a stop that shows, however long it takes',
      world: {
        run: aRun({ spec: { cancel: true } }),
        attempts: [
          aLaunched(
            { ...running, desiredStatus: 'STOPPED' },
            { stopCause: 'Cancel', stopRequestedAtMs: NOON },
          ),
        ],
      },
      nowMs: NOON + 90 * SECOND,
      expect: { call: 'none', writes: [], outcome: 30 * SECOND },
    },
    {
      name: 'stops a task that ends by itself, so that its end counts as cancelled',
      world: {
        run: aRun({ spec: { cancel: true } }),
        attempts: [aLaunched({ ...running, desiredStatus: 'STOPPED' })],
      },
      expect: { call: 'StopTask', writes: ['UpdateAttempt'] },
    },
    {
      name: 'believes for five minutes that a missing task is only late',
      world: { attempts: [aLaunched({}, { missingSinceMs: NOON })] },
      nowMs: NOON + 4 * MINUTE,
      expect: { call: 'none', outcome: MINUTE },
    },
    {
      name: 'looks once more before it believes that a missing task is gone',
      world: {
        lookedAtMs: () => NOON + MINUTE,
        attempts: [aLaunched({}, { missingSinceMs: NOON })],
      },
      nowMs: NOON + HOUR,
      expect: { call: 'none', writes: [], outcome: 10 * SECOND },
    },
    {
      name: 'does not stop a task for not having started that it cannot see',
      world: {
        attempts: [aLaunched({ lastStatus: 'PENDING' }, { missingSinceMs: NOON + 4 * MINUTE })],
      },
      nowMs: NOON + 6 * MINUTE,
      expect: { call: 'none', writes: [], outcome: 10 * SECOND },
    },
    {
      name: 'gives up on a task that stays missing, without a second one',
      world: {
        resolve: () => valid({ image: 'busybox', retry: { limit: 5 } }),
        attempts: [aLaunched({}, { missingSinceMs: NOON })],
      },
      nowMs: NOON + 5 * MINUTE,
      expect: {
        state: 'CRASHED/Crashed',
        call: 'none',
        writes: ['UpdateAttempt', 'PutHistory'],
        message: /does not know the task/,
      },
    },
  ]
  test.each(cases)('$name', check)
})
