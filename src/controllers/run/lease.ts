import type { ObservedTask } from '../../aws/ports.ts'
import type { LeaseTerms } from '../../kinds/heartbeat.ts'
import type { AttemptRow } from '../../store/types.ts'
import type { Signs } from '../leases.ts'
import { LOOK_RETRY_MS } from './limits.ts'

/** What a lease says about its task. */
export type LeaseVerdict =
  /** Nothing is owed, or not yet: the task does not run. */
  | { readonly type: 'NoLease' }
  /** All is well, as far as can be known; `dueInMs`: when to judge again. */
  | { readonly type: 'Kept'; readonly dueInMs: number }
  /** Silent for too long, and ECS was not asked since. */
  | { readonly type: 'LookFirst' }
  /** Silent for too long, and alive by all that ECS says. */
  | { readonly type: 'Broken'; readonly onMissed: LeaseTerms['onMissed']; readonly message: string }

export interface LeaseFacts {
  readonly attempt: AttemptRow
  /** As it was last seen; it is not STOPPED. */
  readonly task: ObservedTask | undefined
  /** Undefined: silence says nothing at the moment. */
  readonly signs: Signs | undefined
}

/** What decides, for one task that owes signs of life. */
interface Judged extends Omit<LeaseFacts, 'signs'> {
  readonly terms: LeaseTerms
  readonly signs: Signs
  readonly limitMs: number
  /** For how long the limit has been passed; negative: not yet. */
  readonly overMs: number
}

interface LeaseRule {
  readonly when: (judged: Judged) => boolean
  readonly verdict: (judged: Judged) => LeaseVerdict
  readonly because: string
}

/** First match wins. */
const RULES: readonly LeaseRule[] = [
  {
    when: ({ overMs }) => overMs < 0,
    verdict: ({ overMs }) => ({ type: 'Kept', dueInMs: Math.ceil(-overMs) }),
    because: 'there is still time',
  },
  {
    when: ({ signs, overMs }) => signs.lookedAgoMs === undefined || signs.lookedAgoMs > overMs,
    verdict: () => ({ type: 'LookFirst' }),
    because: 'the task may have ended meanwhile, and then it has a class of its own',
  },
  {
    when: ({ attempt }) => attempt.missingSinceMs !== undefined,
    verdict: () => ({ type: 'Kept', dueInMs: LOOK_RETRY_MS }),
    because: 'a task that is out of sight cannot be stopped; soon it is seen again, or given up',
  },
  { when: () => true, verdict: broken, because: 'it lives, and has nothing to say' },
]

/** Whether a task that owes signs of life has given them. A lease that has run out proves silence and nothing more. */
export function judgeLease(facts: LeaseFacts): LeaseVerdict {
  const { attempt, task, signs } = facts
  const terms = attempt.heartbeat
  if (!terms || task?.lastStatus !== 'RUNNING') return { type: 'NoLease' }
  // Nobody tells when silence begins to count: it is asked again after the shortest time that could matter.
  if (!signs) return { type: 'Kept', dueInMs: terms.windowSeconds * 1000 }
  const limitMs = (signs.hasBeaten ? terms.windowSeconds : terms.firstBeatSeconds) * 1000
  const judged: Judged = { ...facts, terms, signs, limitMs, overMs: signs.silentMs - limitMs }
  const rule = RULES.find(({ when }) => when(judged))
  return rule ? rule.verdict(judged) : { type: 'NoLease' }
}

function broken({ terms, signs, limitMs }: Judged): LeaseVerdict {
  const { onMissed } = terms
  return { type: 'Broken', onMissed, message: silence(terms, signs.hasBeaten, limitMs / 1000) }
}

/** The same words as long as the silence lasts, so that a status does not change with every second. */
function silence(
  { source, frequencySeconds, url }: LeaseTerms,
  hasBeaten: boolean,
  limitSeconds: number,
): string {
  switch (source) {
    case 'Logs':
      return `No line was logged for ${limitSeconds} s.`
    case 'ContainerHealth':
      return `The container was not HEALTHY for ${limitSeconds} s.`
    case 'Http':
      return hasBeaten
        ? `No heartbeat came for ${limitSeconds} s; one is due every ${frequencySeconds} s.`
        : `No first heartbeat came within ${limitSeconds} s. Can the task reach ${url}, and does it send any?`
  }
}
