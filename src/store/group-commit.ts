import type { Store } from './types.ts'

/** Writes in one commit: beyond this a commit takes longer than the 5 ms for which the loop may stand still. */
const GROUP_LIMIT = 100

interface Waiting {
  /** Runs the write inside the group's transaction. */
  readonly write: () => void
  /** Tells the caller how its write went, after the commit. */
  readonly settle: () => void
  readonly reject: (error: unknown) => void
}

/**
 * One commit, and so one fsync, for all writes that are queued in the same turn of the event loop.
 * Each write is a nested transaction: one that throws rejects its own promise and leaves the others
 * alone. Promises settle after the commit, in the order of the calls; a failed commit rejects them all.
 * `schedule` runs a function soon, never synchronously: setImmediate, or Clock.after(0).
 */
export function createGroupCommit(
  store: Pick<Store, 'transaction'>,
  schedule: (flush: () => void) => void,
): <T>(write: () => T) => Promise<T> {
  let queue: Waiting[] = []

  function flush(): void {
    const group = queue.slice(0, GROUP_LIMIT)
    queue = queue.slice(GROUP_LIMIT)
    if (queue.length > 0) schedule(flush)
    commitGroup(store, group)
  }

  return (write) =>
    new Promise((resolve, reject) => {
      if (queue.length === 0) schedule(flush)
      let settle = (): void => {}
      queue.push({
        write() {
          const result = store.transaction(write)
          settle = () => resolve(result)
        },
        settle: () => settle(),
        reject,
      })
    })
}

function commitGroup(store: Pick<Store, 'transaction'>, group: readonly Waiting[]): void {
  const failures = new Map<Waiting, unknown>()
  try {
    store.transaction(() => {
      for (const waiting of group) {
        try {
          waiting.write()
        } catch (error) {
          failures.set(waiting, error)
        }
      }
    })
  } catch (error) {
    for (const waiting of group) waiting.reject(error)
    return
  }
  for (const waiting of group) {
    if (failures.has(waiting)) waiting.reject(failures.get(waiting))
    else waiting.settle()
  }
}
