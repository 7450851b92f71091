import type { AwsAccount } from '../../aws/ports.ts'
import { type ObjectKey, parseKey, renderKey } from '../../kinds/meta.ts'
import type { Run } from '../../kinds/run.ts'
import type { Clock } from '../../lib/clock.ts'
import { RetryableError } from '../../lib/errors.ts'
import type { ReconcileContext } from '../../runtime/controller.ts'
import { awaitChange, type Outcome, requeueAfter } from '../../runtime/outcome.ts'
import type { AttemptRow } from '../../store/types.ts'
import type { OwnCommits } from '../own-commits.ts'
import { hasLimits } from './admission.ts'
import { commitPlan } from './apply.ts'
import { type Answer, type CallContext, type CallDeps, makeCall } from './calls.ts'
import { decideRun } from './decide.ts'
import { MAX_STEPS } from './limits.ts'
import { type ObserveDeps, observeRun, readSources } from './observe.ts'
import { SharedCommits } from './shared-commits.ts'
import { taskOf } from './state.ts'
import type { TaskObserver } from './task-observer.ts'
import { Troubles } from './troubles.ts'
import { type Facts, liveAttempts, NO_FACTS, type RunPlan, type RunWorld } from './world.ts'

export interface RunControllerDeps extends ObserveDeps, CallDeps {
  readonly clock: Clock
  readonly observer: Pick<TaskObserver, 'watch'>
  readonly own: OwnCommits
  /** What is to be done in a world; the simulator plants bugs here to see whether they are found. */
  readonly decide?: typeof decideRun
}

/**
 * Observe, decide, commit, call; and again with the answer, until there is nothing to call. Each round
 * reads the world afresh, so a crash between any two steps only means that the next reconcile starts
 * at the step that is still to be done.
 */
export function createRunReconciler(
  deps: RunControllerDeps,
): (key: string, context: RunContext) => Promise<Outcome> {
  const troubles = new Troubles(deps.clock)
  const commits = new SharedCommits<Step | undefined>(deps, (key) => mayShare(deps, key))
  const parts = { ...deps, commits }
  return async (text, context) => {
    try {
      const outcome = await commits.during(() => goOn(parts, text, troubles.of(text), context))
      troubles.over(text)
      return outcome
    } catch (error) {
      troubles.failed(text, error)
      throw error
    }
  }
}

interface Parts extends RunControllerDeps {
  readonly commits: SharedCommits<Step | undefined>
}

/** An array is many steps in one, and a run in line must see everybody before it. */
function mayShare({ store }: RunControllerDeps, key: ObjectKey): boolean {
  const run = store.objects.get(key) as Run | undefined
  return run?.spec.array === undefined && (!run || !hasLimits(readSources(store, run)))
}

type RunContext = Pick<ReconcileContext, 'signal' | 'log' | 'pause'>

async function goOn(
  deps: Parts,
  text: string,
  trouble: string | undefined,
  context: RunContext,
): Promise<Outcome> {
  const key = parseKey(text)
  let facts: Facts = NO_FACTS
  let answer: Answer = {}
  let isArray = false
  for (let step = 0; step < MAX_STEPS; step += 1) {
    facts = withAnswer(facts, answer)
    // What the step writes about its own run wakes nobody: the loop itself goes on, or is done.
    const known = { facts, trouble, answer }
    const next = await deps.commits.commit(key, () => keepAndDecide(deps, key, known))
    if (!next) return awaitChange()
    const { world, plan } = next
    if (!plan.call) {
      watchTask(deps, world, plan)
      return plan.outcome
    }
    context.log.debug('calls', { key: renderKey(key), call: plan.call.type })
    const account = deps.accounts.byId(world.account.id) ?? deps.accounts.forTarget({})
    answer = await makeCalls(deps, account, plan, context)
    // Many answers may come in one turn of the event loop.
    await context.pause()
    isArray = world.run.spec.array !== undefined
  }
  if (answer.record) deps.store.transaction(answer.record, 'Later')
  // An array has many calls to make: other runs have their turn in between.
  if (isArray) return requeueAfter(0)
  // Answers that lead nowhere are a fault somewhere: try again, ever more slowly.
  throw new RetryableError(`${text} asked AWS ${MAX_STEPS} times and is no further.`)
}

