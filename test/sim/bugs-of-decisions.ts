import { decideRun } from '../../src/controllers/run/decide.ts'
import type { Resolved, RunPlan, RunWorld, Write } from '../../src/controllers/run/world.ts'
import type { RetryPolicy } from '../../src/kinds/generated.ts'
import { isFinalState } from '../../src/kinds/run.ts'
import type { AttemptRow } from '../../src/store/types.ts'
import type { Bug } from './bugs.ts'

/** Mistakes in what is decided about attempts: their intents, ends and repetitions. */
export const DECISION_BUGS: readonly Bug[] = [
  {
    name: 'an intent of any age is sent again',
    because: 'token expired: a dead token launches a second task',
    plant: () =>
      seeingRows((row, nowMs) => (row.phase === 'Intent' ? { ...row, createdAtMs: nowMs } : row)),
  },
  {
    name: 'an open intent is never looked at again',
    because: 'lost run: pending for ever (prefect#20485)',
    plant: () => ({
      decide: (world, nowMs) => {
        const plan = decideRun(world, nowMs)
        return world.attempts.some(({ phase }) => phase === 'Intent') ? idle(plan) : plan
      },
    }),
  },
  {
    name: 'what cannot be proven is run again',
    because: 'database and ECS both forgot: absence of proof is no proof of absence',
    plant: () =>
      seeingRows((row) =>
        row.phase === 'Lost' ? { ...row, phase: 'Stopped', outcomeClass: 'HostFailure' } : row,
      ),
  },
  {
    name: 'a missing task is a lost task',
    because: 'MISSING right after launch',
    plant: () =>
      seeingRows((row) => (row.missingSinceMs === undefined ? row : { ...row, missingSinceMs: 0 })),
  },
  {
    name: 'the attempt number does not grow',
    because: 'attempt counting: a token that was used',
    plant: () =>
      writing((write, world) =>
        write.type === 'InsertAttempt' ? firstAttempt(write, world) : write,
      ),
  },
  {
    name: 'a retry too many',
    because: 'attempt counting: off by one',
    plant: () =>
      seeing((world) =>
        retryingAs(world, (policy) => ({ ...policy, limit: (policy.limit ?? 0) + 1 })),
      ),
  },
  {
    name: 'no retry at all',
    because: 'lost run: the last failure is taken for the end',
    plant: () => seeing((world) => retryingAs(world, () => ({ limit: 0 }))),
  },
  {
    name: 'refusals are final',
    because: 'lost run: missing capacity ends it',
    plant: () =>
      seeingRows((row) =>
        row.phase === 'Refused' ? { ...row, outcomeClass: 'ConfigurationError' } : row,
      ),
  },
  {
    name: 'reclaimed hosts are not replaced',
    because: 'lost run: the host is taken for the program',
    plant: () =>
      writing((write) =>
        write.type === 'UpdateAttempt' && isHostLoss(write.changes.outcomeClass)
          ? { ...write, changes: { ...write.changes, outcomeClass: 'ConfigurationError' } }
          : write,
      ),
  },
  {
    name: 'the end of an attempt is not stored',
    because: 'double accounting: the same end is seen again and again',
    plant: () => writing((write) => (write.type === 'UpdateAttempt' ? undefined : write)),
  },
  {
    name: 'deadlines are judged by what was known before',
    because: 'stale read: nobody looked since the controller was away',
    plant: () => seeing((world) => ({ ...world, lookedAtMs: () => Number.POSITIVE_INFINITY })),
  },
  {
    name: 'a task that does not start is waited for, for ever',
    because: 'stuck start (dagster#17212)',
    plant: () => ({
      decide: (world, nowMs) => withoutStops(decideRun(world, nowMs), 'StartTimeout'),
    }),
  },
  {
    name: 'deadlines of attempts are not kept',
    because: 'clock: a deadline that never strikes',
    plant: () => ({
      decide: (world, nowMs) => withoutStops(decideRun(world, nowMs), 'AttemptDeadline'),
    }),
  },
  {
    name: 'a pool takes everyone',
    because: 'admission: a limit that is only shown',
    plant: () =>
      seeing((world) => ({
        ...world,
        admission: { ...world.admission, turn: () => ({ type: 'Go', tasks: 1 }) },
      })),
  },
  {
    name: 'a finished run leaves no history',
    because: 'run once per content: what is not remembered runs again',
    plant: () => writing((write) => (write.type === 'PutHistory' ? undefined : write)),
  },
  {
    name: 'finished runs are asked about again',
    because: 'livelock: a world at peace is still called about',
    plant: () => ({
      decide: (world, nowMs) => {
        const plan = decideRun(world, nowMs)
        const isOver = isFinalState(world.run.status?.state?.type)
        return isOver ? { ...plan, call: { type: 'ReadNetwork', vpcId: undefined } } : plan
      },
    }),
  },
  {
    name: 'every look is told',
    because: 'livelock: a world at peace is still written to',
    plant: () => {
      let looks = 0
      return {
        decide: (world, nowMs) => {
          const plan = decideRun(world, nowMs)
          if (plan.call) return plan
          looks += 1
          const outcome = { type: 'RequeueAfter', delayMs: 60_000 } as const
          return { ...plan, outcome, events: [lookEvent(world, looks)] }
        },
      }
    },
  },
]

