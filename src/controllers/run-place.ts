import { findCondition } from '../kinds/conditions.ts'
import type { Deployment } from '../kinds/deployment.ts'
import type { RunSpec } from '../kinds/generated.ts'
import { type CapstanObject, DEFAULT_WORK_POOL, keyOf, type ObjectKey } from '../kinds/meta.ts'
import type { ResolveChecks } from '../kinds/resolve.ts'
import { isFinalState, type RunStatus } from '../kinds/run.ts'
import { renderTemplate } from '../kinds/template.ts'
import { resolveValues } from '../kinds/values.ts'
import { DEFAULT_QUEUE, type WorkPool } from '../kinds/workpool.ts'
import { parseIsoTime } from '../lib/instant.ts'
import type { Contender, Group, TaskSize } from './line.ts'

export type RunObject = CapstanObject<RunSpec, RunStatus>

/**
 * What a run is to its pool:
 *   Contender  wants to launch now
 *   Active     has a task, or had one and waits for its retry: it counts for its group
 *   Other      waits for a time, a person or another object
 */
export type Stage = 'Contender' | 'Active' | 'Other'

/** A run that is not over, in the line of its pool. */
export interface Place extends Contender {
  readonly key: ObjectKey
  readonly stage: Stage
  readonly dependsOn: RunSpec['dependsOn']
  /** Since when it has been preparing its launch; it keeps a slot free for so long only as a launch may take. */
  readonly preparingSinceMs: number | undefined
}

/** The objects that a run's place follows from. */
export interface PlaceSources {
  readonly run: RunObject
  readonly deployment: Deployment | undefined
  readonly pool: WorkPool | undefined
  readonly poolName: string
}

export function poolNameOf(run: RunObject, deployment: Deployment | undefined): string {
  return run.spec.workPool ?? deployment?.spec.workPool ?? DEFAULT_WORK_POOL
}

/** The place of a run; undefined for one that is over. `size` is asked for when a quota needs it. */
export function placeOf(sources: PlaceSources, size: () => TaskSize): Place | undefined {
  const { run, deployment } = sources
  const { metadata, spec, status } = run
  if (isFinalState(status?.state?.type)) return undefined
  const stage = stageOf(run)
  const isPreparing = status?.state?.type === 'PENDING' && status.state.name === 'Pending'
  return {
    id: metadata.uid,
    key: keyOf(run),
    name: metadata.name,
    queue: spec.queue ?? deployment?.spec.queue ?? DEFAULT_QUEUE,
    priority: spec.priority ?? 0,
    createdAt: metadata.creationTimestamp,
    tasks: Math.max(1, status?.array?.waiting ?? spec.array ?? 1),
    size,
    group: groupOf(sources),
    holdsGroup: status?.startTime !== undefined,
    stage,
    dependsOn: spec.dependsOn,
    preparingSinceMs: isPreparing ? parseIsoTime(status.state.timestamp) : undefined,
  }
}

/** States in which an array goes on launching. */
const LAUNCHING_STATES: readonly string[] = ['PENDING', 'RUNNING']

function stageOf({ metadata, spec, status }: RunObject): Stage {
  const { type, name } = status?.state ?? {}
  const isHeld =
    metadata.deletionTimestamp !== undefined || spec.cancel === true || spec.suspend === true
  const launchesMore = (status?.array?.waiting ?? 0) > 0 && LAUNCHING_STATES.includes(type ?? '')
  if (launchesMore && !isHeld && status?.startTime !== undefined) return 'Contender'
  switch (type) {
    case undefined:
      return isHeld || spec.scheduledTime !== undefined ? 'Other' : 'Contender'
    case 'PENDING':
      if (name !== 'Pending') return 'Active'
      return isHeld || findCondition(status?.conditions, 'Stalled')?.status === 'True'
        ? 'Other'
        : 'Contender'
    case 'SCHEDULED':
      if (name === 'AwaitingConcurrencySlot' && !isHeld) return stalledOr(status, 'Contender')
      return status?.startTime !== undefined && name !== 'Scheduled' ? 'Active' : 'Other'
    case 'PAUSED':
      return 'Other'
    default:
      return 'Active'
  }
}

function stalledOr(status: RunStatus | undefined, stage: Stage): Stage {
  return findCondition(status?.conditions, 'Stalled')?.status === 'True' ? 'Other' : stage
}

/** Values are not checked here: a run whose values are wrong fails for them by itself. */
const UNCHECKED: ResolveChecks['values'] = () => []

function groupOf({ run, deployment, pool, poolName }: PlaceSources): Group | undefined {
  const concurrency = deployment?.spec.concurrency
  if (!concurrency || !deployment) return undefined
  const { limit, policy = 'Enqueue', key } = concurrency
  const { name } = deployment.metadata
  if (key === undefined) {
    return { id: `deployment/${name}`, name: `Deployment ${name}`, limit, policy }
  }
  const input = {
    run: { metadata: run.metadata, spec: run.spec },
    pool: { name: poolName, spec: pool?.spec ?? {} },
    deployment: { name, spec: deployment.spec },
    attempt: 1,
  }
  const { value } = renderTemplate(key, resolveValues(input, UNCHECKED).context)
  const text = typeof value === 'string' ? value : JSON.stringify(value ?? '')
  return { id: `key/${text}`, name: `concurrency key ${text}`, limit, policy }
}
