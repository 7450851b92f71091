import type { JsonObject } from '../lib/json.ts'

/** Flat labels of a resource. Keys of Capstan's own stand in LABEL. */
export type EventLabels = Readonly<Record<string, string>>

/**
 * One thing that has happened, in Capstan's own words: names, label keys and ids begin with `capstan.`
 * wherever the peer's begin with `prefect.` and mean the same (see `toCanonical`).
 */
export interface EventRecord {
  /** Position in the log; grows, with gaps. What a reader holds on to. */
  readonly seq: number
  /** A known id is the same event: it is kept once. */
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
  /** Told by someone else over the wire; everything without it was seen or done by Capstan itself. */
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
} as const
export type ResourceType = keyof typeof RESOURCE_PREFIX

/** `capstan.run.<uid>` */
export function resourceId(type: ResourceType, uid: string): string {
  return `${RESOURCE_PREFIX[type]}${uid}`
}

/** The uid in an id of this type; undefined for ids of other things. */
export function uidOfResource(type: ResourceType, id: string | undefined): string | undefined {
  const prefix = RESOURCE_PREFIX[type]
  return id?.startsWith(prefix) ? id.slice(prefix.length) : undefined
}

/** Capstan's word and the peer's for the same thing, as beginnings of names, label keys and ids. */
const SYNONYMS: readonly (readonly [canonical: string, peer: string])[] = [
  ['capstan.run.', 'prefect.flow-run.'],
  ['capstan.resource.', 'prefect.resource.'],
  ['capstan.deployment.', 'prefect.deployment.'],
  ['capstan.work-pool.', 'prefect.work-pool.'],
  ['capstan.work-queue.', 'prefect.work-queue.'],
  ['capstan.automation.', 'prefect.automation.'],
  ['capstan.tag.', 'prefect.tag.'],
  ['capstan.task.', 'prefect.ecs.task.'],
  ['capstan.state-', 'prefect.state-'],
  ['capstan.run-count', 'prefect.run-count'],
]

/** An event name, label key or resource id (also a pattern with `*`) in Capstan's words; what has no synonym stays. */
export function toCanonical(text: string): string {
  const synonym = SYNONYMS.find(([, peer]) => text.startsWith(peer))
  return synonym ? synonym[0] + text.slice(synonym[1].length) : text
}

/** The same text in the peer's words: the inverse of `toCanonical`. */
export function toPeer(text: string): string {
  const synonym = SYNONYMS.find(([canonical]) => text.startsWith(canonical))
  return synonym ? synonym[1] + text.slice(synonym[0].length) : text
}

/** Roles whose words differ; all others (`deployment`, `work-pool`, `tag`) are the same. */
const CANONICAL_ROLE = 'run'
const PEER_ROLE = 'flow-run'

/** Keys, ids and roles of one resource in Capstan's words. */
export function toCanonicalLabels(labels: EventLabels): EventLabels {
  return translate(labels, toCanonical, (role) => (role === PEER_ROLE ? CANONICAL_ROLE : role))
}

/** Keys, ids and roles of one resource in the peer's words. */
export function toPeerLabels(labels: EventLabels): EventLabels {
  return translate(labels, toPeer, (role) => (role === CANONICAL_ROLE ? PEER_ROLE : role))
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
