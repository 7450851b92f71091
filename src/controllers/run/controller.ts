import { parseKey, renderKey } from '../../kinds/meta.ts'
import type { Clock } from '../../lib/clock.ts'
import type { ReconcileContext } from '../../runtime/controller.ts'
import { awaitChange, type Outcome, requeueAfter } from '../../runtime/outcome.ts'
import { commitPlan } from './apply.ts'
import { type CallDeps, makeCall } from './calls.ts'
import { decideRun } from './decide.ts'
import { MAX_STEPS } from './limits.ts'
import { type ObserveDeps, observeRun } from './observe.ts'
import type { TaskObserver } from './task-observer.ts'
import { type Facts, liveAttempt, NO_FACTS, type RunWorld } from './world.ts'

export interface RunControllerDeps extends ObserveDeps, CallDeps {
  readonly clock: Clock
  readonly observer: Pick<TaskObserver, 'watch'>
}

/**
 * Observe, decide, commit, call; and again with the answer, until there is nothing to call. Each round
 * reads the world afresh, so a crash between any two steps only means that the next reconcile starts
 * at the step that is still to be done.
 */
export function createRunReconciler(
  deps: RunControllerDeps,
): (key: string, context: Pick<ReconcileContext, 'signal' | 'log'>) => Promise<Outcome> {
  return async (text, context) => {
    const key = parseKey(text)
    let facts: Facts = NO_FACTS
    for (let step = 0; step < MAX_STEPS; step += 1) {
      const world = observeRun(deps, key, facts)
      if (!world) return awaitChange()
      const nowMs = deps.clock.nowMs()
      const plan = decideRun(world, nowMs)
      commitPlan(deps.store, world, plan, nowMs)
      if (!plan.call) {
        watchTask(deps, world)
        return plan.outcome
      }
      context.log.debug('calls', { key: renderKey(key), call: plan.call.type })
      const account = deps.accounts.byId(world.account.id) ?? deps.accounts.forTarget({})
      facts = withAnswer(facts, await makeCall(deps, account, plan.call, context.signal))
    }
    return requeueAfter(0)
  }
}

function withAnswer(facts: Facts, answer: Partial<Facts>): Facts {
  return {
    definitions: { ...facts.definitions, ...answer.definitions },
    network: answer.network ?? facts.network,
  }
}

/** Level-triggered as everything else: whoever reconciles a living attempt makes sure that it is watched. */
function watchTask(deps: RunControllerDeps, world: RunWorld): void {
  const live = liveAttempt(world.attempts)
  if (live?.taskArn === undefined) return
  const resolved = world.resolve(live.number)
  const seconds = resolved.type === 'Valid' ? resolved.template.taskWatchPollInterval : undefined
  const fresh = deps.store.attempts.byClientToken(live.clientToken) ?? live
  if (fresh.phase === 'Launched') {
    deps.observer.watch(fresh, seconds === undefined ? undefined : seconds * 1000)
  }
}
