import type { NewEventRecord } from '../../kinds/event.ts'
import type { Store } from '../../store/types.ts'
import { type AttemptNews, attemptRecord, stateRecord } from '../run-records.ts'
import { type RunSubject, runSubject } from '../run-subject.ts'
import type { RunPlan, RunWorld, Write } from './world.ts'

/** What a plan adds to the event log: attempts that it ends, and the run's state where it changes. */
export function planRecords(
  store: Store,
  world: RunWorld,
  plan: RunPlan,
  nowMs: number,
): readonly NewEventRecord[] {
  const settled = plan.writes.flatMap((write) => settledBy(world, write))
  const from = world.run.status?.state
  const to = plan.status.state
  const isTransition = to !== undefined && (from?.type !== to.type || from.name !== to.name)
  if (settled.length === 0 && !isTransition) return []
  const subject = subjectOf(store, world)
  const records = settled.map(({ news, attempt }) => attemptRecord(subject, news, attempt, nowMs))
  if (!isTransition) return records
  const runCount = plan.status.attempts?.at(-1)?.number ?? 0
  return [...records, stateRecord(subject, { from, to, runCount }, nowMs)]
}

function subjectOf(store: Store, { run, deployment, workPool }: RunWorld): RunSubject {
  return runSubject(store, run, { deployment, workPool: workPool.name, queue: workPool.queue })
}

interface Settled {
  readonly news: AttemptNews
  readonly attempt: RunWorld['attempts'][number]
}

/** An attempt gets its class once: with it, it is over. */
function settledBy({ attempts }: RunWorld, write: Write): readonly Settled[] {
  if (write.type !== 'UpdateAttempt' || write.changes.outcomeClass === undefined) return []
  const before = attempts.find(({ clientToken }) => clientToken === write.clientToken)
  if (!before || before.outcomeClass !== undefined) return []
  const attempt = { ...before, ...write.changes }
  return [{ attempt, news: attempt.phase === 'Lost' ? 'lost' : 'ended' }]
}
