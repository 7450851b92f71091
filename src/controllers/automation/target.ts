import type { Action, DeploymentSpec } from '../../kinds/generated.ts'
import type { CapstanObject, Kind } from '../../kinds/meta.ts'
import type { Run } from '../../kinds/run.ts'
import type { Store } from '../../store/types.ts'
import { poolNameOf } from '../run-place.ts'
import type { FiringContext } from './context.ts'

/** The object that an action is about, or why there is none. */
export type Target<T extends CapstanObject<unknown, unknown>> =
  | { readonly type: 'Found'; readonly object: T }
  | { readonly type: 'None'; readonly why: string }

/** Named by the action, else that of the event. Names are looked for in the namespace of the automation. */
export function findRun(store: Store, action: Action, context: FiringContext): Target<Run> {
  const uid = action.run === undefined ? context.runUid : undefined
  const found = find(store, { kind: 'Run', name: action.run, uid, context })
  return found as Target<Run>
}

export function findDeployment(
  store: Store,
  action: Action,
  context: FiringContext,
): Target<CapstanObject> {
  const named = action.source === 'inferred' ? undefined : action.deployment
  const name = named ?? runOf(store, context)?.spec.deployment
  const uid = named === undefined ? context.deploymentUid : undefined
  return find(store, { kind: 'Deployment', name, uid, context })
}

export function findWorkPool(
  store: Store,
  action: Action,
  context: FiringContext,
): Target<CapstanObject> {
  const uid = action.workPool === undefined ? context.workPoolUid : undefined
  const name = action.workPool ?? poolOf(store, context)
  return find(store, { kind: 'WorkPool', name, uid, context })
}

/** Without a name it is the automation itself: whoever says "suspend" means no other. */
export function findAutomation(
  store: Store,
  action: Action,
  context: FiringContext,
): Target<CapstanObject> {
  const own = context.owner.kind === 'Automation' ? context.owner.name : undefined
  return find(store, {
    kind: 'Automation',
    name: action.automation ?? own,
    uid: undefined,
    context,
  })
}

function find(
  store: Store,
  wanted: {
    readonly kind: Kind
    readonly name: string | undefined
    /** Where there is one it is the object, whatever it is called. */
    readonly uid: string | undefined
    readonly context: FiringContext
  },
): Target<CapstanObject> {
  const { kind, name, uid, context } = wanted
  const { namespace } = context.owner
  if (uid === undefined && name === undefined) {
    return { type: 'None', why: `the event is about no ${kind}: name one` }
  }
  const object =
    uid === undefined
      ? store.objects.get({ kind, namespace, name: name ?? '' })
      : store.objects.getByUid(uid)
  if (object?.kind === kind && object.metadata.namespace === namespace) {
    return { type: 'Found', object }
  }
  return { type: 'None', why: `there is no ${kind} ${name ?? 'of the event any more'}` }
}

function runOf(store: Store, { runUid }: FiringContext): Run | undefined {
  if (runUid === undefined) return undefined
  const object = store.objects.getByUid(runUid)
  return object?.kind === 'Run' ? (object as unknown as Run) : undefined
}

function poolOf(store: Store, context: FiringContext): string | undefined {
  const run = runOf(store, context)
  if (!run) return undefined
  const { namespace } = run.metadata
  const { deployment: name } = run.spec
  const parent =
    name === undefined ? undefined : store.objects.get({ kind: 'Deployment', namespace, name })
  return poolNameOf(run.spec, parent?.spec as DeploymentSpec | undefined)
}
