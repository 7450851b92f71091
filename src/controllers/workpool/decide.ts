import { setCondition } from '../../kinds/conditions.ts'
import type { ObjectKey } from '../../kinds/meta.ts'
import type { WorkPool, WorkPoolStatus } from '../../kinds/workpool.ts'
import { isoTime } from '../../lib/instant.ts'

/** A run that has no task and is not over, as far as its pool looks at it. */
export interface WaitingRun {
  readonly key: ObjectKey
  readonly priority: number
  /** RFC 3339. */
  readonly createdAt: string
  /** False while the run waits for a time, a retry or a person. */
  readonly wantsSlot: boolean
}

export interface WorkPoolWorld {
  readonly pool: WorkPool
  readonly active: number
  readonly waiting: readonly WaitingRun[]
}

export interface WorkPoolPlan {
  readonly status: WorkPoolStatus
  /** Runs that may have a slot now, first come first in line within a priority; they decide for themselves. */
  readonly wake: readonly ObjectKey[]
}

/** Runs that are woken at once when nothing limits the pool; the others follow as these are reconciled. */
const WAKE_LIMIT = 1_000

/** Counts the pool and says whose turn it is. Pure. */
export function decideWorkPool(world: WorkPoolWorld, nowMs: number): WorkPoolPlan {
  const { pool, active, waiting } = world
  const { concurrencyLimit } = pool.spec
  const paused = pauseReason(pool)
  const free = paused === undefined ? Math.max(0, (concurrencyLimit ?? Infinity) - active) : 0
  const line = waiting.filter((run) => run.wantsSlot).toSorted(byTurn)
  return {
    status: {
      observedGeneration: pool.metadata.generation,
      active,
      queued: waiting.length,
      replicas: active,
      conditions: conditions(pool, paused, nowMs),
    },
    wake: line.slice(0, Math.min(free, WAKE_LIMIT)).map((run) => run.key),
  }
}

function byTurn(a: WaitingRun, b: WaitingRun): number {
  return b.priority - a.priority || (a.createdAt < b.createdAt ? -1 : 1)
}

function pauseReason(pool: WorkPool): string | undefined {
  const policy = pool.spec.stopPolicy ?? 'None'
  if (pool.spec.suspend === true) return 'spec.suspend is true'
  return policy === 'None' ? undefined : `spec.stopPolicy is ${policy}`
}

function conditions(
  pool: WorkPool,
  paused: string | undefined,
  nowMs: number,
): NonNullable<WorkPoolStatus['conditions']> {
  const now = isoTime(nowMs)
  const observedGeneration = pool.metadata.generation
  const suspended = setCondition(
    pool.status?.conditions ?? [],
    {
      type: 'Suspended',
      status: paused === undefined ? 'False' : 'True',
      reason: paused === undefined ? 'Open' : 'Suspended',
      message: paused ?? '',
      observedGeneration,
    },
    now,
  )
  const ready = { type: 'Ready', status: 'True', reason: 'Accepted', message: '' } as const
  return setCondition(suspended, { ...ready, observedGeneration }, now)
}
