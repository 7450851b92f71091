import {
  type EventLabels,
  type EventRecord,
  LABEL,
  type ResourceType,
  uidOfResource,
} from '../../kinds/event.ts'
import { WIRE } from '../../kinds/meta.ts'
import type { Run } from '../../kinds/run.ts'
import { defined } from '../../lib/defined.ts'
import { isoTime, parseIsoTime } from '../../lib/instant.ts'
import { isJsonObject, type Json, type JsonObject } from '../../lib/json.ts'
import type { Store } from '../../store/types.ts'
import { type Firing, keptEvent } from './bucket.ts'
import { CHAIN_PAUSE_MS, MAX_CHAIN, MAX_KEPT_EVENT } from './limits.ts'
import { chainOfNews, type FiringSubject, subjectOf } from './records.ts'
import type { TriggerSource } from './source.ts'

/**
 * What the actions of one firing know, frozen when the trigger fires: an action that is repeated says
 * the same again. It is stored as JSON.
 */
export interface FiringContext {
  readonly firing: string
  readonly type: Firing['type']
  readonly firedAtMs: number
  readonly title: string
  readonly owner: TriggerSource['owner']
  /** What placeholders reach, by root, but for the secrets. */
  readonly values: JsonObject
  readonly runUid?: string
  readonly deploymentUid?: string
  readonly workPoolUid?: string
  readonly automationUid?: string
  /** How many automations answered one another before this firing. */
  readonly chain: number
  /** What its records are about. */
  readonly subject: FiringSubject
}

export function contextOf(
  store: Store,
  source: TriggerSource,
  firing: Firing & { readonly id: string },
): FiringContext {
  const { event } = firing
  const runUid = event && (event.runUid ?? subjectUid(event, 'run'))
  const run = runUid === undefined ? undefined : (store.objects.getByUid(runUid) as Run | undefined)
  return defined({
    firing: firing.id,
    type: firing.type,
    firedAtMs: firing.atMs,
    title: source.title,
    owner: source.owner,
    values: valuesOf(source, firing, run),
    runUid,
    deploymentUid: event && subjectUid(event, 'deployment'),
    workPoolUid: event && subjectUid(event, 'workPool'),
    automationUid: event && subjectUid(event, 'automation'),
    chain: Math.max(chainOf(run, firing.atMs), chainOfNews(event, firing.atMs)),
    subject: subjectOf(source, event),
  })
}

/** The uid of the object of this type that an event is about, or else is related to. */
function subjectUid({ resource, related }: EventRecord, type: ResourceType): string | undefined {
  const uids = [resource, ...related].map((labels) => uidOfResource(type, labels[LABEL.id]))
  return uids.find((uid) => uid !== undefined)
}

/** Steps of the chain that the run stands in; a step long ago is no part of it. */
export function chainOf(run: Run | undefined, nowMs: number): number {
  const [digits, time] = run?.metadata.annotations?.[WIRE.annotationChain]?.split(' ') ?? []
  const length = Number(digits)
  const atMs = parseIsoTime(time) ?? 0
  return Number.isSafeInteger(length) && nowMs - atMs < CHAIN_PAUSE_MS ? length : 0
}

/** Why nothing more is done after so many steps. */
export function endOfChain(length: number): string {
  return `it would be step ${length + 1} of a chain of automations that answer one another; at most ${MAX_CHAIN} may follow each other within an hour.`
}

export function renderChain(length: number, nowMs: number): string {
  return `${length} ${isoTime(nowMs)}`
}

function valuesOf(
  { owner }: TriggerSource,
  firing: Firing & { readonly id: string },
  run: Run | undefined,
): JsonObject {
  const event = firing.event && keptEvent(firing.event)
  const about = run && runValues(run)
  return defined({
    firing: { id: firing.id, type: firing.type, time: isoTime(firing.atMs) },
    automation: { name: owner.name, namespace: owner.namespace },
    event: event && eventValues(event),
    resource: event && shortLabels(event.resource),
    run: about,
    // Prefect's word for the same.
    flow_run: about,
    deployment: event && deploymentValues(event, run),
  })
}

function eventValues(event: EventRecord): JsonObject {
  return {
    id: event.id,
    event: event.event,
    name: event.event,
    occurred: isoTime(event.occurredAtMs),
    received: isoTime(event.receivedAtMs),
    resource: shortLabels(event.resource),
    related: event.related.map(shortLabels),
    payload: event.payload,
  }
}

/**
 * Labels as placeholders can name them, whose paths are cut at dots: `id` for `capstan.resource.id`,
 * `state-type` for `capstan.state-type`.
 */
function shortLabels(labels: EventLabels): JsonObject {
  return Object.fromEntries(
    Object.entries(labels).map(([key, value]) => [
      key.replace(/^capstan\.(resource\.)?/, '').replaceAll('.', '-'),
      value,
    ]),
  )
}

function deploymentValues(event: EventRecord, run: Run | undefined): Json | undefined {
  const labels = [event.resource, ...event.related].find(
    (one) => uidOfResource('deployment', one[LABEL.id]) !== undefined,
  )
  const name = labels?.[LABEL.name] ?? run?.spec.deployment
  return name === undefined ? undefined : { name }
}

/** What may be told of a run: nothing of its environment. */
function runValues({ metadata, spec, status }: Run): JsonObject {
  const { name, namespace, uid, labels } = metadata
  const { state, exitCode, attempts } = status ?? {}
  return defined({
    name,
    namespace,
    uid,
    labels,
    deployment: spec.deployment,
    workPool: spec.workPool,
    parameters: small(spec.parameters),
    state: state && defined({ type: state.type, name: state.name, message: state.message }),
    exitCode,
    attempts: attempts?.length ?? 0,
    taskArn: attempts?.at(-1)?.taskArn,
  })
}

function small(values: JsonObject | undefined): JsonObject | undefined {
  if (!isJsonObject(values)) return undefined
  return JSON.stringify(values).length > MAX_KEPT_EVENT ? undefined : values
}
