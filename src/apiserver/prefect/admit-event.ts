import {
  type EventLabels,
  HEARTBEAT_EVENT,
  LABEL,
  type NewEventRecord,
  RESOURCE_PREFIX,
  resourceId,
  uidOfResource,
} from '../../kinds/event.ts'
import { DEFAULT_NAMESPACE } from '../../kinds/meta.ts'
import type { Store } from '../../store/types.ts'
import type { WireEvent } from './event-json.ts'
import type { Sender } from './sender.ts'

export type AdmittedEvent =
  | {
      readonly type: 'Accepted'
      readonly record: NewEventRecord
      /** The run that it is a sign of life of. */
      readonly beatOf?: string
    }
  | { readonly type: 'Refused'; readonly reason: string }

/** Where the id stays that a run's own program has for it. */
const REPORTED_ID = 'capstan.resource.reported-id'
/** Names that begin so are Capstan's own statements. */
const OWN_PREFIX = 'capstan.'
/** The wire's limit on related resources. */
const MAX_RELATED = 100

export interface AdmissionPorts {
  readonly store: Store
  /** What a run is called and what belongs to it; undefined: there is no such Run (any more). */
  readonly subjectOf: (runUid: string) => RunSubject | undefined
}

/** The shape of the controllers' RunSubject, repeated because the API server does not import controllers. */
export interface RunSubject {
  readonly name: string
  readonly namespace: string
  /** Deployment, work pool, queue and tags, as labels. */
  readonly related: readonly EventLabels[]
}

interface Case extends AdmissionPorts {
  readonly sender: Sender
  readonly event: WireEvent
}

interface Rule {
  readonly reason: string
  refuses(found: Case): boolean
}

/** Who may not say what. First match wins: its reason is the answer. */
const RULES: readonly Rule[] = [
  {
    // Automations act on them, and a run that could claim another state could steer others.
    reason: 'only Capstan itself says what becomes of runs, tasks, deployments and pools',
    refuses: ({ event }) => event.event.startsWith(OWN_PREFIX) && event.event !== HEARTBEAT_EVENT,
  },
  {
    reason: 'the token is of another run than the event',
    refuses: ({ sender, event, ...ports }) =>
      sender.type === 'Run' &&
      [event.resource, ...event.related].some((labels) => namesOtherRun(ports, sender.uid, labels)),
  },
  {
    reason: 'a run may speak only for itself and for what is its own',
    refuses: ({ sender, event }) =>
      sender.type === 'Run' && isCapstanThing(event.resource[LABEL.id] ?? ''),
  },
]

/** What comes of an event from outside: the record that is kept, or why it is refused. */
export function admitEvent(
  ports: AdmissionPorts,
  sender: Sender,
  event: WireEvent,
  nowMs: number,
): AdmittedEvent {
  const refusal = RULES.find((rule) => rule.refuses({ ...ports, sender, event }))
  if (refusal) return { type: 'Refused', reason: refusal.reason }
  const own = sender.type === 'Run' ? ownWords(sender.uid, event) : event
  const runUid = sender.type === 'Run' ? sender.uid : runOf(ports, own)
  const run = runUid === undefined ? undefined : ports.subjectOf(runUid)
  const isBeat = own.event === HEARTBEAT_EVENT && runUid !== undefined
  const related = isBeat && run ? withOwn(own.related, run.related) : own.related
  return {
    type: 'Accepted',
    record: {
      ...own,
      related,
      receivedAtMs: nowMs,
      namespace: run?.namespace ?? DEFAULT_NAMESPACE,
      isOutside: true,
      ...(runUid !== undefined && { runUid }),
    },
    ...(isBeat && { beatOf: runUid }),
  }
}

function isKnownRun({ store, subjectOf }: AdmissionPorts, uid: string): boolean {
  return subjectOf(uid) !== undefined || store.history.get(uid) !== undefined
}

function namesOtherRun(ports: AdmissionPorts, own: string, labels: EventLabels): boolean {
  const uid = uidOfResource('run', labels[LABEL.id])
  return uid !== undefined && uid !== own && isKnownRun(ports, uid)
}

/** Everything with an id of Capstan's own but runs, which have their own rule, and tags. */
function isCapstanThing(id: string): boolean {
  const { run, tag } = RESOURCE_PREFIX
  return id.startsWith(OWN_PREFIX) && !id.startsWith(run) && !id.startsWith(tag)
}

/**
 * A program that has another id for its run than Capstan (a flow run of Prefect's) speaks of its own run: the
 * id that Capstan knows takes its place, so that automations see one run and not two.
 */
function ownWords(uid: string, event: WireEvent): WireEvent {
  const translate = (labels: EventLabels): EventLabels => {
    const id = labels[LABEL.id]
    const reported = uidOfResource('run', id)
    if (reported === undefined || reported === uid || id === undefined) return labels
    return { ...labels, [LABEL.id]: resourceId('run', uid), [REPORTED_ID]: id }
  }
  const resource = translate(event.resource)
  const isBeat = event.event === HEARTBEAT_EVENT
  const named =
    isBeat && !uidOfResource('run', resource[LABEL.id]) ? ofRun(uid, resource) : resource
  return { ...event, resource: named, related: event.related.map(translate) }
}

/** A heartbeat of anything else in the container is a heartbeat of its run. */
function ofRun(uid: string, labels: EventLabels): EventLabels {
  const id = labels[LABEL.id]
  return {
    ...labels,
    [LABEL.id]: resourceId('run', uid),
    ...(id !== undefined && { [REPORTED_ID]: id }),
  }
}

function runOf(ports: AdmissionPorts, { resource, related }: WireEvent): string | undefined {
  for (const labels of [resource, ...related]) {
    const uid = uidOfResource('run', labels[LABEL.id])
    if (uid !== undefined && isKnownRun(ports, uid)) return uid
  }
  return undefined
}

/** What Capstan knows to belong to the run comes first: triggers match it. */
function withOwn(
  told: readonly EventLabels[],
  own: readonly EventLabels[],
): readonly EventLabels[] {
  const known = new Set(own.map((labels) => labels[LABEL.id]))
  return [...own, ...told.filter((labels) => !known.has(labels[LABEL.id]))].slice(0, MAX_RELATED)
}
