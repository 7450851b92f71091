import type { JsonObject } from '../lib/json.ts'
import type { Random } from '../lib/random.ts'

/** What can be made to go wrong. Times are milliseconds. */
export type Fault =
  /** ThrottlingException, or a throttle dressed as an InvalidParameterException. */
  | { readonly type: 'throttle'; readonly disguise?: 'subnet' | 'securityGroup' }
  /** HTTP 500, before anything happened or after everything did. */
  | { readonly type: 'serverError'; readonly effect: 'before' | 'after' }
  /** Any other exception, before anything happened. */
  | {
      readonly type: 'error'
      readonly code: string
      readonly message: string
      readonly status?: number
    }
  /** The connection breaks, before anything happened or after everything did (a lost reply). */
  | { readonly type: 'reset'; readonly effect: 'before' | 'after' }
  /** The reply comes late. */
  | { readonly type: 'delay'; readonly delayMs: number }
  /** RunTask answers `failures`; the first `keep` tasks (0) are launched all the same. */
  | { readonly type: 'capacity'; readonly reason?: string; readonly keep?: number }
  /** Tasks of this RunTask are interrupted, `afterMs` after their start. */
  | { readonly type: 'spotInterruption'; readonly afterMs: number }
  | { readonly type: 'hostLoss'; readonly afterMs: number }
  /** Tasks of this RunTask start late, never, or fail to start. */
  | { readonly type: 'slowStart'; readonly delayMs: number }
  | { readonly type: 'neverStart' }
  | { readonly type: 'startFailure'; readonly reason?: string }
  /** Tasks of this RunTask are not described, or not listed, at first. */
  | { readonly type: 'missing'; readonly forMs: number }
  | { readonly type: 'unlisted'; readonly forMs: number }
  /** ListTasks or DescribeTasks answers with the state of `ageMs` ago. */
  | { readonly type: 'stale'; readonly ageMs: number }

export interface FaultRule {
  /** Name of the operation; `*` for all. */
  readonly operation: string
  /** Hits these calls of the operation, counted from 1. Neither this nor `probability`: every call. */
  readonly calls?: readonly number[]
  /** Hits each call with this probability. */
  readonly probability?: number
  /** Only calls whose input holds this text, as JSON. */
  readonly inputContains?: string
  /** Hits at most so many calls. */
  readonly limit?: number
  /** Holds between these moments, counted from the start of the emulator. */
  readonly fromMs?: number
  readonly untilMs?: number
  readonly fault: Fault
}

export interface FaultPlan {
  readonly rules: readonly FaultRule[]
}

/** What the plan does to one call, all rules that hit it taken together. */
export interface Effects {
  readonly faults: readonly Fault[]
}

export const noEffects: Effects = { faults: [] }

/** Text of a failed image pull, as Fargate gives it. */
export const IMAGE_PULL_FAILURE =
  'CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref: not found'

export interface FaultInjector {
  /** The effects on the next call of `operation`. Each call uses up its share of the random numbers. */
  next(operation: string, input: JsonObject): Effects
  /** How many calls each rule has hit, in the order of the rules. */
  hits(): readonly number[]
}

export interface FaultInputs {
  readonly random: Random
  /** Milliseconds since the start of the emulator. */
  readonly elapsedMs: () => number
}

/** Plays a plan. The same plan, the same random numbers and the same calls give the same faults. */
export function createFaultInjector(plan: FaultPlan, inputs: FaultInputs): FaultInjector {
  const { random, elapsedMs } = inputs
  const calls = new Map<string, number>()
  const hits = plan.rules.map(() => 0)

  function isHit(rule: FaultRule, index: number, call: FaultCall): boolean {
    if (rule.operation !== '*' && rule.operation !== call.operation) return false
    // Drawn for every call that the rule names, so that other conditions do not shift later draws.
    const drawn = rule.probability === undefined || random.fraction() < rule.probability
    if (!drawn || !isInForce(rule, elapsedMs())) return false
    if (rule.calls && !rule.calls.includes(call.number)) return false
    if ((hits[index] ?? 0) >= (rule.limit ?? Number.POSITIVE_INFINITY)) return false
    return rule.inputContains === undefined || call.text().includes(rule.inputContains)
  }

  return {
    next(operation, input) {
      if (plan.rules.length === 0) return noEffects
      const number = (calls.get(operation) ?? 0) + 1
      calls.set(operation, number)
      const call = { operation, number, text: () => JSON.stringify(input) }
      const faults = plan.rules
        .filter((rule, index) => {
          const hit = isHit(rule, index, call)
          if (hit) hits[index] = (hits[index] ?? 0) + 1
          return hit
        })
        .map(({ fault }) => fault)
      return faults.length === 0 ? noEffects : { faults }
    },
    hits: () => [...hits],
  }
}

function isInForce(
  { fromMs = 0, untilMs = Number.POSITIVE_INFINITY }: FaultRule,
  elapsedMs: number,
): boolean {
  return fromMs <= elapsedMs && elapsedMs < untilMs
}

interface FaultCall {
  readonly operation: string
  readonly number: number
  readonly text: () => string
}

/** The first fault of a type among the effects. */
export function faultOf<T extends Fault['type']>(
  effects: Effects,
  type: T,
): Extract<Fault, { type: T }> | undefined {
  return effects.faults.find((fault): fault is Extract<Fault, { type: T }> => fault.type === type)
}
