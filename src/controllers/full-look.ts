import { DEFAULT_WORK_POOL, KINDS, type ObjectKey } from '../kinds/meta.ts'
import type { Clock } from '../lib/clock.ts'
import { inPages } from '../lib/pages.ts'
import { createSlicer, type Slicer } from '../runtime/slicer.ts'
import type { Priority } from '../runtime/workqueue.ts'
import type { UnsettledKey } from '../store/object-list.ts'
import type { Store } from '../store/types.ts'

export interface FullLookDeps {
  readonly store: Store
  readonly clock: Clock
  readonly add: (key: ObjectKey, priority: Priority) => void
}

/** Queues every object that may need a reconcile, in slices: there may be a hundred thousand runs. */
export interface FullLook {
  /** Begins a look at everything. One that is under way ends, because this one covers all of it. */
  begin(fail: (error: unknown) => void): void
  stop(): void
}

export function createFullLook({ store, clock, add }: FullLookDeps): FullLook {
  const slicer = createSlicer(clock)
  let current = 0
  return {
    begin(fail) {
      current += 1
      const mine = current
      queueAll(startKeys(store), { add, slicer, isCurrent: () => mine === current }).catch(fail)
    },
    stop() {
      current += 1
    },
  }
}

async function queueAll(
  pages: Iterable<readonly StartKey[]>,
  how: {
    readonly add: FullLookDeps['add']
    readonly slicer: Slicer
    readonly isCurrent: () => boolean
  },
): Promise<void> {
  for (const page of pages) {
    for (const { isUnfinished = true, ...key } of page) {
      how.add(key, isUnfinished ? 'Low' : 'Lowest')
    }
    const pause = how.slicer.pause()
    if (pause) await pause
    if (!how.isCurrent()) return
  }
}

/** Keys that are read together: about a millisecond. */
const PAGE = 1_000

/** `isUnfinished` is absent for every kind but Run. */
type StartKey = ObjectKey & { readonly isUnfinished?: boolean }

/**
 * Everything that a full look has to look at, in pages, and no run that is settled. Runs that come between two
 * pages are queued by their own commit.
 */
export function* startKeys({ objects }: Store): Generator<readonly StartKey[]> {
  yield objects
    .namespaces()
    .map(({ name }): ObjectKey => ({ kind: 'WorkPool', namespace: name, name: DEFAULT_WORK_POOL }))
  for (const kind of KINDS) if (kind !== 'Run') yield objects.keys(kind)
  yield* inPages<UnsettledKey>(PAGE, (after) => objects.unsettledRunKeys({ after, limit: PAGE }))
}

const SETTLED_BY = 'settled-by'

/** Another version of Capstan may decide otherwise about runs that an earlier one has settled. */
export function unsettleForeign(store: Store, version: string): void {
  const { identity, objects } = store
  if (identity.get(SETTLED_BY) === version) return
  store.transaction(() => {
    objects.unsettle()
    identity.set(SETTLED_BY, version)
  })
}
