import type { Deployment } from '../../kinds/deployment.ts'
import { keyOf, parseKey } from '../../kinds/meta.ts'
import type { Clock } from '../../lib/clock.ts'
import { canonicalJson, type JsonObject } from '../../lib/json.ts'
import { awaitChange, type Outcome } from '../../runtime/outcome.ts'
import type { Store } from '../../store/types.ts'
import { commit } from '../commit.ts'
import type { ReadNextDefinition } from '../next-definition.ts'
import type { OwnCommits } from '../own-commits.ts'
import { decideDeployment } from './decide.ts'
import { observeDeployment } from './observe.ts'
import { createScheduleReader } from './read-schedule.ts'
import type { DeploymentPlan, DeploymentWorld } from './world.ts'

/**
 * Makes the runs of deployments. The runs, the status that says how far the schedules are dealt with,
 * and the events are one transaction: a crash leaves all of them or none, so no time is lost and none
 * makes two runs.
 */
export function createDeploymentReconciler(deps: {
  readonly store: Store
  readonly clock: Clock
  readonly nextDefinition: ReadNextDefinition
  readonly own: OwnCommits
}): (key: string) => Promise<Outcome> {
  const { store, clock, nextDefinition, own } = deps
  const readSchedule = createScheduleReader()
  return (text) => {
    const key = parseKey(text)
    const world = observeDeployment({ store, readSchedule, nextDefinition }, key)
    if (!world) return Promise.resolve(awaitChange())
    const { deployment } = world
    const nowMs = clock.nowMs()
    const plan = decideDeployment(world, nowMs)
    if (changesNothing(world, plan)) return Promise.resolve(plan.outcome)
    const { status, events } = plan
    const writes = (): void => applyPlan(store, deployment, plan, nowMs)
    own.during(key, () => commit(store, { object: deployment, status, events, writes }, nowMs))
    return Promise.resolve(plan.outcome)
  }
}

/** Whether the last look found the same: a transaction for that would cost more than the look. */
function changesNothing({ deployment }: DeploymentWorld, plan: DeploymentPlan): boolean {
  const { create, remove, suspend, events, status } = plan
  if (suspend || create.length + remove.length + events.length > 0) return false
  return canonicalJson(status) === canonicalJson(deployment.status)
}

function applyPlan(
  store: Store,
  deployment: Deployment,
  plan: DeploymentPlan,
  nowMs: number,
): void {
  for (const run of plan.create) store.objects.create(run)
  for (const key of plan.remove) store.objects.markDeleted(key, nowMs)
  if (!plan.suspend) return
  const live = store.objects.get(keyOf(deployment))
  if (live?.metadata.uid !== deployment.metadata.uid) return
  const spec: JsonObject = { ...live.spec, suspend: true }
  store.objects.update({ ...live, spec })
}
