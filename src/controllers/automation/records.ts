import {
  type EventLabels,
  type EventRecord,
  isAutomationNews,
  LABEL,
  type NewEventRecord,
  RESOURCE_OF_KIND,
  RESOURCE_PREFIX,
  type ResourceType,
  resourceId,
  uidOfResource,
} from '../../kinds/event.ts'
import type { Action, ActionType } from '../../kinds/generated.ts'
import type { Kind } from '../../kinds/meta.ts'
import { isoTime } from '../../lib/instant.ts'
import type { JsonObject } from '../../lib/json.ts'
import { uuidV5 } from '../../lib/names.ts'
import { nameOnly } from './bucket.ts'
import type { FiringContext } from './context.ts'
import { CHAIN_PAUSE_MS } from './limits.ts'
import type { ActionResult } from './result.ts'
import type { TriggerSource } from './source.ts'

/**
 * What the event log keeps of automations, with the names, labels and members of Prefect's events. Pure.
 * Ids follow from the firing: what is told again is the same event. Nothing of an action is told but its
 * sort and how it ended, because addresses and headers may hold secrets.
 */

/** Who it happened to, and what it happened for: frozen with the firing. */
export interface FiringSubject {
  readonly resource: EventLabels
  readonly related: readonly EventLabels[]
}

/** Resources that a firing names: run, deployment and pool of its event, and automations before it. */
const MAX_CAUSES = 10

/** Characters of a sentence in a record: a receiver's host may be long, and nobody reads more. */
const MAX_MESSAGE = 1_024

export function subjectOf(source: TriggerSource, event: EventRecord | undefined): FiringSubject {
  const { id, name, owner, node } = source
  return {
    resource: {
      ...bareSubject(id, name).resource,
      'capstan.trigger-type': node.type,
      ...(node.type === 'event' && { 'capstan.posture': node.posture }),
    },
    related: [
      ...(event ? [triggeringEvent(event), ...causesOf(event)] : []),
      ...(owner.kind === 'Deployment'
        ? [objectRelated({ kind: owner.kind, metadata: owner }, 'deployment')]
        : []),
    ],
  }
}

/** What is known of a firing without its trigger and its event. */
export function bareSubject(source: string, name: string): FiringSubject {
  return {
    resource: { [LABEL.id]: resourceId('automation', source), [LABEL.name]: name },
    related: [],
  }
}

function triggeringEvent({ id }: EventRecord): EventLabels {
  return { [LABEL.id]: resourceId('event', id), [LABEL.role]: 'triggering-event' }
}

/** What a resource is to the firing that an event about it led to. */
const CAUSE_ROLES: readonly (readonly [type: ResourceType, role: string])[] = [
  ['run', 'run'],
  ['deployment', 'deployment'],
  ['workPool', 'work-pool'],
  ['automation', 'automation'],
]

function causesOf({ resource, related }: EventRecord): readonly EventLabels[] {
  const causes = [resource, ...related].flatMap((labels) => {
    const cause = CAUSE_ROLES.find(([type]) => uidOfResource(type, labels[LABEL.id]) !== undefined)
    return cause ? [{ ...nameOnly(labels), [LABEL.role]: cause[1] }] : []
  })
  return causes.slice(0, MAX_CAUSES)
}

/** The object that an action is about, as a related resource. */
export function objectRelated(
  object: {
    readonly kind: Kind
    readonly metadata: { readonly name: string; readonly uid: string }
  },
  role = 'target',
): EventLabels {
  const { name, uid } = object.metadata
  const id = resourceId(RESOURCE_OF_KIND[object.kind], uid)
  return { [LABEL.id]: id, [LABEL.role]: role, [LABEL.name]: name }
}

type FiringNews = 'triggered' | 'resolved'

const FIRING_NEWS: Readonly<Record<FiringContext['type'], FiringNews>> = {
  Triggered: 'triggered',
  Resolved: 'resolved',
}

/** `capstan.automation.triggered` or `capstan.automation.resolved`. */
export function firingRecord(
  context: FiringContext,
  told: {
    readonly event: EventRecord | undefined
    readonly actions: readonly Action[]
    readonly message: string
  },
  nowMs: number,
): NewEventRecord {
  const { event, actions, message } = told
  return {
    ...newsOf(context, nowMs),
    ...context.subject,
    id: context.firing,
    event: `${RESOURCE_PREFIX.automation}${FIRING_NEWS[context.type]}`,
    payload: {
      message: message.slice(0, MAX_MESSAGE),
      triggering_event: event === undefined ? null : eventJson(event),
      actions: actions.map(({ type }) => type),
      chain: context.chain + 1,
    },
  }
}

function eventJson({ id, event, occurredAtMs, resource }: EventRecord): JsonObject {
  return { id, event, occurred: isoTime(occurredAtMs), resource: nameOnly(resource) }
}

type ActionNews = 'executed' | 'skipped' | 'failed'

const ACTION_NEWS: Readonly<Record<ActionResult['type'], ActionNews>> = {
  Done: 'executed',
  Skipped: 'skipped',
  Failed: 'failed',
}

/** `capstan.automation.action.executed`, `skipped` or `failed`: how an action ended. */
export function actionRecord(
  context: FiringContext,
  action: {
    readonly type: ActionType
    readonly position: number
    readonly result: ActionResult
  },
  nowMs: number,
): NewEventRecord {
  const { type, position, result } = action
  const { resource, related } = context.subject
  const text = result.message.slice(0, MAX_MESSAGE)
  return {
    ...newsOf(context, nowMs),
    resource,
    related: [...(result.about ?? []), ...related],
    id: uuidV5('Action', context.firing, String(position)),
    follows: context.firing,
    event: `${RESOURCE_PREFIX.automation}action.${ACTION_NEWS[result.type]}`,
    payload: {
      action_index: position,
      action_type: type,
      invocation: `${context.firing}/${position}`,
      ...(result.type === 'Failed' ? { reason: text } : {}),
      message: text,
      chain: context.chain + 1,
    },
  }
}

function newsOf(
  { owner }: FiringContext,
  nowMs: number,
): Pick<NewEventRecord, 'occurredAtMs' | 'receivedAtMs' | 'namespace'> {
  return { occurredAtMs: nowMs, receivedAtMs: nowMs, namespace: owner.namespace }
}

/** How many automations answered one another up to this event; 0 of events that no automation told, and of old ones. */
export function chainOfNews(event: EventRecord | undefined, nowMs: number): number {
  if (event === undefined || !isAutomationNews(event.event)) return 0
  const { chain } = event.payload
  return typeof chain === 'number' && nowMs - event.receivedAtMs < CHAIN_PAUSE_MS ? chain : 0
}
