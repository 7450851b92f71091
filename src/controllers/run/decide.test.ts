import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  aLaunched,
  anAttempt,
  anEnded,
  aRun,
  aWorld,
  HOUR,
  inState,
  MINUTE,
  NOON,
  OPEN,
  SECOND,
  valid,
} from '../../../test/world/builders.ts'
import {
  type Case,
  check,
  DELETED,
  insertedBy,
  NETWORK,
  READY,
  summary,
} from '../../../test/world/run-decisions.ts'
import { WIRE } from '../../kinds/meta.ts'
import { OUTCOME_CLASSES } from '../../kinds/run.ts'
import { isoTime } from '../../lib/instant.ts'
import type { AttemptRow } from '../../store/types.ts'
import { decideRun } from './decide.ts'

describe('a run without a task', () => {
  const cases: readonly Case[] = [
    {
      name: 'asks for the network first',
      world: {},
      expect: { state: 'PENDING/Pending', call: 'ReadNetwork', writes: [] },
    },
    {
      name: 'then registers the definition',
      world: { facts: { definitions: {}, network: NETWORK } },
      expect: { call: 'RegisterDefinition', writes: [] },
    },
    {
      name: 'then commits the intent and launches',
      world: READY,
      expect: { state: 'PENDING/Submitting', call: 'RunTask', writes: ['InsertAttempt'] },
    },
    {
      name: 'needs no VPC for the bridge network',
      world: {
        ...READY,
        facts: { definitions: {}, network: undefined },
        resolve: () => valid({ image: 'busybox', launchType: 'EC2' }),
      },
      expect: { call: 'RunTask' },
    },
    {
      name: 'asks for a linked definition first',
      world: { resolve: () => valid({ taskDefinitionArn: 'family:7' }) },
      expect: { call: 'DescribeDefinition' },
    },
    {
      name: 'ends when the linked definition does not exist',
      world: {
        resolve: () => valid({ taskDefinitionArn: 'family:7' }),
        facts: { definitions: { 'family:7': null }, network: NETWORK },
      },
      expect: { state: 'FAILED/Failed', call: 'none', message: /no task definition family:7/ },
    },
    {
      name: 'ends when its template is wrong, and nothing is sent',
      world: { resolve: () => ({ type: 'Invalid', problems: ['template.cpu: no.'] }) },
      expect: { state: 'FAILED/Failed', call: 'none', writes: ['PutHistory'], message: /cpu/ },
    },
    {
      name: 'ends when Fargate has no such size, before anything is registered',
      world: {
        ...READY,
        definition: () => undefined,
        resolve: () => valid({ image: 'busybox', cpu: 256, memory: 999 }),
      },
      expect: { state: 'FAILED/Failed', call: 'none', message: /memory 999/ },
    },
    {
      name: 'ends when a later rung of the ladder could never be launched, before anything is read',
      world: {
        definition: () => undefined,
        resolve: () =>
          valid({
            image: 'busybox',
            cpu: 300,
            memory: 512,
            capacityLadder: [{ launchType: 'EC2' }, { launchType: 'FARGATE' }],
          }),
      },
      expect: { state: 'FAILED/Failed', call: 'none', message: /Fargate has no tasks of cpu 300/ },
    },
    {
      name: 'ends when the account has no default VPC',
      world: { ...READY, facts: { definitions: {}, network: { vpcId: undefined, subnets: [] } } },
      expect: { state: 'FAILED/Failed', call: 'none', message: /no default VPC/ },
    },
    {
      name: 'waits for an object that does not exist',
      world: { resolve: () => ({ type: 'Missing', what: 'WorkPool etl' }) },
      expect: { state: 'PENDING/Pending', call: 'none', outcome: 30 * SECOND, why: /WorkPool etl/ },
    },
    {
      name: 'waits while suspended',
      world: { ...READY, run: aRun({ spec: { suspend: true } }) },
      expect: { state: 'PAUSED/Suspended', call: 'none', outcome: 'AwaitChange' },
    },
    {
      name: 'waits for its time',
      world: { ...READY, run: aRun({ spec: { scheduledTime: isoTime(NOON + MINUTE) } }) },
      expect: { state: 'SCHEDULED/Scheduled', call: 'none', outcome: MINUTE },
    },
    {
      name: 'waits while its pool is suspended',
      world: {
        ...READY,
        workPool: { ...aWorld().workPool, suspended: 'WorkPool etl is suspended.' },
      },
      expect: { call: 'none', why: /etl is suspended/ },
    },
    {
      name: 'waits for a slot and says how many are taken',
      world: {
        ...READY,
        admission: {
          ...OPEN,
          turn: () => ({ type: 'Wait', why: 'Waits, it is next: 3 of 3 are taken.', ahead: 0 }),
        },
      },
      expect: { state: 'SCHEDULED/AwaitingConcurrencySlot', call: 'none', why: /3 of 3/ },
    },
    {
      name: 'is cancelled without a call',
      world: { ...READY, run: aRun({ spec: { cancel: true } }) },
      expect: { state: 'CANCELLED/Cancelled', call: 'none', writes: ['PutHistory'] },
    },
    {
      name: 'is let go when it is deleted',
      world: { ...READY, run: aRun(DELETED) },
      expect: { call: 'none', writes: ['ReleaseObject'] },
    },
  ]
  test.each(cases)('$name', check)
})

