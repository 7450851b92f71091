import {
  type EventRecord,
  HEARTBEAT_EVENT,
  isAutomationNews,
  LABEL,
  toCanonical,
} from '../../kinds/event.ts'
import type { LabelFilter, Trigger } from '../../kinds/generated.ts'
import { sha256 } from '../../lib/names.ts'
import { MAX_KEY_LENGTH, MIN_PROACTIVE_MS } from './limits.ts'
import { fitsLabels, fitsName, fitsRelated } from './match.ts'

/** A trigger with its defaults, ready to be asked. `path` names it within the whole: '' is the outermost. */
export type TriggerNode = EventNode | GroupNode

export interface EventNode {
  readonly type: 'event'
  readonly path: string
  readonly posture: 'Reactive' | 'Proactive'
  readonly match: LabelFilter | undefined
  readonly matchRelated: Trigger['matchRelated']
  readonly after: readonly string[]
  /** Empty: any event. */
  readonly expect: readonly string[]
  readonly forEach: readonly string[]
  readonly threshold: number
  /** It waits for beats that fail to come: a run that is over, or rests, owes none. */
  readonly judgesBeats: boolean
  /** It names what automations do; only then does it see that. */
  readonly asksAutomations: boolean
  /** Undefined: without end. */
  readonly withinMs: number | undefined
}

export interface GroupNode {
  readonly type: 'compound' | 'sequence'
  readonly path: string
  readonly parts: readonly TriggerNode[]
  /** Parts of a compound trigger that must fire. */
  readonly required: number
  readonly withinMs: number | undefined
}

export function readTrigger(trigger: Trigger, path = ''): TriggerNode {
  const withinMs = trigger.within ? trigger.within * 1000 : undefined
  if (trigger.type === 'event') return readEventTrigger(trigger, path, withinMs)
  const { type, triggers = [], require = 'all' } = trigger
  const parts = triggers.map((part, index) =>
    readTrigger(part, path === '' ? String(index) : `${path}.${index}`),
  )
  const named = { any: 1, all: parts.length }
  const required = typeof require === 'number' ? require : named[require]
  return { type, path, parts, required, withinMs }
}

function readEventTrigger(trigger: Trigger, path: string, withinMs: number | undefined): EventNode {
  const { posture = 'Reactive', after = [], expect = [], forEach = [], threshold = 1 } = trigger
  return {
    type: 'event',
    path,
    posture,
    match: trigger.match,
    matchRelated: trigger.matchRelated,
    after,
    expect,
    forEach,
    threshold,
    judgesBeats: posture === 'Proactive' && fitsName(after, HEARTBEAT_EVENT),
    asksAutomations: [...after, ...expect, ...idsOf(trigger.match)].some((pattern) =>
      isAutomationNews(toCanonical(pattern)),
    ),
    withinMs: posture === 'Proactive' ? Math.max(MIN_PROACTIVE_MS, withinMs ?? 0) : withinMs,
  }
}

/** Patterns that the id of the resource is compared with. */
function idsOf(match: LabelFilter | undefined): readonly string[] {
  return Object.entries(match ?? {})
    .filter(([label]) => toCanonical(label) === LABEL.id)
    .flatMap(([, wanted]) => wanted)
}

/** All event triggers in it. */
export function leavesOf(node: TriggerNode): readonly EventNode[] {
  return node.type === 'event' ? [node] : node.parts.flatMap(leavesOf)
}

/** What an event is to a trigger: what starts its window, what it waits for, both, or nothing. */
export interface Meaning {
  readonly starts: boolean
  readonly expected: boolean
}

export function meaningOf(node: EventNode, event: EventRecord): Meaning | undefined {
  // `*` and `capstan.*` mean what happens to runs: automations that answer it must not set off one another.
  if (!node.asksAutomations && isAutomationNews(event.event)) return undefined
  const starts = fitsName(node.after, event.event)
  const expected = node.expect.length === 0 || fitsName(node.expect, event.event)
  // Names are compared first: most events are nothing to most triggers.
  if (!starts && !expected && !node.judgesBeats) return undefined
  if (!isAbout(node, event)) return undefined
  return { starts, expected }
}

function isAbout(node: EventNode, { resource, related }: EventRecord): boolean {
  return fitsLabels(node.match, resource) && fitsRelated(node.matchRelated, related)
}

/** The key of a trigger that does not tell things apart. */
export const ONLY_KEY = '[]'

/** What an event is judged together with: the values of the labels in `forEach`, in their order. */
export function bucketKey({ forEach }: EventNode, event: EventRecord): string {
  if (forEach.length === 0) return ONLY_KEY
  const key = JSON.stringify(forEach.map((label) => labelValue(label, event)))
  return key.length <= MAX_KEY_LENGTH ? key : sha256(key)
}

/** The value of `label` or of `related:<role>:<label>`; empty where there is none. */
function labelValue(written: string, { resource, related }: EventRecord): string {
  const [, wantedRole, label] = /^related:([^:]+):(.+)$/.exec(written) ?? []
  if (wantedRole === undefined || label === undefined) return resource[toCanonical(written)] ?? ''
  const role = wantedRole === 'flow-run' ? 'run' : wantedRole
  const found = related.find((labels) => labels[LABEL.role] === role)
  return found?.[toCanonical(label)] ?? ''
}
