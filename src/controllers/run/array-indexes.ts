import type { OutcomeClass } from '../../kinds/run.ts'
import { lifeOf } from '../../kinds/run-wish.ts'
import { renderRanges } from '../../lib/ranges.ts'
import type { AttemptRow } from '../../store/types.ts'
import { endedTries, nextTry } from './idle.ts'
import type { ArraySummary } from './plan.ts'
import { decideRetry, type EndedTry } from './retry.ts'
import { liveAttempts, type Resolved, type RunWorld } from './world.ts'

/** Where one task of an array is. */
export type IndexState = { readonly index: number } & (
  | { readonly type: 'Live' }
  | { readonly type: 'Done' }
  | { readonly type: 'Failed'; readonly class: OutcomeClass; readonly reason: string }
  | { readonly type: 'Backoff'; readonly untilMs: number }
  | {
      readonly type: 'Ready'
      readonly next: ReturnType<typeof nextTry>
      readonly tries: readonly EndedTry[]
    }
)

/** Where each task of an array is, by index. */
export function readIndexes(
  world: RunWorld,
  rows: readonly AttemptRow[],
  at: { readonly tasks: number; readonly nowMs: number; readonly resolved: Resolved },
): readonly IndexState[] {
  const byIndex = Map.groupBy(rows, ({ index }) => index)
  return Array.from({ length: at.tasks }, (_, index) =>
    indexState(world, index, byIndex.get(index) ?? [], at),
  )
}

function indexState(
  world: RunWorld,
  index: number,
  rows: readonly AttemptRow[],
  { nowMs, resolved }: { readonly nowMs: number; readonly resolved: Resolved },
): IndexState {
  if (liveAttempts(rows).length > 0) return { type: 'Live', index }
  const from = lifeOf(world.run.status)
  const tries = endedTries(rows).filter(({ number }) => number >= from)
  const last = tries.at(-1)
  if (last?.class === 'Success') return { type: 'Done', index }
  const policy = resolved.type === 'Valid' ? resolved.template.retry : undefined
  const retry = decideRetry(policy, tries, `${world.run.metadata.uid}/${index}`)
  if (retry.type === 'Finish') {
    return failed(index, last, retry.why)
  }
  if (nowMs < retry.notBeforeMs) return { type: 'Backoff', index, untilMs: retry.notBeforeMs }
  return { type: 'Ready', index, tries, next: nextOf(rows, index, from) }
}

function failed(index: number, last: EndedTry | undefined, why: string): IndexState {
  const reason = `${last?.reason ?? ''} ${why}`.trim()
  return { type: 'Failed', index, class: last?.class ?? 'Unknown', reason }
}

function nextOf(
  rows: readonly AttemptRow[],
  index: number,
  from: number,
): ReturnType<typeof nextTry> {
  const next = nextTry(rows, index)
  // An index that needed fewer attempts before a rerun goes on with the number that the rerun begins at.
  return next.number >= from ? next : { index, number: from, try: 1 }
}

/** What status shows of all indexes. */
export function summaryOf(
  indexes: readonly IndexState[],
  rows: readonly AttemptRow[],
): ArraySummary {
  const of = (type: IndexState['type']): readonly number[] =>
    indexes.filter((one) => one.type === type).map(({ index }) => index)
  const [done, failed] = [of('Done'), of('Failed')]
  const [first = done.at(-1)] = failed
  const exitCode = rows.findLast(({ index }) => index === first)?.exitCode
  return {
    status: {
      tasks: indexes.length,
      active: of('Live').length,
      succeeded: done.length,
      failed: failed.length,
      waiting: of('Ready').length,
      ...(done.length > 0 && { completedIndexes: renderRanges(done) }),
      ...(failed.length > 0 && { failedIndexes: renderRanges(failed) }),
    },
    exitCode,
  }
}
