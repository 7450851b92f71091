import { isFinalState, type RunStatus } from '../../kinds/run.ts'
import type { Clock } from '../../lib/clock.ts'
import type { AttemptRow, Store } from '../../store/types.ts'
import { isLive } from '../live-attempt.ts'
import { BeatLimiter } from './beat-rate.ts'
import type { HeartbeatMonitor } from './monitor.ts'
import type { RunTokens } from './run-tokens.ts'

export interface IntakeDeps {
  readonly store: Store
  readonly clock: Clock
  readonly monitor: HeartbeatMonitor
  readonly tokens: RunTokens
}

/** The shapes of the API server's port BeatIntake, repeated because controllers do not import the API server. */
type Answer = 'Accepted' | 'UnknownRun' | 'Finished' | 'TooFast'
interface Target {
  readonly index?: number
  readonly attempt?: number
  readonly source: 'Http' | 'Events'
}

/** The fastest lease expects a beat every 30 s: this leaves room for many resends. */
const RATE_OF_TASK = { burst: 10, perSecond: 1 }
/** For beats that name no task known to run: the first ones of a starting array, late ones of ended tasks. */
const RATE_OF_RUN = { burst: 200, perSecond: 20 }
/** Far more than there are living tasks in the largest fleet that Capstan is measured with. */
const MAX_BUCKETS = 100_000
/** Tasks that the store is asked about for one beat; a larger array is known by its leases. */
const MAX_UNKNOWN_TASKS = 100

export interface BeatIntakeParts {
  beat(runUid: string, target: Target): Answer
  verifyRunToken(token: string): string | undefined
  /** How many beats were answered how, since the start. */
  counts(): Readonly<Record<Answer, number>>
}

/**
 * Takes signs of life. A beat that is one too many is answered with TooFast and costs nothing more: it is a
 * sign of life all the same, so a program that beats too much is never taken for dead.
 */
export function createBeatIntake(deps: IntakeDeps): BeatIntakeParts {
  const counts: Record<Answer, number> = { Accepted: 0, UnknownRun: 0, Finished: 0, TooFast: 0 }
  const take = createTake(deps)
  return {
    verifyRunToken: (token) => deps.tokens.verify(token),
    counts: () => counts,
    beat(runUid, target) {
      const answer = take(runUid, target)
      counts[answer] += 1
      return answer
    },
  }
}

function createTake({ store, clock, monitor }: IntakeDeps): BeatIntakeParts['beat'] {
  const ofTask = new BeatLimiter(RATE_OF_TASK, MAX_BUCKETS)
  const ofRun = new BeatLimiter(RATE_OF_RUN, MAX_BUCKETS)
  return (runUid, target) => {
    const named = nameOf(target)
    const known = named && monitor.find(runUid, named.index, named.attempt)
    const limiter = named && !known ? ofRun : ofTask
    const key = known ? `${runUid}/${named.index}/${named.attempt}` : runUid
    if (!limiter.take(key, clock.monotonicMs())) {
      if (known) monitor.heard(known.attempt)
      return 'TooFast'
    }
    const living = known
      ? stillLiving(store, known.attempt)
      : livingTasks({ store, monitor }, runUid, target)
    for (const row of living) if (row.heartbeat?.source === 'Http') monitor.heard(row)
    return living.length > 0 ? 'Accepted' : absence(store, runUid)
  }
}

/** The one task that a beat names, if it does. */
function nameOf({
  index,
  attempt,
}: Target): { readonly index: number; readonly attempt: number } | undefined {
  return index === undefined || attempt === undefined ? undefined : { index, attempt }
}

function stillLiving(store: Store, { clientToken }: AttemptRow): readonly AttemptRow[] {
  const row = store.attempts.byClientToken(clientToken)
  return row && isLive(row) ? [row] : []
}

/** The rows that a beat stands for. A late beat of an attempt that is over keeps no newer one alive. */
function livingTasks(
  { store, monitor }: Pick<IntakeDeps, 'store' | 'monitor'>,
  runUid: string,
  { index, attempt: number }: Target,
): readonly AttemptRow[] {
  const leases = index === undefined ? monitor.ofRun(runUid) : []
  const isOf = (row: AttemptRow): boolean => number === undefined || row.number === number
  if (leases.length > MAX_UNKNOWN_TASKS) return leases.map(({ attempt }) => attempt).filter(isOf)
  return store.attempts.liveOfRun(runUid, { index, limit: MAX_UNKNOWN_TASKS }).filter(isOf)
}

function absence(store: Store, runUid: string): Answer {
  const run = store.objects.getByUid(runUid)
  if (!run) return store.history.get(runUid) ? 'Finished' : 'UnknownRun'
  const { state } = (run.status ?? {}) as RunStatus
  const hasRun = isFinalState(state?.type) || store.attempts.ofRun(runUid).length > 0
  return hasRun ? 'Finished' : 'UnknownRun'
}
