import { type CapstanObject, type Kind, renderKey, WIRE } from '../kinds/meta.ts'
import type { JsonObject } from '../lib/json.ts'
import { STEERING_FIELDS } from '../manifest/content-hash.ts'
import type { SourceObjectRow } from '../store/types.ts'
import { bodyOf, type DesiredObject } from './desired.ts'
import type { FolderProblemCode } from './problem.ts'

/** What the store says about one object that a file names. */
export interface ObjectFacts {
  readonly owner: SourceObjectRow | undefined
  readonly live: CapstanObject | undefined
  /** Only of Runs: history has a run of this very content. */
  readonly hasRun: boolean
  readonly namespaceTerminating: boolean
}

export type ObjectDecision =
  /** Nothing to write but the owner. */
  | { readonly type: 'Keep' }
  | { readonly type: 'Create' }
  /** Spec and the user's metadata become the file's. */
  | { readonly type: 'Update' }
  /** Annotations, and what steers a Run, become the file's; the content stays. */
  | { readonly type: 'Steer' }
  /** The old Run is deleted; the new one comes when it is gone. */
  | { readonly type: 'Replace' }
  /** Something has to go first. */
  | { readonly type: 'Wait' }
  | {
      readonly type: 'Refuse'
      readonly code: FolderProblemCode
      readonly message: string
      readonly hint: string
    }

type Annotations = Readonly<Record<string, string>>

interface Case {
  readonly source: string
  readonly desired: DesiredObject
  readonly facts: ObjectFacts
}

interface Rule {
  readonly when: (at: Case) => boolean
  readonly decide: (at: Case) => ObjectDecision
  readonly why: string
}

const KEEP: ObjectDecision = { type: 'Keep' }
const WAIT: ObjectDecision = { type: 'Wait' }

/** For every kind but Run: the object is what the file says. First match wins. */
const OBJECT_RULES: readonly Rule[] = [
  {
    when: ({ facts }) => !facts.live && facts.namespaceTerminating,
    decide: refuseNamespace,
    why: 'A namespace that is being deleted takes no new objects.',
  },
  {
    when: ({ facts }) => !facts.live,
    decide: () => ({ type: 'Create' }),
    why: 'What the file names exists, also after someone deleted it.',
  },
  {
    when: isDeleting,
    decide: () => WAIT,
    why: 'Its finalizers are at work; it is created again once it is gone.',
  },
  {
    when: (at) => hasContent(at) && isInPlace(at),
    decide: () => KEEP,
    why: 'The file says what it said before; what was edited through the API since then stands until the file changes.',
  },
  {
    when: hasContent,
    decide: () => ({ type: 'Steer' }),
    why: 'The file was renamed, or other annotations were written: the spec is not touched.',
  },
  {
    when: () => true,
    decide: () => ({ type: 'Update' }),
    why: 'The file changed, or takes over an object that someone else made.',
  },
]

/** For Runs: each content runs once, whatever happens to its object. First match wins. */
const RUN_RULES: readonly Rule[] = [
  {
    when: (at) => isSameRun(at) && isDeleting(at),
    decide: () => KEEP,
    why: 'Someone deletes this very run: it has run, and does not come back.',
  },
  {
    when: (at) => isSameRun(at) && !isInPlace(at),
    decide: () => ({ type: 'Steer' }),
    why: 'Cancel, suspend, priority and annotations are not content: they change in place.',
  },
  {
    when: isSameRun,
    decide: () => KEEP,
    why: 'This content is running, or has run.',
  },
  {
    when: (at) => at.facts.live !== undefined && !isOurs(at),
    decide: ({ desired }) => ({
      type: 'Refuse',
      code: 'NameTaken',
      message: `${renderKey(desired)} exists and did not come from a folder`,
      hint: 'delete that Run, or give this one another name',
    }),
    why: 'A Run that someone started through the API is not replaced by a file of the same name.',
  },
  {
    when: ({ desired, facts }) => facts.live !== undefined && desired.onChange === 'Reject',
    decide: ({ desired }) => ({
      type: 'Refuse',
      code: 'ChangeRejected',
      message: `${renderKey(desired)} exists with other content, and ${WIRE.annotationOnChange} is Reject`,
      hint: `give the changed Run another name, delete the old one, or set ${WIRE.annotationOnChange}: Replace`,
    }),
    why: 'The manifest forbids to replace a run by changed content.',
  },
  {
    when: isDeleting,
    decide: () => WAIT,
    why: 'The old run is being stopped; the new content starts once it is gone.',
  },
  {
    when: ({ facts }) => facts.live !== undefined,
    decide: () => ({ type: 'Replace' }),
    why: 'Changed content replaces the run.',
  },
  {
    when: ({ facts }) => facts.hasRun,
    decide: () => KEEP,
    why: 'The same content never runs again, not after TTL, not after a restart, not after a revert.',
  },
  {
    when: ({ desired, facts }) => facts.owner?.contentHash === desired.contentHash,
    decide: () => KEEP,
    why: 'It was created and someone deleted it, before it ever had a task.',
  },
  {
    when: ({ facts }) => facts.namespaceTerminating,
    decide: refuseNamespace,
    why: 'A namespace that is being deleted takes no new objects.',
  },
  {
    when: () => true,
    decide: () => ({ type: 'Create' }),
    why: 'New content.',
  },
]

