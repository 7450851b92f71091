import { isJsonObject, type Json, type JsonObject, ownMember } from '../lib/json.ts'

/** Prefect's action names beside Capstan's. */
const ACTION_SYNONYMS: Readonly<Record<string, string>> = {
  'change-flow-run-state': 'change-run-state',
  'cancel-flow-run': 'cancel-run',
  'suspend-flow-run': 'suspend-run',
  'pause-flow-run': 'suspend-run',
  'resume-flow-run': 'resume-run',
  'pause-run': 'suspend-run',
  'pause-deployment': 'suspend-deployment',
  'pause-work-pool': 'suspend-work-pool',
  'pause-automation': 'suspend-automation',
}

/** Prefect's keys of actions whose Capstan name is another word. */
const ACTION_KEYS: Readonly<Record<string, string>> = {
  jobVariables: 'variables',
  scheduleAfter: 'scheduleAfterSeconds',
  deploymentId: 'deployment',
  workPoolId: 'workPool',
  automationId: 'automation',
}

/** Keys below these are the user's own words and stay as they are. */
const OPAQUE_KEYS: readonly string[] = [
  'match',
  'matchRelated',
  'parameters',
  'jobVariables',
  'variables',
  'headers',
  'payload',
]

/**
 * The spec of an Automation in Capstan's own words: snake_case keys become camelCase, Prefect's names
 * of actions and of their members become Capstan's. What is already so stays so; where both spellings
 * of a key are there, both stay and the schema refuses the other one.
 */
export function normalizeAutomationSpec(spec: JsonObject): JsonObject {
  const camel = camelCased(spec)
  return Object.fromEntries(
    Object.entries(camel).map(([key, value]): [string, Json | undefined] => {
      const isActions =
        key === 'actions' || key === 'actionsOnTrigger' || key === 'actionsOnResolve'
      return [key, isActions && Array.isArray(value) ? value.map(normalizeAction) : value]
    }),
  )
}

/** The same for a trigger that stands by itself, in a Deployment. */
export function normalizeTrigger(trigger: Json): Json {
  return isJsonObject(trigger) ? camelCased(trigger) : trigger
}

function normalizeAction(action: Json): Json {
  if (!isJsonObject(action)) return action
  const renamed = renameKeys(action, (key) => ownMember(ACTION_KEYS, key) ?? key)
  const { type } = renamed
  const synonym = typeof type === 'string' ? ownMember(ACTION_SYNONYMS, type) : undefined
  return synonym === undefined ? renamed : { ...renamed, type: synonym }
}

function camelCased(value: JsonObject): JsonObject {
  const renamed = renameKeys(value, camelCase)
  return Object.fromEntries(
    Object.entries(renamed).map(([key, item]): [string, Json | undefined] => [
      key,
      OPAQUE_KEYS.includes(key) ? item : camelCasedDeep(item),
    ]),
  )
}

function camelCasedDeep(value: Json | undefined): Json | undefined {
  if (Array.isArray(value)) return value.map((item: Json) => camelCasedDeep(item) ?? null)
  return isJsonObject(value) ? camelCased(value) : value
}

/** Keys renamed, unless the new name is taken. */
function renameKeys(value: JsonObject, rename: (key: string) => string): JsonObject {
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      const renamed = rename(key)
      return [renamed !== key && Object.hasOwn(value, renamed) ? key : renamed, item]
    }),
  )
}

/** `for_each` → `forEach`; other keys as they are. */
export function camelCase(key: string): string {
  return key.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}
