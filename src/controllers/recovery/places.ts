import { AwsError, classifyError } from '../../aws/errors.ts'
import { type AwsAccount, DESCRIBE_TASKS_LIMIT, type TaskSnapshot } from '../../aws/ports.ts'
import type { DeploymentSpec, TemplateSpec, WorkPoolSpec } from '../../kinds/generated.ts'
import { type CapstanObject, DEFAULT_WORK_POOL } from '../../kinds/meta.ts'
import type { Run } from '../../kinds/run.ts'
import type { Clock } from '../../lib/clock.ts'
import { inChunks, inPages } from '../../lib/pages.ts'
import { createSlicer } from '../../runtime/slicer.ts'
import type { Store } from '../../store/types.ts'
import type { LaunchPlace } from '../../store/upkeep.ts'
import type { AccountBook } from '../accounts.ts'
import { poolNameOf } from '../run-place.ts'

/** Where tasks from before may be. */
export interface Place {
  readonly account: AwsAccount
  /** As templates name it, or its ARN. */
  readonly cluster: string
  /** Nobody here named it. What may not be looked at there is not ours. */
  readonly isListed: boolean
  /** An unfinished run is launched there, or an attempt was. Elsewhere tasks are evidence and no more. */
  readonly isNeeded: boolean
}

/** One key per cluster of an account, whether it goes by its name or its ARN. */
export function placeKey(account: string, cluster: string = DEFAULT_CLUSTER): string {
  return `${account} ${nameOf(cluster)}`
}

/** The cluster of templates that name none. */
const DEFAULT_CLUSTER = 'default'

/** Clusters of one account that are looked at although nobody names them; each costs two listings. */
const MAX_LISTED_CLUSTERS = 200

export interface PlacesDeps {
  readonly store: Store
  readonly accounts: AccountBook
  /** The merged and rendered template of a run. */
  readonly templateOf: (run: Run) => TemplateSpec
  readonly clock: Clock
}

/** Runs that are looked at between two pauses: a few milliseconds. */
const PAGE = 1_000

/**
 * Every cluster that a pool, a deployment, an unfinished run or an attempt names (a placeholder only as its runs
 * render it), and the one where a run that names nothing would go.
 */
export async function namedPlaces(deps: PlacesDeps): Promise<readonly Place[]> {
  const { store, accounts, clock } = deps
  const book = openBook(deps)
  const found = new Map<string, Place>()
  const add = (account: AwsAccount, name: string | null | undefined, isNeeded = false): void => {
    const cluster = name ?? DEFAULT_CLUSTER
    if (isPlaceholder(cluster)) return
    const key = placeKey(account.id, cluster)
    const before = found.get(key)?.isNeeded ?? false
    found.set(key, { account, cluster, isListed: false, isNeeded: isNeeded || before })
  }
  for (const { metadata, spec } of book.pools.values()) {
    add(book.accountOf(metadata.namespace, metadata.name), spec.template?.cluster)
  }
  for (const { metadata, spec } of book.deployments.values()) {
    add(book.accountOf(metadata.namespace, spec.workPool), spec.template?.cluster)
  }
  const slicer = createSlicer(clock)
  const read = (after?: LaunchPlace) => store.upkeep.launchPlaces({ after, limit: PAGE })
  for (const page of inPages(PAGE, read)) {
    for (const { account, cluster } of placesOfRuns(deps, book, page)) add(account, cluster, true)
    await slicer.pause()
  }
  for (const { account, cluster } of store.upkeep.clusters()) {
    const known = accounts.byId(account)
    if (known) add(known, cluster, true)
  }
  const account = accounts.forTarget({})
  const fallback = { account, cluster: DEFAULT_CLUSTER, isListed: true, isNeeded: false }
  const key = placeKey(account.id)
  return found.has(key) ? [...found.values()] : [fallback, ...found.values()]
}

interface Book {
  /** By namespace and name. */
  readonly pools: ReadonlyMap<string, CapstanObject<WorkPoolSpec>>
  readonly deployments: ReadonlyMap<string, CapstanObject<DeploymentSpec>>
  readonly accountOf: (namespace: string, pool: string | undefined) => AwsAccount
}

function openBook({ store, accounts }: PlacesDeps): Book {
  const pools = byName<WorkPoolSpec>(store, 'WorkPool')
  return {
    pools,
    deployments: byName<DeploymentSpec>(store, 'Deployment'),
    accountOf: (namespace, pool = DEFAULT_WORK_POOL) =>
      accounts.forTarget(pools.get(`${namespace}/${pool}`)?.spec.aws ?? {}),
  }
}

