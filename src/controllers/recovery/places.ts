import { AwsError, classifyError } from '../../aws/errors.ts'
import { type AwsAccount, DESCRIBE_TASKS_LIMIT, type TaskSnapshot } from '../../aws/ports.ts'
import type { DeploymentSpec, RunSpec, TemplateSpec, WorkPoolSpec } from '../../kinds/generated.ts'
import { type CapstanObject, DEFAULT_WORK_POOL } from '../../kinds/meta.ts'
import type { RunStatus } from '../../kinds/run.ts'
import type { Store } from '../../store/types.ts'
import type { AccountBook } from '../accounts.ts'

export type RunObject = CapstanObject<RunSpec, RunStatus>

/** Where tasks from before may be. */
export interface Place {
  readonly account: AwsAccount
  /** As templates name it, or its ARN. */
  readonly cluster: string
  /** Nobody here named it: ECS lists it. What may not be looked at there is not ours. */
  readonly isListed: boolean
}

/** The cluster of templates that name none. */
const DEFAULT_CLUSTER = 'default'

/** Clusters of one account that are looked at although nobody names them; each costs two listings. */
const MAX_LISTED_CLUSTERS = 200

export interface PlacesDeps {
  readonly store: Store
  readonly accounts: AccountBook
  /** The merged and rendered template of a run. */
  readonly templateOf: (run: RunObject) => TemplateSpec
}

/** Every cluster that a pool, a deployment, an unfinished run or an attempt names, as far as names need no run. */
export function namedPlaces({ store, accounts, templateOf }: PlacesDeps): readonly Place[] {
  const pools = byName<WorkPoolSpec>(store, 'WorkPool')
  const deployments = byName<DeploymentSpec>(store, 'Deployment')
  const accountOf = (namespace: string, pool = DEFAULT_WORK_POOL): AwsAccount =>
    accounts.forTarget(pools.get(`${namespace}/${pool}`)?.spec.aws ?? {})
  const ofPools = [...pools.values()].map(({ metadata, spec }) =>
    place(accountOf(metadata.namespace, metadata.name), spec.template?.cluster),
  )
  const ofDeployments = [...deployments.values()].map(({ metadata, spec }) =>
    place(accountOf(metadata.namespace, spec.workPool), spec.template?.cluster),
  )
  const ofRuns = unfinishedRuns(store).map((run) => {
    const { namespace } = run.metadata
    const deployment = deployments.get(`${namespace}/${run.spec.deployment}`)
    const pool = run.spec.workPool ?? deployment?.spec.workPool
    return place(accountOf(namespace, pool), templateOf(run).cluster)
  })
  const ofAttempts = store.upkeep.clusters().flatMap(({ account, cluster }) => {
    const known = accounts.byId(account)
    return known ? [place(known, cluster)] : []
  })
  const all = [place(accounts.forTarget({}), undefined), ...ofPools, ...ofDeployments]
  const rendered = [...all, ...ofRuns, ...ofAttempts].filter(
    ({ cluster }) => !cluster.includes('{{'),
  )
  return [...new Map(rendered.map((one) => [`${one.account.id} ${one.cluster}`, one])).values()]
}

function place(account: AwsAccount, cluster: string | null | undefined): Place {
  return { account, cluster: cluster ?? DEFAULT_CLUSTER, isListed: false }
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

export function unfinishedRuns(store: Store): readonly RunObject[] {
  return store.objects
    .unfinishedRunKeys()
    .flatMap((key) => (store.objects.get(key) as RunObject | undefined) ?? [])
}

/** What ECS lists beyond the named clusters; nothing where that is not allowed. */
export async function listedPlaces(
  named: readonly Place[],
  signal: AbortSignal,
): Promise<readonly Place[]> {
  const accounts = new Map(named.map(({ account }) => [account.id, account]))
  const found: Place[] = []
  for (const account of accounts.values()) {
    const known = named.filter((place) => place.account.id === account.id)
    const arns = await listClusters(account, signal)
    const others = arns.filter(
      (arn) => !known.some(({ cluster }) => cluster === arn || cluster === nameOf(arn)),
    )
    for (const cluster of others.slice(0, MAX_LISTED_CLUSTERS)) {
      found.push({ account, cluster, isListed: true })
    }
  }
  return found
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
    for (let start = 0; start < arns.size; start += DESCRIBE_TASKS_LIMIT) {
      const page = [...arns].slice(start, start + DESCRIBE_TASKS_LIMIT)
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
