import { WIRE } from '../kinds/meta.ts'
import { isFinalState, STATE_TYPES, type StateType } from '../kinds/run.ts'
import type { JsonObject } from '../lib/json.ts'
import { type ApiObject, textAt, valueAt } from './objects.ts'

/** What a steering verb does with one object. */
export type SteeringStep =
  | { readonly type: 'Patch'; readonly patch: JsonObject; readonly done: string }
  /** The object already is as asked. */
  | { readonly type: 'Nothing'; readonly why: string }
  /** The verb has no meaning here; `why` completes `KIND/NAME …`. */
  | { readonly type: 'Refuse'; readonly why: string }

export const STEERING_VERBS = [
  'cancel',
  'suspend',
  'resume',
  'retry',
  'approve',
  'reconcile',
] as const
export type SteeringVerb = (typeof STEERING_VERBS)[number]

/** Pure: `stamp` is a text that no earlier call has used, for annotations whose news is what counts. */
export function steer(verb: SteeringVerb, object: ApiObject, stamp: string): SteeringStep {
  switch (verb) {
    case 'cancel':
      return cancel(object)
    case 'suspend':
      return setSuspended(object, true)
    case 'resume':
      return setSuspended(object, false)
    case 'retry':
      return retry(object, stamp)
    case 'approve':
      return approve(object, stamp)
    case 'reconcile':
      return annotate(WIRE.annotationReconcileAt, stamp, 'reconcile requested')
  }
}

function annotate(name: string, value: string, done: string): SteeringStep {
  return { type: 'Patch', patch: { metadata: { annotations: { [name]: value } } }, done }
}

/** Only of what is held: the mark stays, and would let the run pass a recovery that is yet to come. */
function approve(object: ApiObject, stamp: string): SteeringStep {
  if (object.kind !== 'Run') return refuseKind('approve', 'Runs')
  const annotations = valueAt(object, 'metadata', 'annotations')
  if (textAt(annotations, WIRE.annotationHeld) === undefined) {
    return { type: 'Refuse', why: 'is not held' }
  }
  if (textAt(annotations, WIRE.annotationApproved) !== undefined) {
    return { type: 'Nothing', why: 'approved already' }
  }
  return annotate(WIRE.annotationApproved, stamp, 'approved')
}

function cancel(object: ApiObject): SteeringStep {
  if (object.kind !== 'Run') return refuseKind('cancel', 'Runs')
  const state = stateTypeOf(object)
  if (isFinalState(state)) return { type: 'Refuse', why: `has already ended (${state})` }
  if (valueAt(object, 'spec', 'cancel') === true) {
    return { type: 'Nothing', why: 'is being cancelled already' }
  }
  return { type: 'Patch', patch: { spec: { cancel: true } }, done: 'cancel requested' }
}

/** An Automation is switched by `enabled`; everything else has `suspend`. */
function setSuspended(object: ApiObject, suspended: boolean): SteeringStep {
  const verb = suspended ? 'suspend' : 'resume'
  const done = suspended ? 'suspended' : 'resumed'
  if (object.kind === 'Automation') {
    const isEnabled = valueAt(object, 'spec', 'enabled') !== false
    if (isEnabled !== suspended) return { type: 'Nothing', why: `${done} already` }
    return { type: 'Patch', patch: { spec: { enabled: !suspended } }, done }
  }
  if (!['Run', 'Deployment', 'WorkPool'].includes(object.kind)) {
    return refuseKind(verb, 'Runs, Deployments, WorkPools and Automations')
  }
  const isSuspended = valueAt(object, 'spec', 'suspend') === true
  if (isSuspended === suspended) return { type: 'Nothing', why: `${done} already` }
  const state = object.kind === 'Run' ? stateTypeOf(object) : undefined
  if (suspended && isFinalState(state)) {
    return { type: 'Refuse', why: `has already ended (${state})` }
  }
  return { type: 'Patch', patch: { spec: { suspend: suspended } }, done }
}

/** A run that was cancelled would be cancelled again, so the wish to cancel goes with the old life. */
function retry(object: ApiObject, stamp: string): SteeringStep {
  if (object.kind !== 'Run') return refuseKind('retry', 'Runs')
  const state = stateTypeOf(object)
  if (!isFinalState(state)) {
    return { type: 'Refuse', why: `has not ended (${state ?? 'not started'}): cancel it first` }
  }
  const wasCancelled = valueAt(object, 'spec', 'cancel') === true
  return {
    type: 'Patch',
    patch: {
      metadata: { annotations: { [WIRE.annotationRerun]: stamp } },
      ...(wasCancelled ? { spec: { cancel: false } } : {}),
    },
    done: 'rerun requested',
  }
}

function refuseKind(verb: string, kinds: string): SteeringStep {
  return { type: 'Refuse', why: `cannot be used with ${verb}: only ${kinds} can` }
}

/** The state type of a Run; undefined before its controller has seen it. */
export function stateTypeOf(object: ApiObject | undefined): StateType | undefined {
  const text = textAt(object, 'status', 'state', 'type')
  return STATE_TYPES.find((type) => type === text)
}
