import type { DeploymentSpec, RunSpec } from '../kinds/generated.ts'
import {
  type CapstanObject,
  DEFAULT_WORK_POOL,
  isKind,
  type Kind,
  type ObjectKey,
} from '../kinds/meta.ts'
import { isFinalState, type RunStatus } from '../kinds/run.ts'
import type { Change, Store } from '../store/types.ts'
import type { RunLines } from './run-lines.ts'

export interface WakeSources {
  readonly store: Store
  readonly lines: Pick<RunLines, 'membersOfGroup' | 'dependents' | 'poolsWithKeys'>
}

/** A key that should be reconciled, and how soon. */
export interface Wake {
  readonly key: ObjectKey
  readonly delayMs: number
  /** Goes before what is new: thousands of new runs wait for their turn to launch, and a cancel must not wait behind them. */
  readonly isUrgent?: boolean
}

/** A pool only counts its runs: a hundred of them that change at once are one count. */
const POOL_COUNT_DELAY_MS = 100

/** A deployment looks at all of its runs, so many of them that change at once are one look. */
const DEPLOYMENT_LOOK_DELAY_MS = 250

/**
 * Who has to look again after a commit. Every change wakes its own object; the rest follows the
 * references: a Run its pool and its Deployment, a pool or Deployment whose spec is new its Runs, a new
 * namespace its default pool.
 */
export function wakesOf(sources: WakeSources, change: Change): readonly Wake[] {
  const { kind, namespace, name } = change
  if (kind === 'Namespace')
    return [now({ kind: 'WorkPool', namespace: name, name: DEFAULT_WORK_POOL })]
  if (!isKind(kind) || isBeatShown(change)) return []
  const own = { ...now({ kind, namespace, name }), isUrgent: change.type !== 'ADDED' }
  return [own, ...related(sources, change, { kind, namespace, name })]
}

/** A beat that is shown is news for people alone: nothing is decided by it, and a fleet has thousands a minute. */
function isBeatShown({ kind, type, object, previous }: Change): boolean {
  if (kind !== 'Run' || type !== 'MODIFIED') return false
  const beatOf = (run: CapstanObject | undefined): RunStatus['heartbeat'] =>
    (run as CapstanObject<RunSpec, RunStatus> | undefined)?.status?.heartbeat
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
  const own = run.spec.workPool ?? parent?.workPool ?? DEFAULT_WORK_POOL
  // Its group may wait in other pools too; only an end makes room there.
  const isShared = parent?.concurrency?.key !== undefined && isOver(change, run)
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

function isOver(change: Change, run: CapstanObject<RunSpec, RunStatus>): boolean {
  return change.type === 'DELETED' || isFinalState(run.status?.state?.type)
}

/** A deployment looks at the states of its runs, and not at what else changes about them. */
function deploymentOf(store: Store, change: Change, key: ObjectKey): readonly Wake[] {
  const run = runOf(store, change, key)
  const name = run?.spec.deployment
  if (name === undefined) return []
  const before = change.previous as CapstanObject<RunSpec, RunStatus> | undefined
  if (change.type === 'MODIFIED' && stateText(before) === stateText(run)) return []
  const { namespace } = key
  return [{ key: { kind: 'Deployment', namespace, name }, delayMs: DEPLOYMENT_LOOK_DELAY_MS }]
}

/** A run that stands in line may have the place of an older one of its group. */
function replaced({ lines }: WakeSources, change: Change): readonly Wake[] {
  const run = change.object as CapstanObject<RunSpec, RunStatus> | undefined
  const isInLine = run?.status?.state?.name === 'AwaitingConcurrencySlot'
  if (run?.spec.deployment === undefined || !isInLine || change.type !== 'MODIFIED') return []
  return lines.membersOfGroup(run).map(now)
}

/** Whoever waits for a run looks again when it has ended, or is there at last. */
function dependents({ lines }: WakeSources, change: Change): readonly Wake[] {
  const run = change.object as CapstanObject<RunSpec, RunStatus> | undefined
  if (!run || (change.type === 'MODIFIED' && !isOver(change, run))) return []
  return lines.dependents(run).map(now)
}

function stateText(run: CapstanObject<RunSpec, RunStatus> | undefined): string {
  const { type, name } = run?.status?.state ?? {}
  return `${type}/${name}`
}

function runOf(
  store: Store,
  change: Change,
  key: ObjectKey,
): CapstanObject<RunSpec, RunStatus> | undefined {
  const object = change.type === 'DELETED' ? change.object : store.objects.get(key)
  return object as CapstanObject<RunSpec, RunStatus> | undefined
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

/** Everything that a controller that just started has to look at, unfinished runs first. */
export function startKeys(store: Store, kinds: readonly Kind[]): readonly ObjectKey[] {
  const unfinished = store.objects.unfinishedRunKeys()
  const seen = new Set(unfinished.map(({ namespace, name }) => `${namespace}/${name}`))
  const others = kinds.flatMap((kind) =>
    store.objects
      .keys(kind)
      .filter(({ namespace, name }) => kind !== 'Run' || !seen.has(`${namespace}/${name}`)),
  )
  const pools = store.objects
    .namespaces()
    .map(({ name }): ObjectKey => ({ kind: 'WorkPool', namespace: name, name: DEFAULT_WORK_POOL }))
  return [...unfinished, ...pools, ...others]
}