type Cluster = Pick<Place, 'account' | 'cluster'>

/** Thousands of runs inherit the same cluster; only those that name one themselves have to be read. */
function placesOfRuns(
  { store, templateOf }: PlacesDeps,
  book: Book,
  runs: readonly LaunchPlace[],
): readonly Cluster[] {
  const heirs = new Map<string, Cluster>()
  const own: Cluster[] = []
  for (const at of runs) {
    const { account, cluster } = inheritedBy(at, book)
    const { kind, namespace, name, namesCluster } = at
    if (!namesCluster && !isPlaceholder(cluster)) {
      heirs.set(placeKey(account.id, cluster), { account, cluster })
      continue
    }
    const run = store.objects.get({ kind, namespace, name }) as Run | undefined
    if (run) own.push(place(account, templateOf(run).cluster))
  }
  return [...heirs.values(), ...own]
}

/** Where a run is launched whose own template says nothing about it. */
function inheritedBy(
  { namespace, workPool, deployment }: LaunchPlace,
  { pools, deployments, accountOf }: Book,
): Cluster {
  const parent = deployments.get(`${namespace}/${deployment}`)?.spec
  const pool = poolNameOf({ workPool }, parent)
  const word = parent?.template?.cluster
  const poolSpec = pools.get(`${namespace}/${pool}`)?.spec
  return place(accountOf(namespace, pool), word === undefined ? poolSpec?.template?.cluster : word)
}

function isPlaceholder(cluster: string): boolean {
  return cluster.includes('{{')
}

function place(account: AwsAccount, cluster: string | null | undefined): Cluster {
  return { account, cluster: cluster ?? DEFAULT_CLUSTER }
}

function byName<Spec>(
  store: Store,
  kind: 'WorkPool' | 'Deployment',
): ReadonlyMap<string, CapstanObject<Spec>> {
  const objects = store.objects.list({ kind }) as readonly CapstanObject<Spec>[]
  return new Map(
    objects.map((object) => [`${object.metadata.namespace}/${object.metadata.name}`, object]),
  )
}

export function unfinishedRuns(
  store: Store,
  keys = store.objects.unfinishedRunKeys(),
): readonly Run[] {
  return keys.flatMap((key) => (store.objects.get(key) as Run | undefined) ?? [])
}

/** What ECS lists in an account beyond the named clusters; nothing where that is not allowed. */
export async function listedPlaces(
  account: AwsAccount,
  named: readonly Place[],
  signal: AbortSignal,
): Promise<readonly Place[]> {
  const known = new Set(named.map((place) => placeKey(place.account.id, place.cluster)))
  const arns = await listClusters(account, signal)
  return arns
    .filter((arn) => !known.has(placeKey(account.id, arn)))
    .slice(0, MAX_LISTED_CLUSTERS)
    .map((cluster) => ({ account, cluster, isListed: true, isNeeded: false }))
}

/** Cluster ARNs end with `cluster/NAME`. */
function nameOf(clusterArn: string): string {
  return clusterArn.slice(clusterArn.lastIndexOf('/') + 1)
}

async function listClusters({ ecs }: AwsAccount, signal: AbortSignal): Promise<readonly string[]> {
  try {
    return await ecs.listClusterArns(signal)
  } catch (error) {
    if (isDefinite(error)) return []
    throw error
  }
}

/** All tasks that ECS still knows in a place, the newest first; none in a cluster that does not exist. */
export async function listTasks(
  { account, cluster, isListed }: Place,
  signal: AbortSignal,
): Promise<readonly TaskSnapshot[]> {
  const arns = new Set<string>()
  try {
    for (const desiredStatus of ['RUNNING', 'STOPPED'] as const) {
      const listed = await account.ecs.listTaskArns({ cluster, desiredStatus }, signal)
      for (const arn of listed) arns.add(arn)
    }
    const tasks: TaskSnapshot[] = []
    for (const page of inChunks([...arns], DESCRIBE_TASKS_LIMIT)) {
      tasks.push(...(await account.ecs.describeTasks(cluster, page, signal)).tasks)
    }
    return tasks.toSorted((a, b) => (b.createdAtMs ?? 0) - (a.createdAtMs ?? 0))
  } catch (error) {
    if (isNotFound(error) || (isListed && isDefinite(error))) return []
    throw error
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof AwsError && classifyError(error).verdict === 'NotFound'
}

/** Asking again gives the same answer: a missing permission, mostly. */
function isDefinite(error: unknown): boolean {
  return (
    error instanceof AwsError && ['Terminal', 'NotFound'].includes(classifyError(error).verdict)
  )
}
