import { setCondition } from '../../kinds/conditions.ts'
import type { ObjectKey } from '../../kinds/meta.ts'
import {
  DEFAULT_QUEUE,
  type QuotaUsed,
  type WorkPool,
  type WorkPoolStatus,
  type WorkQueueStatus,
} from '../../kinds/workpool.ts'
import { defined } from '../../lib/defined.ts'
import type { PoolUse } from '../../store/types.ts'
import type { ClosedWindow } from '../launch-windows.ts'
import type { Place } from '../run-place.ts'

export interface WorkPoolWorld {
  readonly pool: WorkPool
  /** What its living tasks take, by queue. */
  readonly used: readonly PoolUse[]
  /** How many of its runs are neither active nor over, by queue. */
  readonly waiting: ReadonlyMap<string, number>
  /** Whose turn it is, first come first. */
  readonly called: readonly Place[]
  readonly closed: ClosedWindow | undefined
}

export interface WorkPoolPlan {
  readonly status: WorkPoolStatus
  /** Runs whose turn has come, first come first in line; they decide for themselves. */
  readonly wake: readonly ObjectKey[]
}

/** Runs that are woken at once when nothing limits the pool; the others follow as these are reconciled. */
const WAKE_LIMIT = 1_000

/** Counts the pool and says whose turn it is; `problem` is what is wrong with its account. Pure. */
export function decideWorkPool(
  world: WorkPoolWorld,
  problem: string | undefined,
  nowMs: number,
): WorkPoolPlan {
  const { pool, used, waiting, called, closed } = world
  const active = used.reduce((sum, use) => sum + use.tasks, 0)
  const queued = [...waiting.values()].reduce((sum, count) => sum + count, 0)
  const paused = pauseReason(pool)
  const isOpen = paused === undefined && closed === undefined
  const { namespace } = pool.metadata
  const toKey = ({ name }: Place): ObjectKey => ({ kind: 'Run', namespace, name })
  return {
    status: defined({
      observedGeneration: pool.metadata.generation,
      active,
      queued,
      replicas: active,
      quotaUsed: pool.spec.quota && quotaUsed(used),
      queues: queueStatuses(pool, used, waiting),
      conditions: conditions(pool, { paused, problem }, nowMs),
    }),
    wake: isOpen ? called.slice(0, WAKE_LIMIT).map(toKey) : [],
  }
}

function quotaUsed(used: readonly PoolUse[]): QuotaUsed {
  const sum = (of: (use: PoolUse) => number): number =>
    used.reduce((total, use) => total + of(use), 0)
  return {
    tasks: sum((use) => use.tasks),
    vcpu: sum((use) => use.cpuUnits) / 1024,
    memoryGiB: sum((use) => use.memoryMib) / 1024,
  }
}

/** Only pools that name queues show them. */
function queueStatuses(
  { spec }: WorkPool,
  used: readonly PoolUse[],
  waiting: ReadonlyMap<string, number>,
): readonly WorkQueueStatus[] | undefined {
  const { queues = [] } = spec
  if (queues.length === 0) return undefined
  const names = new Set([...queues.map(({ name }) => name), DEFAULT_QUEUE])
  return [...names].map((name) => ({
    name,
    active: used.find(({ queue }) => queue === name)?.tasks ?? 0,
    queued: waiting.get(name) ?? 0,
  }))
}

function pauseReason(pool: WorkPool): string | undefined {
  const policy = pool.spec.stopPolicy ?? 'None'
  if (pool.spec.suspend === true) return 'spec.suspend is true'
  return policy === 'None' ? undefined : `spec.stopPolicy is ${policy}`
}

function conditions(
  pool: WorkPool,
  {
    paused,
    problem,
  }: { readonly paused: string | undefined; readonly problem: string | undefined },
  nowMs: number,
): NonNullable<WorkPoolStatus['conditions']> {
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
    nowMs,
  )
  return setCondition(
    suspended,
    {
      type: 'Ready',
      status: problem === undefined ? 'True' : 'False',
      reason: problem === undefined ? 'Accepted' : 'AccountUnusable',
      message: problem ?? '',
      observedGeneration,
    },
    nowMs,
  )
}
