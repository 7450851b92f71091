import type { Clock } from '../lib/clock.ts'
import { errorMessage } from '../lib/errors.ts'
import type { Log } from '../runtime/logger.ts'
import type { Part } from '../runtime/manager.ts'
import type { StoreUnusable } from '../store/errors.ts'
import type { Fence } from '../store/fence.ts'
import type { LaunchLog } from '../store/launch-log.ts'
import type { SqliteStore } from '../store/open.ts'

export interface StoreGuardDeps {
  readonly store: SqliteStore
  readonly launches: LaunchLog
  readonly fence: Fence
  readonly clock: Clock
  readonly log: Log
  /** Everything is looked at again, folders as well: what failed while nothing could be written would wait for its time. */
  readonly wakeAll: () => void
}

/** Costs a few stats, and a database that is gone is noticed before people wonder. Commits that nobody waits for are synced as often. */
const LOOK_MS = 1_000
/** While there are commits, pages are moved as the log grows; this is for the quiet after them. */
const CHECKPOINT_MS = 60_000
/** 64 MB of 4 kB pages that cannot be moved: a reader holds the log open, and it can only grow. */
const LARGE_WAL_PAGES = 16_384
/** Under this identity key a write is tried while writing fails. */
const PROBE_KEY = 'write-probe'

/**
 * Watches the database while the controller runs. One that is gone, replaced, damaged, or taken over ends the
 * program: what is done with it would be lost. One that only cannot grow is tried again until it can;
 * meanwhile nothing is launched, because no intent can be stored. A program that ends with 0 has all of its
 * commits on disk.
 */
export function createStoreGuard(deps: StoreGuardDeps): Part {
  const { clock } = deps
  const state: State = { blocked: undefined, checkpointedAtMs: clock.monotonicMs() }
  let cancel = (): void => {}
  return {
    name: 'database guard',
    start(_, fail) {
      const look = (): void => {
        const problem = deps.fence.fallen()
        if (problem) {
          fail(problem)
          return
        }
        tryBlocked(deps, state)
          .then(() => deps.store.durable())
          .then(() => {
            checkpoint(deps, state).catch(fail)
          })
          .catch(fail)
          .finally(() => {
            cancel = clock.after(LOOK_MS, look)
          })
      }
      cancel = clock.after(LOOK_MS, look)
    },
    /** It started first, so nothing is committed after its last look. */
    async stop() {
      cancel()
      await deps.store.durable()
      const problem = deps.fence.fallen()
      if (problem) throw problem
    },
  }
}

interface State {
  /** Why nothing can be written, as it was last logged. */
  blocked: StoreUnusable | undefined
  checkpointedAtMs: number
}

/** What keeps writes from succeeding for now; undefined when the last ones did. */
export function blockedBy(
  deps: Pick<StoreGuardDeps, 'store' | 'launches'>,
): StoreUnusable | undefined {
  return deps.store.writeProblem() ?? deps.launches.problem()
}

async function tryBlocked(deps: StoreGuardDeps, state: State): Promise<void> {
  const { store, launches, log, clock } = deps
  const problem = blockedBy(deps)
  if (problem && state.blocked?.message !== problem.message) {
    log.error('the database cannot be written, nothing is launched', { why: problem.message })
  }
  const wasBlocked = state.blocked !== undefined || problem !== undefined
  state.blocked = problem ?? state.blocked
  try {
    if (problem) store.transaction(() => store.identity.set(PROBE_KEY, String(clock.nowMs())))
    // Ends of runs wait for the next launch, or for this.
    await launches.durable()
  } catch (error) {
    log.debug('the database still cannot be written', { why: errorMessage(error) })
    return
  }
  state.blocked = undefined
  if (!wasBlocked) return
  log.warn('the database can be written again')
  deps.wakeAll()
}

async function checkpoint({ store, clock, log }: StoreGuardDeps, state: State): Promise<void> {
  if (state.blocked || clock.monotonicMs() - state.checkpointedAtMs < CHECKPOINT_MS) return
  state.checkpointedAtMs = clock.monotonicMs()
  const pages = await store.checkpoint()
  if (pages > LARGE_WAL_PAGES) {
    log.warn('the write-ahead log is large: another program keeps the database open', { pages })
  }
}
