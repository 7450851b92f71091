import type { DeploymentStatus } from '../kinds/deployment.ts'
import type { DeploymentSpec } from '../kinds/generated.ts'
import { type CapstanObject, DEFAULT_WORK_POOL, isKind, type ObjectKey } from '../kinds/meta.ts'
import { isFinalState, type Run, type RunStatus } from '../kinds/run.ts'
import type { Change, Store } from '../store/types.ts'
import type { OwnCommits } from './own-commits.ts'
import type { RunLines } from './run-lines.ts'
import { poolNameOf } from './run-place.ts'

export interface WakeSources {
  readonly store: Store
  readonly lines: Pick<RunLines, 'membersOfGroup' | 'dependents' | 'poolsWithKeys'>
  readonly own?: OwnCommits
}

/** A key that should be reconciled, and how soon. */
export interface Wake {
  readonly key: ObjectKey
  readonly delayMs: number
  /** Goes before new objects: a cancel must not wait behind thousands of new runs. */
  readonly isUrgent?: boolean
}

/** A pool only counts its runs: a hundred of them that change at once are one count. */
const POOL_COUNT_DELAY_MS = 100

/** A deployment looks at all of its runs, so many of them that change at once are one look. */
const DEPLOYMENT_LOOK_DELAY_MS = 250

/**
 * Which objects have to be reconciled after a commit. Every change wakes its own object, unless that object's
 * own reconcile is writing it. The rest follows the references: a Run wakes its pool and its Deployment, a pool
 * or Deployment with a new spec its Runs, a new namespace its default pool.
 */
export function wakesOf(sources: WakeSources, change: Change): readonly Wake[] {
  const { kind, namespace, name } = change
  if (kind === 'Namespace')
    return [now({ kind: 'WorkPool', namespace: name, name: DEFAULT_WORK_POOL })]
  if (!isKind(kind) || isBeatShown(change)) return []
  const key = { kind, namespace, name }
  const others = related(sources, change, key)
  if (sources.own?.isOwnStatus(change)) return others
  return [{ ...now(key), isUrgent: change.type !== 'ADDED' }, ...others]
}

/** Whether the change only shows a heartbeat to people: nothing is decided by it, and a fleet has thousands a minute. */
function isBeatShown({ kind, type, object, previous }: Change): boolean {
  if (kind !== 'Run' || type !== 'MODIFIED') return false
  const beatOf = (run: CapstanObject | undefined): RunStatus['heartbeat'] =>
    (run as Run | undefined)?.status?.heartbeat
  const [before, after] = [beatOf(previous), beatOf(object)]
  if (!before || !after || before.lastBeatAt === after.lastBeatAt) return false
  // Nobody else writes lastBeatAt; with a new attempt it is taken away.
  return after.lastBeatAt !== undefined && before.attempt === after.attempt
}

function related(sources: WakeSources, change: Change, key: ObjectKey): readonly Wake[] {
  const { store } = sources
  switch (key.kind) {
    case 'Run':
      return [
        ...poolOf(sources, change, key),
        ...deploymentOf(store, change, key),
        ...replaced(sources, change),
        ...dependents(sources, change),
      ]
    case 'WorkPool':
      return respecified(change, () =>
        store.objects.unfinishedRunKeysOfWorkPool(key.namespace, key.name),
      )
    case 'Deployment':
      return respecified(change, () => store.objects.runKeysOfDeployment(key.namespace, key.name))
    case 'Automation':
      return []
  }
}

function poolOf({ store, lines }: WakeSources, change: Change, key: ObjectKey): readonly Wake[] {
  const run = runOf(store, change, key)
  if (!run) return []
  const { namespace } = key
  const parent = deploymentSpec(store, namespace, run.spec.deployment)
  const own = poolNameOf(run.spec, parent)
  // Its group may wait in other pools too; only an end makes room there.
  const isShared = parent?.concurrency?.key !== undefined && isGone(change, run)
  const names = new Set([own, ...(isShared ? lines.poolsWithKeys(namespace) : [])])
  return [...names].map((name) => ({
    key: { kind: 'WorkPool', namespace, name },
    delayMs: POOL_COUNT_DELAY_MS,
  }))
}

function deploymentSpec(
  store: Store,
  namespace: string,
  name: string | undefined,
): DeploymentSpec | undefined {
  if (name === undefined) return undefined
  const found = store.objects.get({ kind: 'Deployment', namespace, name })
  return found?.spec as DeploymentSpec | undefined
}

function isGone(change: Change, run: Run): boolean {
  return change.type === 'DELETED' || isOver(run)
}

function isOver(run: Run): boolean {
  return isFinalState(run.status?.state?.type)
}

/**
 * A deployment looks at which of its runs live, how the others ended, and their revisions, so it is woken by a
 * run's start and end. It knows of the runs that it made, and a finished run that goes changes nothing.
 */
function deploymentOf(store: Store, change: Change, key: ObjectKey): readonly Wake[] {
  const run = runOf(store, change, key)
  const name = run?.spec.deployment
  if (!run || name === undefined) return []
  const before = change.previous as Run | undefined
  if (change.type === 'MODIFIED' && shownText(before) === shownText(run)) return []
  const deployment: ObjectKey = { kind: 'Deployment', namespace: key.namespace, name }
  if (change.type === 'DELETED' ? isOver(run) : isShown(store, deployment, run)) return []
  return [{ key: deployment, delayMs: DEPLOYMENT_LOOK_DELAY_MS }]
}

/** What a deployment's status says of a run. */
function shownText(run: Run | undefined): string {
  const { state, attempts } = run?.status ?? {}
  return `${isFinalState(state?.type) ? state?.type : ''} ${attempts?.at(-1)?.taskDefinitionArn}`
}

/** Whether the deployment shows the run as it is: living, and of the revision that it shows. */
function isShown(store: Store, key: ObjectKey, run: Run): boolean {
  const status = store.objects.get(key)?.status as DeploymentStatus | undefined
  const arn = run.status?.attempts?.at(-1)?.taskDefinitionArn
  return (
    !isOver(run) &&
    status?.active?.includes(run.metadata.name) === true &&
    (arn === undefined || arn === status.taskDefinitionArn)
  )
}

/** A run that stands in line may have the place of an older one of its group. */
function replaced({ lines }: WakeSources, change: Change): readonly Wake[] {
  const run = change.object as Run | undefined
  const isInLine = run?.status?.state?.name === 'AwaitingConcurrencySlot'
  if (run?.spec.deployment === undefined || !isInLine || change.type !== 'MODIFIED') return []
  return lines.membersOfGroup(run).map(now)
}

/** Whoever waits for a run looks again when it has ended, or is there at last. */
function dependents({ lines }: WakeSources, change: Change): readonly Wake[] {
  const run = change.object as Run | undefined
  if (!run || (change.type === 'MODIFIED' && !isOver(run))) return []
  return lines.dependents(run).map(now)
}

function runOf(store: Store, change: Change, key: ObjectKey): Run | undefined {
  const object = change.type === 'DELETED' ? change.object : store.objects.get(key)
  return object as Run | undefined
}

/** Runs depend on what their pool and their deployment say, not on what is found out about those. */
function respecified(change: Change, keys: () => readonly ObjectKey[]): readonly Wake[] {
  const isStatus =
    change.type === 'MODIFIED' &&
    change.previous?.metadata.generation === change.object?.metadata.generation
  return change.type === 'DELETED' || isStatus ? [] : keys().map(now)
}

function now(key: ObjectKey): Wake {
  return { key, delayMs: 0 }
}
