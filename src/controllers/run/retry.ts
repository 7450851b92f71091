import type { RetryPolicy, RetryRule } from '../../kinds/generated.ts'
import type { OutcomeClass } from '../../kinds/run.ts'
import { sha256 } from '../../lib/names.ts'

/** How one try ended, as far as retrying is concerned. In order of their ends. */
export interface EndedTry {
  readonly number: number
  readonly try: number
  readonly class: OutcomeClass
  readonly exitCode?: number
  readonly stopCode?: string
  readonly reason: string
  readonly endedAtMs: number
  /** Nothing is known of the task any more: it may still be running. */
  readonly lost: boolean
}

export type RetryDecision =
  | { readonly type: 'Finish'; readonly why: string }
  | { readonly type: 'Retry'; readonly notBeforeMs: number; readonly why: string }

type Action = NonNullable<RetryRule['action']>
type Change = NonNullable<RetryRule['change']>

interface Applied {
  /** Tries that end under the same key count against the same limit. */
  readonly key: string
  readonly action: Action
  readonly limit: number
  readonly change: Change | undefined
}

/** Ends after which no rule is asked: there is nothing to retry, or it must not be. */
const NEVER_RETRIED: readonly OutcomeClass[] = ['Success', 'Cancelled', 'ConfigurationError']

/** Transient start failures: a fourth one in the same run is no accident. */
const TRANSIENT_START_RETRIES = 3
/** Lost hosts: after this many the run ends and says so, instead of moving on for ever. */
const HOST_LOSS_RETRIES = 10
/** At the longest default backoff of six minutes this is ten hours without capacity. */
const CAPACITY_RETRIES = 100

/** What happens by default where no rule of the user matches. First match wins; the last row takes the rest. */
const DEFAULTS: readonly {
  readonly classes: readonly OutcomeClass[] | undefined
  readonly action: Action
  /** Undefined: the policy's own limit. */
  readonly limit: number | undefined
  readonly why: string
}[] = [
  {
    classes: ['UserStopped'],
    action: 'Fail',
    limit: 0,
    why: 'someone stopped the task on purpose',
  },
  {
    classes: ['ImagePull', 'SecretsOrInit'],
    action: 'Fail',
    limit: 0,
    why: 'the same configuration would fail again',
  },
  {
    classes: ['SpotInterruption', 'HostFailure'],
    action: 'RetryWithoutCounting',
    limit: HOST_LOSS_RETRIES,
    why: 'the program is not to blame for its host',
  },
  {
    classes: ['Capacity'],
    action: 'RetryWithoutCounting',
    limit: CAPACITY_RETRIES,
    why: 'waiting for room is not a failure',
  },
  {
    classes: ['ImagePullTransient', 'Network'],
    action: 'RetryWithoutCounting',
    limit: TRANSIENT_START_RETRIES,
    why: 'the program never started',
  },
  { classes: undefined, action: 'Retry', limit: undefined, why: 'the policy decides' },
]

const BACKOFF_DEFAULTS = { initialSeconds: 10, factor: 2, maxSeconds: 360, jitter: 0.2 }

/**
 * Whether and when a run goes on after its latest try. `seed` (the run's uid) fixes the jitter, so
 * that deciding twice gives the same answer.
 */
export function decideRetry(
  policy: RetryPolicy | undefined,
  tries: readonly EndedTry[],
  seed: string,
): RetryDecision {
  const last = tries.at(-1)
  if (!last) return { type: 'Retry', notBeforeMs: 0, why: 'first attempt' }
  const applied = ruleFor(policy, last)
  if (applied.action === 'Fail') return { type: 'Finish', why: '' }
  const used = tries.slice(0, -1).filter((one) => ruleFor(policy, one).key === applied.key).length
  if (used >= applied.limit) return { type: 'Finish', why: exhausted(last, applied.limit) }
  const delayMs = backoffMs(policy, used, `${seed}/${last.number}/${last.try}`)
  return {
    type: 'Retry',
    notBeforeMs: last.endedAtMs + delayMs,
    why: `${last.class}, retry ${used + 1} of at most ${applied.limit}`,
  }
}

