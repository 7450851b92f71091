import type { Action, ActionType } from '../../kinds/generated.ts'
import { type CapstanObject, keyOf } from '../../kinds/meta.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { Store } from '../../store/types.ts'
import { cancelRun, changeRunState, rerun, resumeRun, suspendRun } from './act-run.ts'
import type { Act } from './action.ts'
import type { FiringContext } from './context.ts'
import { objectRelated } from './records.ts'
import { done, failed, skipped } from './result.ts'
import { startDeployment } from './start-deployment.ts'
import { findAutomation, findDeployment, findWorkPool, type Target } from './target.ts'

/** Actions that are done within a transaction, and so exactly once. The others call the world outside. */
export const LOCAL_ACTIONS: Readonly<Partial<Record<ActionType, Act>>> = {
  'do-nothing': () => done('Nothing was to be done.'),
  'change-run-state': changeRunState,
  'cancel-run': cancelRun,
  'suspend-run': suspendRun,
  'resume-run': resumeRun,
  rerun,
  'run-deployment': startDeployment,
  'suspend-deployment': switching(findDeployment, { suspend: true }),
  'resume-deployment': switching(findDeployment, { suspend: false }),
  'suspend-work-pool': switching(findWorkPool, { suspend: true }),
  'resume-work-pool': switching(findWorkPool, { suspend: false }),
  'suspend-automation': switching(findAutomation, { enabled: false }),
  'resume-automation': switching(findAutomation, { enabled: true }),
}

/** Defaults of the two switches, for specs that do not name them. */
const SWITCH_DEFAULTS: JsonObject = { suspend: false, enabled: true }

function switching(
  find: (store: Store, action: Action, context: FiringContext) => Target<CapstanObject>,
  wanted: JsonObject,
): Act {
  return ({ store, action, context }) => {
    const target = find(store, action, context)
    if (target.type === 'None') return failed(`Nothing was changed: ${target.why}.`)
    const { object } = target
    const { kind, name } = keyOf(object)
    const isOff = wanted['suspend'] === true || wanted['enabled'] === false
    const word = isOff ? 'suspended' : 'resumed'
    const isSo = Object.entries(wanted).every(
      ([field, value]) => (object.spec[field] ?? SWITCH_DEFAULTS[field]) === value,
    )
    const about = [objectRelated(object)]
    if (isSo) return { ...skipped(`${kind} ${name} is ${word} already.`), about }
    store.objects.update({ ...object, spec: { ...object.spec, ...wanted } })
    return { ...done(`${kind} ${name} was ${word}.`), about }
  }
}
