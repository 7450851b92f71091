import { keyOf, WIRE } from '../../kinds/meta.ts'
import { assertNever } from '../../lib/assert.ts'
import { canonicalJson } from '../../lib/json.ts'
import type { Store } from '../../store/types.ts'
import { commit } from '../commit.ts'
import { planRecords } from './records.ts'
import type { RunPlan, RunWorld, Write } from './world.ts'

/** Commits a plan: its writes, the status and the events, all or nothing. */
export function commitPlan(store: Store, world: RunWorld, plan: RunPlan, nowMs: number): void {
  const { uid } = world.run.metadata
  const isMarked = plan.settled !== true || store.objects.isSettled(uid)
  if (isMarked && changesNothing(world, plan)) return
  commit(
    store,
    {
      object: world.run,
      status: plan.status,
      events: plan.events,
      settled: plan.settled,
      records: planRecords(store, world, plan, nowMs),
      writes: () => {
        for (const write of plan.writes) applyWrite(store, world, write, nowMs)
      },
    },
    nowMs,
  )
}

/** Most looks find what the last one found; a transaction for that would cost more than the look. */
function changesNothing({ run }: RunWorld, plan: RunPlan): boolean {
  if (plan.writes.length > 0 || plan.events.length > 0 || run.status === undefined) return false
  return plan.status === run.status || canonicalJson(plan.status) === canonicalJson(run.status)
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
