import type { AwsAccounts } from '../../aws/ports.ts'
import { API_VERSION, DEFAULT_WORK_POOL, type ObjectKey, parseKey } from '../../kinds/meta.ts'
import type { Clock } from '../../lib/clock.ts'
import { renderTime } from '../../lib/instant.ts'
import type { Random } from '../../lib/random.ts'
import { awaitChange, type Outcome } from '../../runtime/outcome.ts'
import type { Store } from '../../store/types.ts'
import { commit } from '../commit.ts'
import type { OwnCommits } from '../own-commits.ts'
import type { RunLines } from '../run-lines.ts'
import { createPoolApiLimits } from './api-limits.ts'
import { decideWorkPool } from './decide.ts'
import { observeWorkPool } from './observe.ts'

export interface WorkPoolControllerDeps {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly lines: RunLines
  readonly own: OwnCommits
  readonly aws: Pick<AwsAccounts, 'setApiLimits'>
  /** Queues a run that may have a slot now. */
  readonly wakeRun: (key: ObjectKey) => void
}

/** Keeps a pool's counts, hands free slots on, and brings the pool `default` back. */
export function createWorkPoolReconciler(
  deps: WorkPoolControllerDeps,
): (key: string) => Promise<Outcome> {
  const apiLimits = createPoolApiLimits(deps.aws)
  return (text) => {
    const key = parseKey(text)
    ensureDefault(deps, key)
    const nowMs = deps.clock.nowMs()
    const world = observeWorkPool(deps, key, nowMs)
    const spec = world?.pool.spec
    const problem = apiLimits.apply(
      text,
      spec && { target: spec.aws ?? {}, limits: spec.apiLimits },
    )
    if (!world) return Promise.resolve(awaitChange())
    const plan = decideWorkPool(world, problem, nowMs)
    const found = { object: world.pool, status: plan.status, events: [] }
    deps.own.during(key, () => commit(deps.store, found, nowMs))
    for (const run of plan.wake) deps.wakeRun(run)
    return Promise.resolve(awaitChange())
  }
}

/** Every living namespace has a pool `default`, also where nobody wrote it or somebody deleted it. */
function ensureDefault(deps: WorkPoolControllerDeps, key: ObjectKey): void {
  const { store, clock, random } = deps
  if (key.name !== DEFAULT_WORK_POOL || store.objects.get(key)) return
  if (
    !store.objects
      .namespaces()
      .some(({ name, terminating }) => name === key.namespace && !terminating)
  )
    return
  const { kind, namespace, name } = key
  const creationTimestamp = renderTime(clock.nowMs())
  const metadata = { name, namespace, uid: random.uuid(), creationTimestamp }
  store.transaction(() =>
    store.objects.create({ apiVersion: API_VERSION, kind, metadata, spec: {} }),
  )
}
