import type { Automation } from '../../kinds/automation.ts'
import type { DeploymentSpec } from '../../kinds/generated.ts'
import { type CapstanObject, keyOf, parseKey } from '../../kinds/meta.ts'
import type { Clock } from '../../lib/clock.ts'
import { awaitChange, type Outcome } from '../../runtime/outcome.ts'
import type { EventInput, Store } from '../../store/types.ts'
import { commit } from '../commit.ts'
import { beatWarnings } from './beat-warning.ts'
import { decideAutomation } from './decide.ts'

/** Deployments that a new trigger is compared with. */
const MAX_COMPARED = 500

/** Keeps the status of automations; their triggers are judged by the part of that name. */
export function createAutomationReconciler(deps: {
  readonly store: Store
  readonly clock: Clock
}): (key: string) => Promise<Outcome> {
  const { store, clock } = deps
  return (text) => {
    const automation = store.objects.get(parseKey(text)) as Automation | undefined
    if (!automation) return Promise.resolve(awaitChange())
    const nowMs = clock.nowMs()
    const row = store.automations.source(automation.metadata.uid)
    const status = decideAutomation({ automation, row }, nowMs)
    commit(store, { object: automation, status, events: newsOf(store, automation) }, nowMs)
    return Promise.resolve(awaitChange())
  }
}

/** Warnings about what its manifest says are told once for each generation. */
function newsOf(store: Store, automation: Automation): readonly EventInput[] {
  const { generation, uid, namespace } = automation.metadata
  if (automation.status?.observedGeneration === generation) return []
  const deployments = store.objects.list({ kind: 'Deployment', namespace, limit: MAX_COMPARED })
  const regarding = { ...keyOf(automation), uid }
  const compared = deployments as readonly unknown[] as readonly CapstanObject<DeploymentSpec>[]
  return beatWarnings(automation, compared).map((message) => ({
    regarding,
    type: 'Warning',
    reason: 'WindowTooShort',
    message,
  }))
}
