import { isKind } from '../kinds/meta.ts'
import type { Change, Store } from '../store/types.ts'
import { ChangeBatch } from './change-batch.ts'

/** Changes kept with their states, for watchers that come back; about 10 MB of runs. */
const WINDOW_CHANGES = 2_000
/** Changes read from the journal at a time when the window does not reach back far enough. */
const JOURNAL_PAGE = 10_000

export interface WatchHub {
  /** The newest resourceVersion given out. */
  resourceVersion(): number
  /** Changes after `resourceVersion`, oldest first; undefined when they are no longer kept, or that version was never given out. */
  changesSince(resourceVersion: number): ChangeBatch | undefined
  /** Whether changes after this version could still be told. */
  isKept(resourceVersion: number): boolean
  /** Called after each commit. Returns the unsubscribe function. */
  subscribe(listener: (batch: ChangeBatch) => void): () => void
  close(): void
}

/**
 * One subscription to the store for all watchers, with a bounded window of recent changes. The window
 * alone knows the state *before* a change, which tells a watcher whether an object has just left its
 * selector; after a restart the journal answers instead.
 */
export function createWatchHub(store: Store, windowChanges = WINDOW_CHANGES): WatchHub {
  const listeners = new Set<(batch: ChangeBatch) => void>()
  let window: Change[] = []
  /** Everything after this resourceVersion is in the window. */
  let windowStart = store.resourceVersion()

  const unsubscribe = store.subscribe((changes) => {
    window.push(...changes)
    // Cutting a half at a time keeps the cost of a change constant.
    if (window.length > 2 * windowChanges) {
      const cut = window.length - windowChanges
      windowStart = window[cut - 1]?.resourceVersion ?? windowStart
      window = window.slice(cut)
    }
    const batch = new ChangeBatch(changes)
    for (const listener of listeners) listener(batch)
  })

  return {
    resourceVersion: () => store.resourceVersion(),
    changesSince(resourceVersion) {
      if (resourceVersion > store.resourceVersion()) return undefined
      if (resourceVersion >= windowStart) {
        return new ChangeBatch(window.filter((change) => change.resourceVersion > resourceVersion))
      }
      const changes = readJournal(store, resourceVersion)
      if (!changes) return undefined
      return new ChangeBatch(latestPerObject(changes).map((change) => withCurrent(store, change)))
    },
    isKept: (resourceVersion) =>
      resourceVersion >= windowStart || store.changesSince(resourceVersion, 1) !== undefined,
    subscribe(listener) {
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
      }
    },
    close() {
      unsubscribe()
      listeners.clear()
    },
  }
}

function readJournal(store: Store, resourceVersion: number): readonly Change[] | undefined {
  const changes: Change[] = []
  for (let from = resourceVersion; ; ) {
    const page = store.changesSince(from, JOURNAL_PAGE)
    if (!page) return undefined
    changes.push(...page)
    if (page.length < JOURNAL_PAGE) return changes
    from = page.at(-1)?.resourceVersion ?? from
  }
}

/** The journal has no old states: for each object only its newest one can be told truthfully. */
function latestPerObject(changes: readonly Change[]): readonly Change[] {
  const latest = new Map<string, Change>()
  for (const change of changes) {
    const isNew = change.type === 'ADDED' || latest.get(change.uid)?.type === 'ADDED'
    const type = change.type === 'MODIFIED' && isNew ? 'ADDED' : change.type
    latest.delete(change.uid)
    latest.set(change.uid, { ...change, type })
  }
  return [...latest.values()]
}

/** The newest change of an object left it as it is now. */
function withCurrent(store: Store, change: Change): Change {
  const { kind, namespace, name, uid } = change
  if (!isKind(kind) || change.object) return change
  const object = store.objects.get({ kind, namespace, name })
  return object?.metadata.uid === uid ? { ...change, object } : change
}