/** How the template of the next attempt differs: memory factors multiply, the latest launch type wins. */
export function accumulatedChange(
  policy: RetryPolicy | undefined,
  tries: readonly EndedTry[],
): { readonly memoryFactor: number; readonly launchType?: Change['launchType'] } {
  const changes = tries.flatMap((one) => ruleFor(policy, one).change ?? [])
  const memoryFactor = changes.reduce((factor, change) => factor * (change.memoryFactor ?? 1), 1)
  const launchType = changes.findLast((change) => change.launchType !== undefined)?.launchType
  return launchType === undefined ? { memoryFactor } : { memoryFactor, launchType }
}

/** Number of counted attempts that the run has used; retries without counting are left out. */
export function countedAttempts(
  policy: RetryPolicy | undefined,
  tries: readonly EndedTry[],
): number {
  return tries.filter((one) => ruleFor(policy, one).action !== 'RetryWithoutCounting').length
}

function ruleFor(policy: RetryPolicy | undefined, end: EndedTry): Applied {
  if (NEVER_RETRIED.includes(end.class)) return NEVER
  const policyLimit = policy?.limit ?? 0
  const rules = policy?.rules ?? []
  const index = rules.findIndex((rule) => matches(rule, end))
  const rule = rules[index]
  if (rule) return appliedRule(rule, index, policyLimit)
  // A lost task may still be running: another attempt could be its double, so only a rule that says so allows it.
  if (end.lost) return NEVER
  const row = DEFAULTS.find(({ classes }) => classes === undefined || classes.includes(end.class))
  if (!row) return NEVER
  const key = row.classes === undefined ? 'policy' : row.classes.join()
  return { key, action: row.action, limit: row.limit ?? policyLimit, change: undefined }
}

const NEVER: Applied = { key: 'never', action: 'Fail', limit: 0, change: undefined }

/** A rule without a limit of its own uses the policy's; one that does not count has a bound all the same. */
function appliedRule(rule: RetryRule, index: number, policyLimit: number): Applied {
  const { action, change } = rule
  if (rule.limit !== undefined) return { key: `rule ${index}`, action, limit: rule.limit, change }
  if (action === 'RetryWithoutCounting') {
    return { key: `rule ${index}`, action, limit: CAPACITY_RETRIES, change }
  }
  return { key: 'policy', action, limit: policyLimit, change }
}

/** Every part of `when` that is given must hold; a list holds when it contains the value. */
function matches(rule: RetryRule, end: EndedTry): boolean {
  const { exitCodes, classes, stopCodes, reasonContains } = rule.when
  return (
    contains(exitCodes, end.exitCode) &&
    contains(classes, end.class) &&
    contains(stopCodes, end.stopCode) &&
    (!reasonContains || end.reason.includes(reasonContains))
  )
}

function contains<T>(list: readonly T[] | undefined, value: T | undefined): boolean {
  if (list === undefined || list.length === 0) return true
  return value !== undefined && list.includes(value)
}

/** Exponential with a deterministic jitter of ±(jitter × delay), in milliseconds. */
function backoffMs(policy: RetryPolicy | undefined, retriesBefore: number, seed: string): number {
  const { initialSeconds, factor, maxSeconds, jitter } = { ...BACKOFF_DEFAULTS, ...policy?.backoff }
  const baseSeconds = Math.min(maxSeconds, initialSeconds * factor ** retriesBefore)
  const fraction = Number.parseInt(sha256(seed).slice(0, 8), 16) / 0xffff_ffff
  return Math.round(baseSeconds * 1000 * (1 + jitter * (2 * fraction - 1)))
}

function exhausted(last: EndedTry, limit: number): string {
  if (limit === 0) return ''
  return limit === 1
    ? `The only retry after ${last.class} is used.`
    : `All ${limit} retries after ${last.class} are used.`
}
