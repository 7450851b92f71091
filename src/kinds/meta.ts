import type { JsonObject } from '../lib/json.ts'
import type { Condition } from './conditions.ts'

export const API_GROUP = 'capstan.dev'
export const API_VERSION = 'capstan.dev/v1'

/** The kinds that people write, in the order in which a revision is applied: what others refer to comes first. */
export const KINDS = ['WorkPool', 'Deployment', 'Run', 'Automation'] as const
export type Kind = (typeof KINDS)[number]

/** How each kind is called on the wire and on the command line. */
export const KIND_NAMES = {
  WorkPool: { plural: 'workpools', singular: 'workpool', shortNames: ['wp'] },
  Deployment: { plural: 'deployments', singular: 'deployment', shortNames: ['deploy'] },
  Run: { plural: 'runs', singular: 'run', shortNames: [] },
  Automation: { plural: 'automations', singular: 'automation', shortNames: ['auto'] },
} as const satisfies Record<
  Kind,
  { plural: string; singular: string; shortNames: readonly string[] }
>

/** Annotations, labels, finalizers and tags: every wire word of Capstan's own stands here once. */
export const WIRE = {
  annotationOnChange: 'capstan.dev/on-change',
  annotationRerun: 'capstan.dev/rerun',
  annotationPrune: 'capstan.dev/prune',
  annotationApproved: 'capstan.dev/approved',
  annotationHeld: 'capstan.dev/held',
  annotationReconcileAt: 'capstan.dev/reconcile-at',
  annotationContentHash: 'capstan.dev/content-hash',
  annotationSource: 'capstan.dev/source',
  annotationScheduledTime: 'capstan.dev/scheduled-time',
  annotationSchedule: 'capstan.dev/schedule',
  annotationEndAs: 'capstan.dev/end-as',
  annotationTriggeredBy: 'capstan.dev/triggered-by',
  annotationInstantiate: 'capstan.dev/instantiate',
  annotationChain: 'capstan.dev/automation-chain',
  labelDeployment: 'capstan.dev/deployment',
  finalizerTask: 'capstan.dev/task',
  tagRun: 'capstan.dev/run',
  tagRunUid: 'capstan.dev/run-uid',
  tagAttempt: 'capstan.dev/attempt',
  tagDeployment: 'capstan.dev/deployment',
  tagWorkPool: 'capstan.dev/work-pool',
  tagController: 'capstan.dev/controller',
  tagInstance: 'capstan.dev/instance',
  tagDefinitionHash: 'capstan.dev/definition-hash',
} as const

export const DEFAULT_NAMESPACE = 'default'
/** The WorkPool that exists in every namespace even when nobody wrote it. */
export const DEFAULT_WORK_POOL = 'default'

export interface OwnerReference {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
  readonly controller?: boolean
  readonly blockOwnerDeletion?: boolean
}

/** Kubernetes ObjectMeta, as far as Capstan keeps it. Times are RFC 3339 in UTC, as on the wire. */
export interface ObjectMeta {
  readonly name: string
  readonly namespace: string
  readonly uid: string
  /** Decimal; one counter for the whole database. */
  readonly resourceVersion: string
  /** Grows by one when spec changes; 1 at creation. */
  readonly generation: number
  readonly creationTimestamp: string
  readonly deletionTimestamp?: string
  readonly deletionGracePeriodSeconds?: number
  readonly generateName?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly finalizers?: readonly string[]
  readonly ownerReferences?: readonly OwnerReference[]
  readonly managedFields?: readonly JsonObject[]
}

/** Any stored object. `spec` has passed its schema; `status` is written by the kind's controller alone. */
export interface CapstanObject<Spec = JsonObject, Status = JsonObject> {
  readonly apiVersion: string
  readonly kind: Kind
  readonly metadata: ObjectMeta
  readonly spec: Spec
  readonly status?: Status
}

/** What every kind's status has. */
export interface CommonStatus {
  readonly observedGeneration?: number
  readonly conditions?: readonly Condition[]
}

/** Names one object. Controllers get nothing else. */
export interface ObjectKey {
  readonly kind: Kind
  readonly namespace: string
  readonly name: string
}

/** `Run/default/hello`: the text form of a key, used in queues and logs. */
export function renderKey(key: ObjectKey): string {
  return `${key.kind}/${key.namespace}/${key.name}`
}

/** The inverse of renderKey. Names and namespaces hold no slash (RFC 1123 subdomains). */
export function parseKey(text: string): ObjectKey {
  const [kind, namespace, name] = text.split('/')
  if (!isKind(kind) || namespace === undefined || name === undefined) {
    throw new Error(`not an object key: ${text}`)
  }
  return { kind, namespace, name }
}

export function isKind(text: unknown): text is Kind {
  return KINDS.some((kind) => kind === text)
}

export function keyOf(object: {
  kind: Kind
  metadata: { namespace: string; name: string }
}): ObjectKey {
  return { kind: object.kind, namespace: object.metadata.namespace, name: object.metadata.name }
}
