import { renderOffline } from '../aws/offline-render.ts'
import type { Deployment } from '../kinds/deployment.ts'
import type { WorkPoolSpec } from '../kinds/generated.ts'
import { type CapstanObject, DEFAULT_WORK_POOL } from '../kinds/meta.ts'
import { type ResolveChecks, resolveRun } from '../kinds/resolve.ts'
import { scheduledName, scheduledUid } from '../kinds/scheduled-run.ts'
import { isoTime } from '../lib/instant.ts'
import type { Store } from '../store/types.ts'
import type { AccountBook } from './accounts.ts'
import { registrationOf, type WantedDefinition } from './registration.ts'

/** The definition that the next run of a deployment will use, and where. */
export interface NextDefinition {
  readonly accountId: string
  readonly wanted: WantedDefinition
}

/**
 * What the next run of a deployment will need registered. Undefined where that cannot be told: nothing may
 * start, the run alone decides (its name, time or parameters stand in the definition), a manifest is
 * wrong, or a definition is linked, which only ECS can show.
 */
export type ReadNextDefinition = (deployment: Deployment) => NextDefinition | undefined

/** Scheduled times of two imagined runs, a day, a minute and a second apart: what differs between them is not the deployment's. */
const TIMES_MS = [0, 86_461_000] as const

/** Deployments whose answer is remembered; beyond it the oldest answer is computed again. */
const REMEMBERED = 10_000

interface Remembered {
  readonly versions: string
  readonly next: NextDefinition | undefined
}

/** Remembers each answer as long as neither the deployment's spec nor its pool's changes. */
export function createNextDefinitionReader(deps: {
  readonly store: Store
  readonly accounts: AccountBook
  readonly checks: ResolveChecks
  readonly controller: { readonly name: string }
}): ReadNextDefinition {
  const known = new Map<string, Remembered>()
  return (deployment) => {
    const { uid, generation, deletionTimestamp } = deployment.metadata
    if (deletionTimestamp !== undefined || deployment.spec.suspend === true) return undefined
    const pool = poolOf(deps.store, deployment)
    const versions = `${generation} ${pool?.metadata.uid} ${pool?.metadata.generation}`
    const before = known.get(uid)
    if (before?.versions === versions) return before.next
    const next = readNext(deps, deployment, pool)
    known.delete(uid)
    known.set(uid, { versions, next })
    const [oldest] = known.keys()
    if (known.size > REMEMBERED && oldest !== undefined) known.delete(oldest)
    return next
  }
}

function poolOf(store: Store, deployment: Deployment): CapstanObject<WorkPoolSpec> | undefined {
  const { namespace } = deployment.metadata
  const name = deployment.spec.workPool ?? DEFAULT_WORK_POOL
  return store.objects.get({ kind: 'WorkPool', namespace, name }) as
    | CapstanObject<WorkPoolSpec>
    | undefined
}

type ReadDeps = Parameters<typeof createNextDefinitionReader>[0]

function readNext(
  deps: ReadDeps,
  deployment: Deployment,
  pool: CapstanObject<WorkPoolSpec> | undefined,
): NextDefinition | undefined {
  if (!pool && (deployment.spec.workPool ?? DEFAULT_WORK_POOL) !== DEFAULT_WORK_POOL)
    return undefined
  if (pool?.spec.suspend === true) return undefined
  const account = deps.accounts.forTarget(pool?.spec.aws ?? {})
  const [first, second] = TIMES_MS.map((timeMs) =>
    definitionOf(deps, { deployment, pool, region: account.region }, timeMs),
  )
  if (first === undefined || first.hash !== second?.hash) return undefined
  return { accountId: account.id, wanted: first }
}

/** Of the run that a schedule would make for `timeMs`. */
function definitionOf(
  { checks, controller }: ReadDeps,
  at: {
    readonly deployment: Deployment
    readonly pool: CapstanObject<WorkPoolSpec> | undefined
    readonly region: string
  },
  timeMs: number,
): WantedDefinition | undefined {
  const { deployment, pool, region } = at
  const { namespace, name, uid } = deployment.metadata
  const poolName = deployment.spec.workPool ?? DEFAULT_WORK_POOL
  const run = scheduledName(name, timeMs)
  const result = resolveRun(
    {
      run: {
        metadata: { name: run, namespace, uid: scheduledUid(uid, timeMs) },
        spec: { deployment: name, scheduledTime: isoTime(timeMs) },
      },
      pool: { name: poolName, spec: pool?.spec ?? {} },
      deployment: { name, spec: deployment.spec },
      attempt: 1,
    },
    checks,
  )
  if (!result.ok) return undefined
  const { template } = result.resolved
  const names = { namespace, run, deployment: name, workPool: poolName }
  const { taskDefinition, problems } = renderOffline({ template, rung: 0, names, region })
  const isWrong = problems.some(({ severity }) => severity === 'Error')
  if (taskDefinition === undefined || isWrong) return undefined
  const workPool = `${namespace}/${poolName}`
  return registrationOf({
    body: taskDefinition,
    template,
    controllerName: controller.name,
    workPool,
  })
}
