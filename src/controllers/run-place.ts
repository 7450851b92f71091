import { isTrue } from '../kinds/conditions.ts'
import type { Deployment } from '../kinds/deployment.ts'
import type { RunSpec } from '../kinds/generated.ts'
import { type CapstanObject, DEFAULT_WORK_POOL, keyOf, type ObjectKey } from '../kinds/meta.ts'
import type { ResolveChecks } from '../kinds/resolve.ts'
import { isFinalState, type RunState, type RunStatus } from '../kinds/run.ts'
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
  /** Of the spec, which decides the size. */
  readonly generation: number
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
  const state = status?.state
  if (isFinalState(state?.type)) return undefined
  return {
    id: metadata.uid,
    key: keyOf(run),
    name: metadata.name,
    queue: spec.queue ?? deployment?.spec.queue ?? DEFAULT_QUEUE,
    priority: spec.priority ?? 0,
    createdAt: metadata.creationTimestamp,
    tasks: tasksOf(run),
    size,
    group: groupOf(sources),
    holdsGroup: status?.startTime !== undefined,
    generation: metadata.generation,
    stage: stageOf(run),
    dependsOn: spec.dependsOn,
    preparingSinceMs: state && isPreparing(state) ? parseIsoTime(state.timestamp) : undefined,
  }
}

/** What is left of an array; asking is for one at least. */
function tasksOf({ spec, status }: RunObject): number {
  return Math.max(1, status?.array?.waiting ?? spec.array ?? 1)
}

function isPreparing({ type, name }: RunState): boolean {
  return type === 'PENDING' && name === 'Pending'
}

/** Of the states that are not over. A name that does not stand here counts by its type. */
const STAGES: Readonly<Record<string, Stage>> = {
  'SCHEDULED/AwaitingConcurrencySlot': 'Contender',
  'SCHEDULED/AwaitingRetry': 'Active',
  SCHEDULED: 'Other',
  'PENDING/Pending': 'Contender',
  PENDING: 'Active',
  RUNNING: 'Active',
  CANCELLING: 'Active',
  PAUSED: 'Other',
}

function stageOf(run: RunObject): Stage {
  const { spec, status } = run
  const state = status?.state
  if (!state) return isHeld(run) || spec.scheduledTime !== undefined ? 'Other' : 'Contender'
  if (isLaunchingMore(run)) return isHeld(run) ? 'Active' : 'Contender'
  const stage = STAGES[`${state.type}/${state.name}`] ?? STAGES[state.type] ?? 'Other'
  if (stage === 'Contender') return isStuck(run) ? 'Other' : stage
  return isBeforeFirstTask(status) ? 'Other' : stage
}

/** A run that waits for capacity without ever having had a task takes no place of its group. */
function isBeforeFirstTask({ state, startTime }: RunStatus): boolean {
  return state?.name === 'AwaitingRetry' && startTime === undefined
}

/** Nothing but a person, or a change of a manifest, lets it go on. */
function isStuck(run: RunObject): boolean {
  return isHeld(run) || isTrue(run.status?.conditions, 'Stalled')
}

function isHeld({ metadata, spec }: RunObject): boolean {
  return metadata.deletionTimestamp !== undefined || spec.cancel === true || spec.suspend === true
}

/** An array of which a part runs and another part has no room. */
function isLaunchingMore({ status }: RunObject): boolean {
  const isUnderWay = status?.state?.type === 'RUNNING' || status?.state?.type === 'PENDING'
  return isUnderWay && status.startTime !== undefined && (status.array?.waiting ?? 0) > 0
}

/** Values are not checked here: a run whose values are wrong fails for them by itself. */
const UNCHECKED: ResolveChecks['values'] = () => []

function groupOf({ run, deployment, pool, poolName }: PlaceSources): Group | undefined {
  const concurrency = deployment?.spec.concurrency
  if (!concurrency) return undefined
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