describe('a finished run', () => {
  const finished = (different: object = {}) =>
    aRun({
      status: { ...inState('COMPLETED', 'Completed'), completionTime: isoTime(NOON) },
      ...different,
    })
  const withTtl = () => valid({ image: 'busybox', ttlSecondsAfterFinished: 60 })
  const cases: readonly Case[] = [
    {
      name: 'stays as it is',
      world: { ...READY, run: finished(), attempts: [anEnded('Success')] },
      nowMs: NOON + HOUR,
      expect: { call: 'none', writes: [], outcome: 'AwaitChange' },
    },
    {
      name: 'waits for its TTL',
      world: { run: finished(), resolve: withTtl },
      nowMs: NOON + 20 * SECOND,
      expect: { call: 'none', writes: [], outcome: 40 * SECOND },
    },
    {
      name: 'goes when its TTL is over',
      world: { run: finished(), resolve: withTtl },
      nowMs: NOON + MINUTE,
      expect: { call: 'none', writes: ['DeleteObject'] },
    },
    {
      name: 'runs again for a new text of the rerun annotation',
      world: {
        ...READY,
        run: finished({ meta: { annotations: { [WIRE.annotationRerun]: 'again' } } }),
        attempts: [anEnded('Success')],
      },
      expect: { state: 'PENDING/Submitting', call: 'RunTask' },
    },
  ]
  test.each(cases)('$name', check)

  test('a text that the run was born with is no rerun', () => {
    const meta = { annotations: { [WIRE.annotationRerun]: 'first' } }
    const born = decideRun(aWorld({ ...READY, run: aRun({ meta }) }), NOON)
    expect(born.status.rerun).toEqual({ text: 'first', fromAttempt: 1 })
    const status = { ...born.status, ...inState('COMPLETED', 'Completed') }
    const later = decideRun(aWorld({ ...READY, run: aRun({ meta, status }) }), NOON)
    expect(summary(later)).toMatchObject({ call: 'none', writes: [] })
  })
})

describe('safety', () => {
  const attempts = fc.array(
    fc.record({
      outcome: fc.constantFrom(...OUTCOME_CLASSES),
      phase: fc.constantFrom('Stopped' as const, 'Refused' as const, 'Lost' as const),
    }),
    { maxLength: 6 },
  )
  const rows = (
    ends: readonly { outcome: AttemptRow['outcomeClass']; phase: AttemptRow['phase'] }[],
  ) => {
    let number = 1
    let tried = 0
    return ends.map(({ outcome, phase }) => {
      tried += 1
      const row = anEnded(outcome ?? 'Unknown', { number, try: tried, phase })
      if (phase !== 'Refused') {
        number += 1
        tried = 0
      }
      return row
    })
  }

  test('no token is ever used twice, whatever has happened', () => {
    fc.assert(
      fc.property(attempts, fc.nat({ max: 20 }), fc.nat({ max: 48 }), (ends, limit, hours) => {
        const before = rows(ends)
        const resolve = () => valid({ image: 'busybox', retry: { limit } })
        const row = insertedBy(aWorld({ ...READY, resolve, attempts: before }), NOON + hours * HOUR)
        expect(before.map(({ clientToken }) => clientToken)).not.toContain(row?.clientToken)
      }),
    )
  })

  test('a run with a living attempt never gets a second one', () => {
    fc.assert(
      fc.property(attempts, fc.nat({ max: 72 }), fc.boolean(), (ends, hours, launched) => {
        const before = rows(ends)
        const number = before.length + 1
        const live = launched ? aLaunched({}, { number }) : anAttempt({ number })
        const world = aWorld({ ...READY, attempts: [...before, live] })
        expect(insertedBy(world, NOON + hours * HOUR)).toBeUndefined()
      }),
    )
  })

  test('deciding twice gives the same plan', () => {
    fc.assert(
      fc.property(attempts, fc.nat({ max: 72 }), (ends, hours) => {
        const world = aWorld({ ...READY, attempts: rows(ends) })
        const nowMs = NOON + hours * HOUR
        expect(decideRun(world, nowMs)).toEqual(decideRun(world, nowMs))
      }),
    )
  })
})