function seeing(change: (world: RunWorld, nowMs: number) => RunWorld): ReturnType<Bug['plant']> {
  return { decide: (world, nowMs) => decideRun(change(world, nowMs), nowMs) }
}

function seeingRows(
  change: (row: AttemptRow, nowMs: number) => AttemptRow,
): ReturnType<Bug['plant']> {
  return seeing((world, nowMs) => ({
    ...world,
    attempts: world.attempts.map((row) => change(row, nowMs)),
  }))
}

/** Undefined leaves the write out. */
function writing(
  change: (write: Write, world: RunWorld) => Write | undefined,
): ReturnType<Bug['plant']> {
  return {
    decide: (world, nowMs) => {
      const plan = decideRun(world, nowMs)
      return { ...plan, writes: plan.writes.flatMap((write) => change(write, world) ?? []) }
    },
  }
}

function idle(plan: RunPlan): RunPlan {
  return { ...plan, call: undefined, outcome: { type: 'AwaitChange' } }
}

function withoutStops(plan: RunPlan, cause: AttemptRow['stopCause']): RunPlan {
  const { call } = plan
  return call?.type === 'StopTask' && call.cause === cause ? { ...idle(plan), writes: [] } : plan
}

function retryingAs(world: RunWorld, change: (policy: RetryPolicy) => RetryPolicy): RunWorld {
  const resolve = (number: number): Resolved => {
    const resolved = world.resolve(number)
    if (resolved.type !== 'Valid' || !resolved.template.retry) return resolved
    const retry = change(resolved.template.retry)
    return { ...resolved, template: { ...resolved.template, retry } }
  }
  return { ...world, resolve }
}

function isHostLoss(outcome: AttemptRow['outcomeClass']): boolean {
  return outcome === 'HostFailure' || outcome === 'SpotInterruption'
}

type Insert = Extract<Write, { type: 'InsertAttempt' }>

function firstAttempt(write: Insert, world: RunWorld): Insert {
  const tag = /"key":"capstan.dev\/attempt","value":"\d+"/
  const body = write.row.body.replace(tag, '"key":"capstan.dev/attempt","value":"1"')
  return { ...write, row: { ...write.row, number: 1, try: world.attempts.length + 1, body } }
}

function lookEvent(world: RunWorld, looks: number): RunPlan['events'][number] {
  const { name, namespace, uid } = world.run.metadata
  const regarding = { kind: 'Run' as const, namespace, name, uid }
  return { regarding, type: 'Normal', reason: 'Looked', message: `look ${looks}` }
}
