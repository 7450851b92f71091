import { type CapstanObject, WIRE } from '../kinds/meta.ts'
import { isFinalState, type RunStatus } from '../kinds/run.ts'
import type { Clock } from '../lib/clock.ts'
import type { Store } from '../store/types.ts'

export type ObservedRun = CapstanObject<unknown, RunStatus>

export interface RunWatchDeps {
  readonly store: Store
  readonly clock: Clock
  /** Whether what the runs led to is done as well. */
  readonly isIdle: () => boolean
  /** Called with the runs of before and of now, whenever something about them changed. */
  readonly onChange: (before: readonly ObservedRun[], now: readonly ObservedRun[]) => void
}

/** Changes that come within this time are shown together. */
const SHOW_EVERY_MS = 100

/** Ends of runs that nothing will continue. */
export function isSettled(run: ObservedRun): boolean {
  const { type, name } = run.status?.state ?? {}
  if (type !== 'PAUSED') return isFinalState(type)
  // A run that recovery has let go still says that it is held until it is looked at.
  return name !== 'Held' || run.metadata.annotations?.[WIRE.annotationHeld] !== undefined
}

/**
 * Resolves with all runs once each of them has settled and stays so for one more look (a run that is
 * replaced goes before its successor comes); rejects when the signal aborts first.
 */
export function watchRunsToEnd(
  deps: RunWatchDeps,
  signal: AbortSignal,
): Promise<readonly ObservedRun[]> {
  const { store, clock } = deps
  return new Promise((resolve, reject) => {
    let shown: readonly ObservedRun[] = []
    let shownVersion = -1
    let cancel = (): void => {}
    const onAbort = (): void => {
      cancel()
      reject(signal.reason as Error)
    }
    const look = (): void => {
      const version = store.resourceVersion()
      const quiet = version === shownVersion
      shownVersion = version
      const runs = quiet ? shown : (store.objects.list({ kind: 'Run' }) as readonly ObservedRun[])
      if (!quiet) deps.onChange(shown, runs)
      shown = runs
      if (quiet && runs.every(isSettled) && deps.isIdle()) {
        signal.removeEventListener('abort', onAbort)
        resolve(runs)
        return
      }
      cancel = clock.after(SHOW_EVERY_MS, look)
    }
    signal.addEventListener('abort', onAbort, { once: true })
    look()
  })
}