interface Step {
  readonly world: RunWorld
  readonly plan: RunPlan
}

/**
 * What a call was answered is stored in one commit with what follows from it, and is kept even when
 * nothing can be decided from it. Undefined: the run is gone.
 */
function keepAndDecide(
  deps: RunControllerDeps,
  key: ObjectKey,
  { answer: { record }, ...known }: Known & { readonly answer: Answer },
): Step | undefined {
  if (!record) return decideOn(deps, key, known)
  const result = deps.store.transaction(() => {
    record()
    return deferThrow(() => decideOn(deps, key, known))
  }, 'Later')
  return result()
}

/** The parts of a world that the store does not hold. */
type Known = Pick<RunWorld, 'facts' | 'trouble'>

/** Observes, decides, commits. */
function decideOn(
  deps: RunControllerDeps,
  key: ObjectKey,
  { facts, trouble }: Known,
): Step | undefined {
  const { decide = decideRun } = deps
  const seen = observeRun(deps, key, facts)
  if (!seen) return undefined
  const world = trouble === undefined ? seen : { ...seen, trouble }
  const nowMs = deps.clock.nowMs()
  const plan = decide(world, nowMs)
  commitPlan(deps.store, world, plan, nowMs)
  return { world, plan }
}

/** Does the work now; the returned function gives its result, or throws what it threw. */
function deferThrow<T>(work: () => T): () => T {
  try {
    const result = work()
    return () => result
  } catch (error) {
    return () => {
      throw error
    }
  }
}

/**
 * All of them are made before a failure is reported: each belongs to another task. Of several, each answer
 * is stored when it comes: the last may be long in coming.
 */
async function makeCalls(
  deps: RunControllerDeps,
  account: AwsAccount,
  { call, more = [] }: RunPlan,
  context: CallContext,
): Promise<Answer> {
  if (!call) return {}
  if (more.length === 0) return makeCall(deps, account, call, context)
  const answers = await Promise.allSettled(
    [call, ...more].map(async (one) => {
      const { record, facts } = await makeCall(deps, account, one, context)
      if (record) deps.store.transaction(record, 'Later')
      return { ...(facts && { facts }) }
    }),
  )
  const failed = answers.find(({ status }) => status === 'rejected')
  if (failed?.status === 'rejected') throw failed.reason
  const [first] = answers
  return first?.status === 'fulfilled' ? first.value : {}
}

function withAnswer(facts: Facts, { facts: learnt }: Answer): Facts {
  if (!learnt) return facts
  return {
    definitions: { ...facts.definitions, ...learnt.definitions },
    network: learnt.network ?? facts.network,
    refusal: learnt.refusal ?? facts.refusal,
  }
}

/** Level-triggered as everything else: whoever reconciles a living attempt makes sure that it is watched. */
function watchTask(deps: RunControllerDeps, world: RunWorld, plan: RunPlan): void {
  for (const live of liveAttempts(world.attempts)) watchOne(deps, world, plan, live)
}

function watchOne(deps: RunControllerDeps, world: RunWorld, plan: RunPlan, live: AttemptRow): void {
  if (live.taskArn === undefined) return
  if (taskOf(live)?.lastStatus === 'RUNNING') deps.heartbeat.leases.watch(live)
  const resolved = world.resolve(live.number)
  const seconds = resolved.type === 'Valid' ? resolved.template.taskWatchPollInterval : undefined
  // The row as the plan has left it.
  const isWritten = plan.writes.length > 0
  const fresh = (isWritten && deps.store.attempts.byClientToken(live.clientToken)) || live
  if (fresh.phase !== 'Launched') return
  deps.observer.watch(fresh, {
    pollIntervalMs: boundOf(seconds, fresh),
    lookFirst: plan.lookFirst ?? false,
  })
}

/** Longest time between two looks at the task, ms: one whose health is its sign of life is seen once a period. */
function boundOf(pollSeconds: number | undefined, { heartbeat }: AttemptRow): number | undefined {
  const bySource = heartbeat?.source === 'ContainerHealth' ? heartbeat.frequencySeconds : undefined
  const bounds = [pollSeconds, bySource].filter((seconds) => seconds !== undefined)
  return bounds.length === 0 ? undefined : Math.min(...bounds) * 1000
}
