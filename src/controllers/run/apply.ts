import { keyOf, WIRE } from '../../kinds/meta.ts'
import { assertNever } from '../../lib/assert.ts'
import type { Store } from '../../store/types.ts'
import { commit } from '../commit.ts'
import type { RunPlan, RunWorld, Write } from './world.ts'

/** Commits a plan: its writes, the status and the events, all or nothing. */
export function commitPlan(store: Store, world: RunWorld, plan: RunPlan, nowMs: number): void {
  commit(
    store,
    {
      object: world.run,
      status: plan.status,
      events: plan.events,
      writes: () => {
        for (const write of plan.writes) applyWrite(store, world, write, nowMs)
      },
    },
    nowMs,
  )
}

function applyWrite(store: Store, world: RunWorld, write: Write, nowMs: number): void {
  const { uid } = world.run.metadata
  switch (write.type) {
    case 'InsertAttempt':
      store.attempts.insert(write.row)
      return
    case 'UpdateAttempt':
      store.attempts.update(write.clientToken, write.changes)
      return
    case 'PutHistory':
      store.history.put(write.row)
      return
    case 'DeleteObject':
      store.objects.markDeleted(keyOf(world.run), nowMs)
      return
    case 'ReleaseObject':
      store.attempts.deleteOfRun(uid)
      store.objects.removeFinalizer(keyOf(world.run), uid, WIRE.finalizerTask)
      return
    default:
      assertNever(write)
  }
}
