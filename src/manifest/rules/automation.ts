import { ACTION_ROOTS, placeholdersOf } from '../../kinds/automation-template.ts'
import type { Action, ActionType, AutomationSpec, Trigger } from '../../kinds/generated.ts'
import type { PathStep } from '../../kinds/placeholder.ts'
import type { Json } from '../../lib/json.ts'
import { nearest } from '../../lib/nearest.ts'
import { isOwnHeader } from '../../lib/webhook/own-headers.ts'
import type { Issue } from '../problem.ts'

type Path = readonly PathStep[]

export function checkAutomation(spec: AutomationSpec): readonly Issue[] {
  return [
    ...checkTrigger(spec.trigger, ['spec', 'trigger']),
    ...ACTION_LISTS.flatMap((list) =>
      (spec[list] ?? []).flatMap((action, index) => checkAction(action, ['spec', list, index])),
    ),
  ]
}

const ACTION_LISTS = ['actions', 'actionsOnTrigger', 'actionsOnResolve'] as const

/** Triggers inside of triggers; more is no longer understood by anyone. */
const MAX_TRIGGER_DEPTH = 4

const EVENT_FIELDS: readonly (keyof Trigger)[] = [
  'posture',
  'match',
  'matchRelated',
  'after',
  'expect',
  'forEach',
  'threshold',
]

/** A proactive trigger is looked at now and then; shorter windows would fire by chance (as in Prefect). */
const MIN_PROACTIVE_SECONDS = 10

export function checkTrigger(trigger: Trigger, path: Path, depth = 1): readonly Issue[] {
  if (depth > MAX_TRIGGER_DEPTH) {
    const message = `triggers can stand inside of triggers ${MAX_TRIGGER_DEPTH} levels deep`
    return [{ code: 'TooDeep', path, message }]
  }
  if (trigger.type === 'event') return checkEventTrigger(trigger, path)
  return [
    ...misplaced(trigger, EVENT_FIELDS, path),
    ...(trigger.type === 'sequence' ? misplaced(trigger, ['require'], path) : []),
    ...checkParts(trigger, path),
    ...(trigger.triggers ?? []).flatMap((part, index) =>
      checkTrigger(part, [...path, 'triggers', index], depth + 1),
    ),
  ]
}

function checkEventTrigger(trigger: Trigger, path: Path): readonly Issue[] {
  const issues = [...misplaced(trigger, ['triggers', 'require'], path)]
  if (trigger.posture !== 'Proactive') return issues
  if ((trigger.within ?? MIN_PROACTIVE_SECONDS) < MIN_PROACTIVE_SECONDS) {
    const message = `must be at least ${MIN_PROACTIVE_SECONDS} for a Proactive trigger`
    issues.push({ code: 'OutOfRange', path: [...path, 'within'], message })
  }
  if ((trigger.expect ?? []).length === 0) {
    const message = 'a Proactive trigger needs expect: the events that fail to come'
    issues.push({ code: 'Missing', path: [...path, 'expect'], message })
  }
  return issues
}

function misplaced(
  trigger: Trigger,
  fields: readonly (keyof Trigger)[],
  path: Path,
): readonly Issue[] {
  return fields
    .filter((field) => trigger[field] !== undefined)
    .map((field) => ({
      code: 'Exclusive',
      path: [...path, field],
      atKey: true,
      message: `'${field}' does not belong to a trigger of type ${trigger.type}`,
    }))
}

function checkParts({ type, triggers, require }: Trigger, path: Path): readonly Issue[] {
  if (triggers === undefined) {
    const message = `a trigger of type ${type} needs triggers`
    return [{ code: 'Missing', path: [...path, 'triggers'], message }]
  }
  if (typeof require !== 'number' || require <= triggers.length) return []
  const message = `must be at most ${triggers.length}, the number of triggers`
  return [{ code: 'OutOfRange', path: [...path, 'require'], message }]
}

/** Members without which an action cannot be done. */
const NEEDED: Readonly<Partial<Record<ActionType, keyof Action>>> = {
  'change-run-state': 'state',
  'call-webhook': 'url',
  'send-notification': 'url',
}

function checkAction(action: Action, path: Path): readonly Issue[] {
  return [
    ...checkNeeded(action, path),
    ...checkAddress(action, path),
    ...TEMPLATED.flatMap((member) =>
      checkPlaceholders(action[member] as Json | undefined, [...path, member]),
    ),
  ]
}

function checkNeeded(action: Action, path: Path): readonly Issue[] {
  const needed = neededMember(action)
  const isThere = needed === 'url' ? isAddressed(action) : needed && action[needed] !== undefined
  if (needed === undefined || isThere) return []
  const message =
    needed === 'url'
      ? `an action of type ${action.type} needs 'url', or 'urlSecret' where the address is a secret`
      : `an action of type ${action.type} needs '${needed}'`
  return [{ code: 'Missing', path: [...path, needed], message }]
}

function isAddressed({ url, urlSecret }: Action): boolean {
  return url !== undefined || urlSecret !== undefined
}

function checkAddress({ url, urlSecret, headers }: Action, path: Path): readonly Issue[] {
  const issues: Issue[] = []
  if (url !== undefined && urlSecret !== undefined) {
    const message = "'url' and 'urlSecret' exclude each other"
    issues.push({ code: 'Exclusive', path: [...path, 'urlSecret'], atKey: true, message })
  }
  if (url !== undefined && !/^https?:\/\//i.test(url)) {
    const message = 'must begin with http:// or https://'
    issues.push({ code: 'InvalidFormat', path: [...path, 'url'], message })
  }
  for (const name of Object.keys(headers ?? {}).filter(isOwnHeader)) {
    const message = `the header ${name} belongs to the connection and cannot be set`
    issues.push({ code: 'NotAllowed', path: [...path, 'headers', name], atKey: true, message })
  }
  return issues
}

/** Members in which placeholders are filled in. */
const TEMPLATED = [
  'message',
  'parameters',
  'variables',
  'headers',
  'payload',
  'subject',
  'body',
] as const

/** Members that are sent; nothing that is kept may hold a secret. */
const SENT: readonly PathStep[] = ['headers', 'payload']

/** What an event has is not known here; what placeholders begin with is. */
export function checkPlaceholders(value: Json | undefined, path: Path): readonly Issue[] {
  const member = path.find((step) => TEMPLATED.some((name) => name === step))
  const allowed = ACTION_ROOTS.filter(
    (root) => root !== 'secrets' || (member !== undefined && SENT.includes(member)),
  )
  return placeholdersOf(value)
    .filter(([root]) => !allowed.some((name) => name === root))
    .map((steps) => {
      const written = steps.join('.')
      const near = nearest(String(steps[0]), allowed)
      const way =
        near === undefined ? `they begin with ${allowed.join(', ')}` : `did you mean '${near}'?`
      const message = `{{ ${written} }} stands for nothing in an action; ${way}`
      return { code: 'InvalidPlaceholder', path, message }
    })
}

function neededMember(action: Action): keyof Action | undefined {
  if (action.type === 'run-deployment' && action.source !== 'inferred') return 'deployment'
  return NEEDED[action.type]
}
