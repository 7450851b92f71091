import { describe, expect, test } from 'vitest'
import {
  aLaunched,
  anAttempt,
  anEnded,
  aTask,
  MINUTE,
  NOON,
  SECOND,
} from '../../../test/world/builders.ts'
import type { TaskSnapshot } from '../../aws/ports.ts'
import { WIRE } from '../../kinds/meta.ts'
import type { AttemptRow } from '../../store/types.ts'
import { decideOrphan, isSweepNeeded, ORPHAN_GRACE_MS, type SweepNeed } from './decide.ts'

const CONTROLLER = { name: 'prod', instance: 'a' }
const OURS = { [WIRE.tagController]: 'prod', [WIRE.tagInstance]: 'a' }
const OLD = { createdAtMs: NOON - ORPHAN_GRACE_MS, tags: OURS }
const YOUNG = { createdAtMs: NOON - ORPHAN_GRACE_MS + 1, tags: OURS }

describe('a task', () => {
  test.each<[string, Partial<TaskSnapshot>, AttemptRow | undefined, string]>([
    ['without tags is left alone', { ...OLD, tags: {} }, undefined, 'Leave'],
    [
      "of another controller, too, even if it has an intent's startedBy",
      { ...OLD, tags: { [WIRE.tagController]: 'test' } },
      anAttempt(),
      'Leave',
    ],
    [
      'of another instance of our name is reported and left alone, however old',
      { ...OLD, tags: { ...OURS, [WIRE.tagInstance]: 'b' } },
      undefined,
      'Foreign',
    ],
    [
      'that does not say its instance is not provably ours',
      { ...OLD, tags: { [WIRE.tagController]: 'prod' } },
      anEnded('Unknown', { phase: 'Lost' }),
      'Foreign',
    ],
    ['that is stopping is left alone', { ...OLD, desiredStatus: 'STOPPED' }, undefined, 'Leave'],
    ['of a living attempt is left alone', OLD, aLaunched(), 'Leave'],
    ['of an open intent is adopted, however young', YOUNG, anAttempt(), 'Adopt'],
    ['of an open intent is adopted, however old', OLD, anAttempt(), 'Adopt'],
    ['of nobody is stopped', OLD, undefined, 'Stop'],
    ['of nobody that is young may still be wanted', YOUNG, undefined, 'Wait'],
    ['whose attempt was given up is stopped', OLD, anEnded('Unknown', { phase: 'Lost' }), 'Stop'],
    ['whose attempt was refused is stopped', OLD, anAttempt({ phase: 'Refused' }), 'Stop'],
    [
      'that is a second one of a living attempt is stopped',
      { ...OLD, taskArn: 'arn:task/second' },
      aLaunched(),
      'Stop',
    ],
    [
      'that is a second one is given the same grace',
      { ...YOUNG, taskArn: 'arn:task/second' },
      aLaunched(),
      'Wait',
    ],
    [
      'from the future, by our clock, waits',
      { ...OLD, createdAtMs: NOON + SECOND },
      undefined,
      'Wait',
    ],
  ])('%s', (_, different, row, expected) => {
    const task = aTask({ taskArn: aLaunched().taskArn ?? '', ...different })
    const swept = { task, row, controller: CONTROLLER, isHeld: false }
    expect(decideOrphan(swept, NOON)).toBe(expected)
  })

  test.each<[string, AttemptRow | undefined, string]>([
    ['that nobody knows waits', undefined, 'Wait'],
    ['that was given up waits', anEnded('Unknown', { phase: 'Lost' }), 'Wait'],
    ['that is watched is left alone', aLaunched(), 'Leave'],
  ])('of a run that a person has to decide about, %s', (_, row, expected) => {
    const task = aTask({ taskArn: aLaunched().taskArn ?? '', ...OLD })
    const swept = { task, row, controller: CONTROLLER, isHeld: true }
    expect(decideOrphan(swept, NOON)).toBe(expected)
  })
})

describe('a sweep', () => {
  const peace: SweepNeed = {
    hasLiveAttempts: false,
    startedAtMs: undefined,
    lastDoubtMs: undefined,
    sweptAtMs: undefined,
  }
  test.each<[string, Partial<SweepNeed>, boolean]>([
    ['is not needed in a world at peace', {}, false],
    ['is needed while tasks live', { hasLiveAttempts: true, sweptAtMs: NOON }, true],
    ['is needed after a start with a past', { startedAtMs: NOON }, true],
    ['is needed after a doubt', { lastDoubtMs: NOON }, true],
    [
      'before the grace is over settles nothing',
      { lastDoubtMs: NOON, sweptAtMs: NOON + ORPHAN_GRACE_MS - 1 },
      true,
    ],
    ['after it does', { lastDoubtMs: NOON, sweptAtMs: NOON + ORPHAN_GRACE_MS }, false],
    [
      'settles each doubt for itself',
      { startedAtMs: NOON - 60 * MINUTE, lastDoubtMs: NOON, sweptAtMs: NOON },
      true,
    ],
  ])('%s', (_, different, expected) => {
    expect(isSweepNeeded({ ...peace, ...different })).toBe(expected)
  })
})
