import type { TaskSnapshot } from '../../aws/ports.ts'
import type { DeploymentSpec, WorkPoolSpec } from '../../kinds/generated.ts'
import { heldReason } from '../../kinds/held.ts'
import { type CapstanObject, WIRE } from '../../kinds/meta.ts'
import type { AttemptRow, Store } from '../../store/types.ts'
import type { AccountBook } from '../accounts.ts'

/** The cluster of templates that name none. */
const DEFAULT_CLUSTER = 'default'

/**
 * With so many families, a cluster is listed as a whole: a page shows 100 tasks of any family, and foreign tasks
 * there cost one more call for each 100 of them.
 */
export const MANY_FAMILIES = 20

/** A place to list tasks: one family of a cluster; all of it where no family is named. */
export interface Place {
  readonly account: string
  readonly cluster: string
  readonly family?: string
}

/** Every cluster in which tasks of ours were launched or may be, by the families that they are launched from. */
export function observePlaces(store: Store, accounts: AccountBook): readonly Place[] {
  const registered = Map.groupBy(store.definitions.families(), ({ account }) => account)
  const launchedIn = Map.groupBy(store.upkeep.clusters(), ({ account }) => account)
  return [...new Set([...registered.keys(), ...launchedIn.keys()])].flatMap((account) => {
    const known = (registered.get(account) ?? []).map(({ family }) => family)
    const clusters = new Set([
      ...(launchedIn.get(account) ?? []).map(({ cluster }) => cluster),
      ...namedClusters(store, accounts, account),
    ])
    return [...clusters].flatMap((cluster) => placesIn(store, { account, cluster }, known))
  })
}

/** The registry does not know the families of linked definitions; attempts do. */
function placesIn(
  store: Store,
  place: Omit<Place, 'family'>,
  known: readonly string[],
): readonly Place[] {
  const families = new Set([...known, ...store.upkeep.familiesIn(place, MANY_FAMILIES)])
  return families.size < MANY_FAMILIES
    ? [...families].map((family) => ({ ...place, family }))
    : [place]
}

/** The try that a task belongs to; undefined when its run is not known here. */
export function rowOfTask(store: Store, task: TaskSnapshot): AttemptRow | undefined {
  const runUid = task.tags[WIRE.tagRunUid]
  if (runUid === undefined || task.startedBy === undefined) {
    return store.attempts.byTaskArn(task.taskArn)
  }
  return store.upkeep.attemptStartedBy(runUid, task.startedBy)
}

/** Whether the run that a task is of is held after a recovery, and nobody has approved it. */
export function isOfHeldRun(store: Store, task: TaskSnapshot): boolean {
  const run = store.objects.getByUid(task.tags[WIRE.tagRunUid] ?? '')
  return run !== undefined && heldReason(run.metadata) !== undefined
}

function namedClusters(store: Store, accounts: AccountBook, accountId: string): readonly string[] {
  const pools = store.objects.list({ kind: 'WorkPool' }) as readonly CapstanObject<WorkPoolSpec>[]
  const deployments = store.objects.list({
    kind: 'Deployment',
  }) as readonly CapstanObject<DeploymentSpec>[]
  const own = pools.filter(({ spec }) => accounts.forTarget(spec.aws ?? {}).id === accountId)
  return [...own, ...deployments].flatMap(({ spec }) => clusterOf(spec.template) ?? [])
}

/** A placeholder names another cluster for each run; those are known from the attempts. */
function clusterOf(template: WorkPoolSpec['template']): string | undefined {
  const cluster = template?.cluster
  if (typeof cluster !== 'string') return DEFAULT_CLUSTER
  return cluster.includes('{{') ? undefined : cluster
}
