import type { ObjectKey } from '../kinds/meta.ts'
import type { Store } from '../store/types.ts'
import { renderSourceProblem, type SourceProblem } from './problem.ts'
import { problemRecord } from './records.ts'

/** Problems of one look that become events; the log and the status have all of them. */
const MAX_PROBLEMS = 100

/** Objects of one file that get the event of its problem. */
const MAX_OBJECTS = 20

/** Puts each problem into the event log, and a Warning on the objects that its file keeps alive although it can no longer be applied. */
export function recordProblemEvents(
  store: Store,
  source: string,
  problems: readonly SourceProblem[],
  nowMs: number,
): void {
  store.transaction(() => {
    for (const problem of problems.slice(0, MAX_PROBLEMS)) {
      store.eventLog.append([problemRecord(source, problem, nowMs)])
      const { excerpt: _, hint, ...sentence } = problem
      const place = renderSourceProblem(source, sentence)
      // One line: kubectl shows no more of a message than its first.
      const message = hint === undefined ? place : `${place}; ${hint}`
      for (const key of store.sources.objectsOfFile(source, problem.file).slice(0, MAX_OBJECTS)) {
        recordOne(store, key, message, nowMs)
      }
    }
  })
}

function recordOne(store: Store, key: ObjectKey, message: string, nowMs: number): void {
  const { kind, namespace, name } = key
  const live = store.objects.get({ kind, namespace, name })
  if (!live) return
  const regarding = { kind, namespace, name, uid: live.metadata.uid }
  store.events.record({ regarding, type: 'Warning', reason: 'ManifestProblem', message }, nowMs)
}