/** What becomes of one object that a file may speak for. */
export function decideObject(
  source: string,
  desired: DesiredObject,
  facts: ObjectFacts,
): ObjectDecision {
  const at = { source, desired, facts }
  const rules = desired.kind === 'Run' ? RUN_RULES : OBJECT_RULES
  return rules.find((rule) => rule.when(at))?.decide(at) ?? KEEP
}

/**
 * The live spec with what steers a Run taken from the file. A cancelled Run stays cancelled: nothing takes
 * that back. Of the other kinds everything is content.
 */
export function steeredSpec(kind: Kind, live: JsonObject, desired: JsonObject): JsonObject {
  if (kind !== 'Run') return live
  const { cancel, suspend: _suspend, priority: _priority, ...content } = live
  const cancelled = cancel === true ? true : (desired['cancel'] ?? cancel)
  return {
    ...content,
    ...(cancelled !== undefined && { cancel: cancelled }),
    ...(desired['suspend'] !== undefined && { suspend: desired['suspend'] }),
    ...(desired['priority'] !== undefined && { priority: desired['priority'] }),
  }
}

/** Annotations that tell Capstan what to do: the file's word is the only one, also when it takes one back. */
const DIRECTIVES: readonly string[] = [
  WIRE.annotationOnChange,
  WIRE.annotationRerun,
  WIRE.annotationPrune,
]

export function withoutDirectives(annotations: Annotations = {}): Annotations {
  return Object.fromEntries(
    Object.entries(annotations).filter(([key]) => !DIRECTIVES.includes(key)),
  )
}

/** The annotation that names the file. */
export function sourceAnnotation(source: string, file: string): string {
  return `${source}/${file}`
}

function isDeleting({ facts }: Case): boolean {
  return facts.live?.metadata.deletionTimestamp !== undefined
}

function isSameRun({ desired, facts }: Case): boolean {
  return facts.live?.metadata.uid === desired.uid
}

/**
 * A folder made it: this one, or the one that it took over from, since no claim is granted against others. Also true
 * for an object that the folder left behind because of `capstan.dev/prune: "false"`.
 */
function isOurs({ source, facts }: Case): boolean {
  const annotation = facts.live?.metadata.annotations?.[WIRE.annotationSource]
  return facts.owner !== undefined || (annotation ?? '').startsWith(`${source}/`)
}

/** The folder gave the object this content. Not so when someone made it anew, as the WorkPool `default` makes itself. */
function hasContent({ desired, facts }: Case): boolean {
  return facts.live?.metadata.annotations?.[WIRE.annotationContentHash] === desired.contentHash
}

/** Whether the rest agrees too: the file's name, the annotations, and the fields that steer a Run. */
function isInPlace({ source, desired, facts: { live } }: Case): boolean {
  if (!live) return true
  const { annotations = {} } = live.metadata
  if (annotations[WIRE.annotationSource] !== sourceAnnotation(source, desired.file)) return false
  const body = bodyOf(desired)
  const wanted = body.annotations ?? {}
  const keys = new Set([...Object.keys(wanted), ...DIRECTIVES])
  const steered = steeredSpec(desired.kind, live.spec, body.spec)
  return (
    [...keys].every((key) => annotations[key] === wanted[key]) &&
    STEERING_FIELDS.every((field) => live.spec[field] === steered[field])
  )
}

function refuseNamespace({ desired }: Case): ObjectDecision {
  return {
    type: 'Refuse',
    code: 'NamespaceTerminating',
    message: `namespace ${desired.namespace} is being deleted and takes no new objects`,
    hint: 'it is tried again once the namespace is gone',
  }
}
