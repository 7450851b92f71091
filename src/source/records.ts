import { LABEL, type NewEventRecord, resourceId } from '../kinds/event.ts'
import { DEFAULT_NAMESPACE } from '../kinds/meta.ts'
import type { JsonObject } from '../lib/json.ts'
import type { SourceRow } from '../store/types.ts'
import type { Applied } from './apply.ts'
import { heldOf } from './approval.ts'
import { problemToJson, type SourceProblem } from './problem.ts'
import type { Hold } from './prune.ts'

/** What the event log keeps of folders: they belong to no namespace, so their events are in the default one. */

export interface AppliedDecision {
  /** The folder's row before; undefined until its start has ended. */
  readonly before: SourceRow | undefined
  /** Its row from now on; undefined: as before. */
  readonly next: SourceRow | undefined
  readonly applied: Applied
}

/**
 * `capstan.source.applied` where there is a new revision or anything was written, `capstan.source.held` where
 * something waits for approval from now on.
 */
export function sourceRecords(
  source: string,
  { before, next, applied }: AppliedDecision,
  nowMs: number,
): readonly NewEventRecord[] {
  const { created, updated, replaced, pruned } = applied
  const revision = next?.revision ?? before?.revision ?? ''
  const isNews = revision !== before?.revision || created + updated + replaced + pruned > 0
  const counts = { revision, created, updated, replaced, pruned }
  return [
    ...(isNews ? [sourceRecord(source, 'applied', counts, nowMs)] : []),
    ...heldRecords(source, heldOf(before), heldOf(next), nowMs),
  ]
}

function heldRecords(
  source: string,
  before: Hold | undefined,
  now: Hold | undefined,
  nowMs: number,
): readonly NewEventRecord[] {
  if (now === undefined || now.token === before?.token) return []
  const { reason, message, revision, count, objects } = now
  return [sourceRecord(source, 'held', { reason, message, revision, count, objects }, nowMs)]
}

/** `capstan.source.problem`: something in the folder cannot be applied. */
export function problemRecord(
  source: string,
  problem: SourceProblem,
  nowMs: number,
): NewEventRecord {
  const { excerpt: _, ...told } = problem
  return sourceRecord(source, 'problem', problemToJson(told), nowMs)
}

function sourceRecord(
  source: string,
  what: 'applied' | 'held' | 'problem',
  payload: JsonObject,
  nowMs: number,
): NewEventRecord {
  return {
    occurredAtMs: nowMs,
    receivedAtMs: nowMs,
    event: `capstan.source.${what}`,
    namespace: DEFAULT_NAMESPACE,
    resource: { [LABEL.id]: resourceId('source', source), [LABEL.name]: source },
    related: [],
    payload,
  }
}
