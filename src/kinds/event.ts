import type { JsonObject } from '../lib/json.ts'
import type { Kind } from './meta.ts'

/** Flat labels of a resource. Keys of Capstan's own stand in LABEL. */
export type EventLabels = Readonly<Record<string, string>>

/**
 * One thing that has happened, in Capstan's own words: names, label keys and ids begin with `capstan.`
 * wherever Prefect's begin with `prefect.` and mean the same (see `toCanonical`).
 */
export interface EventRecord {
  /** Position in the log; grows, with gaps. What a reader holds on to. */
  readonly seq: number
  /** Events with the same id are the same event and are kept once. */
  readonly id: string
  /** By the clock of whoever saw it happen. */
  readonly occurredAtMs: number
  readonly receivedAtMs: number
  /** `capstan.run.Running`, `capstan.run.heartbeat`, `capstan.task.stopped`. */
  readonly event: string
  /** Whom it concerns; automations see the events of their own namespace. */
  readonly namespace: string
  /** What it happened to: `capstan.resource.id` is always there. */
  readonly resource: EventLabels
  /** What else has to do with it, each with `capstan.resource.id` and `capstan.resource.role`. */
  readonly related: readonly EventLabels[]
  readonly payload: JsonObject
  /** Id of the event that came before it. */
  readonly follows?: string
  /** The Run that it belongs to. */
  readonly runUid?: string
  /** Sent by someone else over the wire; without it, Capstan itself has seen or done it. */
  readonly isOutside?: true
}

/** What a writer hands in: the log gives the position, and an id where there is none yet. */
export type NewEventRecord = Omit<EventRecord, 'seq' | 'id'> & { readonly id?: string }

/** Label keys that every event may have. */
export const LABEL = {
  id: 'capstan.resource.id',
  name: 'capstan.resource.name',
  role: 'capstan.resource.role',
} as const

/** A sign of life; the only name of Capstan's own that others may send. */
export const HEARTBEAT_EVENT = 'capstan.run.heartbeat'

/** What automations did: `capstan.automation.triggered`, `capstan.automation.action.executed`. Nobody else may send it. */
export function isAutomationNews(event: string): boolean {
  return event.startsWith(RESOURCE_PREFIX.automation)
}

/** What resource ids begin with, by what they name: `capstan.run.<uid>`. */
export const RESOURCE_PREFIX = {
  run: 'capstan.run.',
  deployment: 'capstan.deployment.',
  workPool: 'capstan.work-pool.',
  workQueue: 'capstan.work-queue.',
  automation: 'capstan.automation.',
  attempt: 'capstan.attempt.',
  task: 'capstan.task.',
  taskDefinition: 'capstan.task-definition.',
  tag: 'capstan.tag.',
  source: 'capstan.source.',
  event: 'capstan.event.',
} as const
export type ResourceType = keyof typeof RESOURCE_PREFIX

/** What an object of each kind is as a resource. */
export const RESOURCE_OF_KIND: Readonly<Record<Kind, ResourceType>> = {
  Run: 'run',
  Deployment: 'deployment',
  WorkPool: 'workPool',
  Automation: 'automation',
}

/** `capstan.run.<uid>` */
export function resourceId(type: ResourceType, uid: string): string {
  return `${RESOURCE_PREFIX[type]}${uid}`
}

/** The uid in an id of this type; undefined for ids of other things. */
export function uidOfResource(type: ResourceType, id: string | undefined): string | undefined {
  const prefix = RESOURCE_PREFIX[type]
  return id?.startsWith(prefix) ? id.slice(prefix.length) : undefined
}

/** Capstan's word and Prefect's for the same thing, as beginnings of names, label keys and ids. */
const SYNONYMS: readonly (readonly [canonical: string, prefect: string])[] = [
  ['capstan.run.', 'prefect.flow-run.'],
  ['capstan.resource.', 'prefect.resource.'],
  ['capstan.deployment.', 'prefect.deployment.'],
  ['capstan.work-pool.', 'prefect.work-pool.'],
  ['capstan.work-queue.', 'prefect.work-queue.'],
  ['capstan.automation.', 'prefect.automation.'],
  ['capstan.tag.', 'prefect.tag.'],
  ['capstan.event.', 'prefect.event.'],
  ['capstan.task.', 'prefect.ecs.task.'],
  ['capstan.state-', 'prefect.state-'],
  ['capstan.run-count', 'prefect.run-count'],
  ['capstan.trigger-type', 'prefect.trigger-type'],
  ['capstan.posture', 'prefect.posture'],
]

/** An event name, label key or resource id (also a pattern with `*`) in Capstan's words; what has no synonym stays. */
export function toCanonical(text: string): string {
  const synonym = SYNONYMS.find(([, prefect]) => text.startsWith(prefect))
  return synonym ? synonym[0] + text.slice(synonym[1].length) : text
}

/** The same text in Prefect's words: the inverse of `toCanonical`. */
export function toPrefect(text: string): string {
  const synonym = SYNONYMS.find(([canonical]) => text.startsWith(canonical))
  return synonym ? synonym[1] + text.slice(synonym[0].length) : text
}

/** Roles whose words differ; all others (`deployment`, `work-pool`, `tag`) are the same. */
const CANONICAL_ROLE = 'run'
const PREFECT_ROLE = 'flow-run'

/** Keys, ids and roles of one resource in Capstan's words. */
export function toCanonicalLabels(labels: EventLabels): EventLabels {
  return translate(labels, toCanonical, (role) => (role === PREFECT_ROLE ? CANONICAL_ROLE : role))
}

/** Keys, ids and roles of one resource in Prefect's words. */
export function toPrefectLabels(labels: EventLabels): EventLabels {
  return translate(labels, toPrefect, (role) => (role === CANONICAL_ROLE ? PREFECT_ROLE : role))
}

function translate(
  labels: EventLabels,
  text: (text: string) => string,
  role: (role: string) => string,
): EventLabels {
  return Object.fromEntries(
    Object.entries(labels).map(([key, value]) => {
      const canonical = toCanonical(key)
      if (canonical === LABEL.id) return [text(key), text(value)]
      if (canonical === LABEL.role) return [text(key), role(value)]
      return [text(key), value]
    }),
  )
}
