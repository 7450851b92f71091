import { type ObjectKey, parseKey } from '../../kinds/meta.ts'
import type { Run } from '../../kinds/run.ts'
import type { Together } from '../../runtime/controller.ts'
import type { Store } from '../../store/types.ts'
import { commitPlan } from './apply.ts'
import type { RunControllerDeps } from './controller.ts'
import { decideRun } from './decide.ts'
import { observeRun, readSources, suspension } from './observe.ts'
import { NO_FACTS, type RunWorld } from './world.ts'

/** Runs that are decided in one transaction: some milliseconds of the event loop. */
const MOST = 32

/**
 * The first looks at runs that a switch keeps from launching, many in one commit: a folder brings thousands of
 * them, and a commit costs more than a look. Only what depends on no other run is decided this way, so none of
 * them would be decided otherwise after the commit of the one before. Where one throws, nothing was done, and
 * each comes by itself.
 */
export function createFirstLooks(deps: RunControllerDeps): Together {
  return (first, queue) => {
    const parked: string[] = []
    try {
      if (!observeParked(deps, parseKey(first))) return parked
      const keys = [first, ...queue.upcoming(MOST - 1)]
      const parkAll = (): void => {
        for (const text of keys) {
          // Up to the first that may have more to do than to wait, so that none is overtaken.
          if (!park(deps, parseKey(text))) return
          parked.push(text)
          queue.pass(text)
        }
      }
      deps.own.during(keys.map(parseKey), () => deps.store.transaction(parkAll, 'Later'))
      return parked
    } catch {
      for (const text of parked) if (text !== first) queue.add(text)
      return []
    }
  }
}

function park(deps: RunControllerDeps, key: ObjectKey): boolean {
  const { store, clock, decide = decideRun } = deps
  const world = observeParked(deps, key)
  if (!world) return false
  const nowMs = clock.nowMs()
  const plan = decide(world, nowMs)
  if (plan.settled !== true || plan.call || plan.writes.length > 0) return false
  commitPlan(store, world, plan, nowMs)
  return true
}

/** Undefined unless nobody has looked at the run yet and it cannot launch now. */
function observeParked(deps: RunControllerDeps, key: ObjectKey): RunWorld | undefined {
  const { store } = deps
  const run = store.objects.get(key) as Run | undefined
  // Asked before a world is made: most looks are at runs that were looked at before, or are about to launch.
  if (!run || run.status !== undefined || !isSwitchedOff(store, run)) return undefined
  const world = observeRun(deps, key, NO_FACTS)
  return world?.admission.isIndependent ? world : undefined
}

function isSwitchedOff(store: Store, run: Run): boolean {
  const { workPool, workPoolName } = readSources(store, run)
  return run.spec.suspend === true || suspension(workPoolName, workPool?.spec) !== undefined
}
