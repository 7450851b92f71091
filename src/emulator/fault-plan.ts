import { isJsonObject, type Json, type JsonObject } from '../lib/json.ts'
import { nearest } from '../lib/nearest.ts'
import { ec2Operations } from './ec2/operations.ts'
import { ecsOperations } from './ecs/operations.ts'
import type { Fault, FaultPlan, FaultRule } from './faults.ts'
import { logsOperations } from './logs/operations.ts'

/** More rules are no plan that a person has written; each is looked at with every call. */
const MAX_RULES = 100
/** A day: what takes longer cannot be told from what never happens. */
const MAX_MS = 86_400_000

/** What a field takes, for people; undefined: the value is fine. */
type Check = (value: Json | undefined) => string | undefined

interface Field {
  readonly check: Check
  readonly isRequired?: true
}

type Fields<Name extends string> = Readonly<Record<Name, Field>>

const text: Check = (value) => (typeof value === 'string' ? undefined : 'text')
const milliseconds: Check = (value) => wholeNumber(value, 0, MAX_MS)
const count: Check = (value) => wholeNumber(value, 0, Number.MAX_SAFE_INTEGER)
const probability: Check = (value) =>
  typeof value === 'number' && value >= 0 && value <= 1 ? undefined : 'a number from 0 to 1'
const callNumbers: Check = (value) =>
  Array.isArray(value) && value.every((one) => wholeNumber(one, 1, MAX_MS) === undefined)
    ? undefined
    : 'a list of numbers of calls, from 1'
const object: Check = (value) => (isJsonObject(value) ? undefined : 'a map')
const operation: Check = (value) => unknownWord(value, OPERATIONS)
const effect: Check = (value) => unknownWord(value, ['before', 'after'])
const disguise: Check = (value) => unknownWord(value, ['subnet', 'securityGroup'])

const OPERATIONS: readonly string[] = [
  '*',
  ...Object.keys(ecsOperations),
  ...Object.keys(logsOperations),
  ...Object.keys(ec2Operations),
]

const RULE_FIELDS: Fields<keyof FaultRule> = {
  operation: { check: operation, isRequired: true },
  fault: { check: object, isRequired: true },
  calls: { check: callNumbers },
  probability: { check: probability },
  inputContains: { check: text },
  limit: { check: count },
  fromMs: { check: milliseconds },
  untilMs: { check: milliseconds },
}

type FieldsOf<F> = F extends Fault ? Fields<Exclude<keyof F, 'type'> & string> : never

const FAULT_FIELDS: { readonly [T in Fault['type']]: FieldsOf<Extract<Fault, { type: T }>> } = {
  throttle: { disguise: { check: disguise } },
  serverError: { effect: { check: effect, isRequired: true } },
  error: {
    code: { check: text, isRequired: true },
    message: { check: text, isRequired: true },
    status: { check: (value) => wholeNumber(value, 400, 599) },
  },
  reset: { effect: { check: effect, isRequired: true } },
  delay: { delayMs: { check: milliseconds, isRequired: true } },
  capacity: { reason: { check: text }, keep: { check: count } },
  spotInterruption: { afterMs: { check: milliseconds, isRequired: true } },
  hostLoss: { afterMs: { check: milliseconds, isRequired: true } },
  slowStart: { delayMs: { check: milliseconds, isRequired: true } },
  neverStart: {},
  startFailure: { reason: { check: text } },
  missing: { forMs: { check: milliseconds, isRequired: true } },
  unlisted: { forMs: { check: milliseconds, isRequired: true } },
  stale: { ageMs: { check: milliseconds, isRequired: true } },
}

export type ParsedFaultPlan =
  | { readonly ok: true; readonly plan: FaultPlan }
  /** One sentence that names the field, what it holds and what it takes. */
  | { readonly ok: false; readonly problem: string }

/** A plan as people write it: a list of rules, or a map with the list under `rules`. */
export function parseFaultPlan(value: Json): ParsedFaultPlan {
  const rules = isJsonObject(value) ? value['rules'] : value
  if (!Array.isArray(rules)) return refuse('a fault plan is a list of rules, or a map with rules')
  if (rules.length > MAX_RULES) return refuse(`a fault plan has at most ${MAX_RULES} rules`)
  const problem = rules.map((rule: Json, index) => problemOf(rule, `rules[${index}]`)).find(Boolean)
  if (problem !== undefined) return refuse(problem)
  return { ok: true, plan: { rules: rules as unknown as readonly FaultRule[] } }
}

function refuse(problem: string): ParsedFaultPlan {
  return { ok: false, problem }
}

function problemOf(rule: Json, path: string): string | undefined {
  if (!isJsonObject(rule)) return `${path} must be a map with operation and fault`
  const problem = problemOfFields(rule, RULE_FIELDS, path)
  if (problem !== undefined) return problem
  const { type, ...fields } = rule['fault'] as JsonObject
  const wanted = unknownWord(type, Object.keys(FAULT_FIELDS))
  if (wanted !== undefined) return mustBe(`${path}.fault.type`, type, wanted)
  return problemOfFields(fields, FAULT_FIELDS[type as Fault['type']], `${path}.fault`)
}

function problemOfFields(
  value: JsonObject,
  fields: Fields<string>,
  path: string,
): string | undefined {
  const unknown = Object.keys(value).find((name) => !Object.hasOwn(fields, name))
  if (unknown !== undefined) {
    const near = nearest(unknown, Object.keys(fields))
    return `${path}.${unknown} is unknown${near === undefined ? '' : `; did you mean ${near}?`}`
  }
  for (const [name, { check, isRequired }] of Object.entries(fields)) {
    if (value[name] === undefined && !isRequired) continue
    const wanted = check(value[name])
    if (wanted !== undefined) return mustBe(`${path}.${name}`, value[name], wanted)
  }
  return undefined
}

function mustBe(path: string, value: Json | undefined, wanted: string): string {
  if (value === undefined) return `${path} is missing: ${wanted}`
  return `${path} is ${JSON.stringify(value)} and must be ${wanted}`
}

function wholeNumber(value: Json | undefined, min: number, max: number): string | undefined {
  const isFine = Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max
  return isFine
    ? undefined
    : `a whole number from ${min}${max < Number.MAX_SAFE_INTEGER ? ` to ${max}` : ''}`
}

/** Long lists of words are not told when one of them is near. */
function unknownWord(value: Json | undefined, words: readonly string[]): string | undefined {
  if (typeof value === 'string' && words.includes(value)) return undefined
  const near = typeof value === 'string' ? nearest(value, words) : undefined
  return near ?? `one of ${words.join(', ')}`
}
