import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  aLaunched,
  anAttempt,
  anEnded,
  aRun,
  aStoppedTask,
  aWorld,
  HOUR,
  inState,
  MINUTE,
  NOON,
  OPEN,
  SECOND,
  valid,
} from '../../../test/world/builders.ts'
import { WIRE } from '../../kinds/meta.ts'
import { OUTCOME_CLASSES } from '../../kinds/run.ts'
import { isoTime } from '../../lib/instant.ts'
import type { DefinitionRow } from '../../store/definitions.ts'
import type { AttemptRow } from '../../store/types.ts'
import { decideRun } from './decide.ts'
import type { RunPlan, RunWorld } from './world.ts'

const NETWORK: NonNullable<RunWorld['facts']['network']> = {
  vpcId: 'vpc-1',
  subnets: [{ subnetId: 'subnet-1', vpcId: 'vpc-1', availabilityZone: 'us-east-1a', tags: {} }],
}
const REGISTERED: DefinitionRow = {
  account: 'us-east-1',
  family: 'capstan-default-hello',
  hash: 'any',
  taskDefinitionArn: 'arn:aws:ecs:us-east-1:000000000000:task-definition/capstan-default-hello:1',
  revision: 1,
  registeredAtMs: NOON,
  lastUsedAtMs: NOON,
  status: 'ACTIVE',
  autoDeregister: false,
}
/** Everything that a launch asks for is known. */
const READY: Partial<RunWorld> = {
  facts: { definitions: {}, network: NETWORK },
  definition: () => REGISTERED,
}
const DELETED = { meta: { deletionTimestamp: isoTime(NOON) } }

interface Case {
  readonly name: string
  readonly world: Partial<RunWorld>
  readonly nowMs?: number
  readonly expect: {
    readonly state?: string
    readonly call?: string
    readonly writes?: readonly string[]
    readonly outcome?: string | number
    readonly why?: RegExp
    readonly message?: RegExp
  }
}

function summary(plan: RunPlan): Record<string, unknown> {
  const { state, whyPending } = plan.status
  return {
    state: state && `${state.type}/${state.name}`,
    call: plan.call?.type ?? 'none',
    writes: plan.writes.map((write) => write.type),
    outcome: plan.outcome.type === 'AwaitChange' ? 'AwaitChange' : plan.outcome.delayMs,
    why: whyPending ?? '',
    message: state?.message ?? '',
  }
}

function check({ world, nowMs = NOON, expect: wanted }: Case): void {
  const seen = summary(decideRun(aWorld(world), nowMs))
  const { why, message, ...exact } = wanted
  expect(seen).toMatchObject(exact)
  if (why) expect(seen['why']).toMatch(why)
  if (message) expect(seen['message']).toMatch(message)
}

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

function insertedBy(world: RunWorld, nowMs: number): AttemptRow | undefined {
  const write = decideRun(world, nowMs).writes.find(({ type }) => type === 'InsertAttempt')
  return write?.type === 'InsertAttempt' ? write.row : undefined
}

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
