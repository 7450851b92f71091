import { isTrue } from '../kinds/conditions.ts'
import type { Deployment } from '../kinds/deployment.ts'
import type { RunSpec } from '../kinds/generated.ts'
import { DEFAULT_WORK_POOL } from '../kinds/meta.ts'
import type { ResolveChecks } from '../kinds/resolve.ts'
import { isFinalState, type Run, type RunState, type RunStatus } from '../kinds/run.ts'
import { renderTemplate } from '../kinds/template.ts'
import { resolveValues } from '../kinds/values.ts'
import { DEFAULT_QUEUE, type WorkPool } from '../kinds/workpool.ts'
import { parseIsoTime } from '../lib/instant.ts'
import type { Contender, Group } from './line.ts'

/**
 * What a run is to its pool:
 *   Contender  wants to launch now
 *   Active     has a task, or had one and waits for its retry: it counts for its group
 *   Other      waits for a time, a person or another object
 */
export type Stage = 'Contender' | 'Active' | 'Other'

/** A run that is not over, in the line of its pool. There may be a hundred thousand, so it holds nothing else of the run. */
export interface Place extends Contender {
  /** Of the spec, which decides the size. */
  readonly generation: number
  readonly stage: Stage
  readonly dependsOn: RunSpec['dependsOn']
  /** Since when it has been preparing its launch; it keeps a slot free for so long only as a launch may take. */
  readonly preparingSinceMs: number | undefined
}

/** The objects that a run's place follows from. */
export interface PlaceSources {
  readonly run: Run
  readonly deployment: Deployment | undefined
  /** Only a concurrency key may name something of it. */
  readonly pool: () => WorkPool | undefined
  readonly poolName: string
}

interface NamesPool {
  readonly workPool?: string | undefined
}

/** The pool of a run: its own spec's, else its deployment's, else the default one. */
export function poolNameOf(run: NamesPool, deployment: NamesPool | undefined): string {
  return run.workPool ?? deployment?.workPool ?? DEFAULT_WORK_POOL
}

/** The place of a run; undefined for one that is over. */
export function placeOf(sources: PlaceSources): Place | undefined {
  const { run, deployment } = sources
  const { metadata, spec, status } = run
  const state = status?.state
  if (isFinalState(state?.type)) return undefined
  return {
    id: metadata.uid,
    name: metadata.name,
    queue: spec.queue ?? deployment?.spec.queue ?? DEFAULT_QUEUE,
    priority: spec.priority ?? 0,
    createdAt: metadata.creationTimestamp,
    tasks: tasksOf(run),
    group: groupOf(sources),
    holdsGroup: status?.startTime !== undefined,
    generation: metadata.generation,
    stage: stageOf(run),
    dependsOn: spec.dependsOn,
    preparingSinceMs: state && isPreparing(state) ? parseIsoTime(state.timestamp) : undefined,
  }
}

/** What is left of an array; a run always asks for at least one task. */
function tasksOf({ spec, status }: Run): number {
  return Math.max(1, status?.array?.waiting ?? spec.array ?? 1)
}

function isPreparing({ type, name }: RunState): boolean {
  return type === 'PENDING' && name === 'Pending'
}

/** By state that is not final, as type and name; a name without a row counts by its type. */
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

function stageOf(run: Run): Stage {
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
function isStuck(run: Run): boolean {
  return isHeld(run) || isTrue(run.status?.conditions, 'Stalled')
}

function isHeld({ metadata, spec }: Run): boolean {
  return metadata.deletionTimestamp !== undefined || spec.cancel === true || spec.suspend === true
}

/** An array of which some tasks run while others wait for room. */
function isLaunchingMore({ status }: Run): boolean {
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
    pool: { name: poolName, spec: pool()?.spec ?? {} },
    deployment: { name, spec: deployment.spec },
    attempt: 1,
  }
  const { value } = renderTemplate(key, resolveValues(input, UNCHECKED).context)
  const text = typeof value === 'string' ? value : JSON.stringify(value ?? '')
  return { id: `key/${text}`, name: `concurrency key ${text}`, limit, policy }
}
