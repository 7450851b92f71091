import { type EventLabels, type EventRecord, LABEL } from '../../kinds/event.ts'
import { MAX_KEPT_EVENT, MAX_KEPT_LABEL, MAX_KEPT_RELATED } from './limits.ts'

/** What an event trigger remembers of one key. */
export interface EventBucket {
  readonly type: 'Event'
  /** Fired: nothing more happens until the window is over, or the trigger is satisfied after all. */
  readonly phase: 'Open' | 'Fired'
  readonly startedAtMs: number
  /** Position of the event that began it; 0: none did. */
  readonly startedSeq: number
  /** End of the window; undefined: it has none. */
  readonly dueAtMs?: number
  readonly count: number
  /** The newest event of a proactive window: what its firing is about. */
  readonly last?: EventRecord
}

/** What a compound or sequence trigger remembers of its parts. Times by index; null: never. */
export interface GroupBucket {
  readonly type: 'Group'
  readonly startedAtMs: number
  readonly dueAtMs?: number
  /** compound: when each part fired last. sequence: when the latest chain of so many parts began. */
  readonly partsAtMs: readonly (number | null)[]
}

export type Bucket = EventBucket | GroupBucket

/** The bucket of a trigger and a key is to be this one; undefined: is to go. */
export interface BucketWrite {
  readonly path: string
  readonly key: string
  readonly bucket: Bucket | undefined
}

/** Reads what was last written. */
export type ReadBucket = (path: string, key: string) => Bucket | undefined

export interface Firing {
  readonly type: 'Triggered' | 'Resolved'
  readonly atMs: number
  /** What it is about: the event that completed it, or the last one before the silence. */
  readonly event: EventRecord | undefined
  /** Names the window: the same window never fires twice, and gives the same text if it is judged again. */
  readonly window: string
}

export interface Step {
  readonly writes: readonly BucketWrite[]
  readonly firings: readonly Firing[]
}

export const NOTHING: Step = { writes: [], firings: [] }

/** The event as a window and a queued action keep it: whole, unless somebody sent a very large one. */
export function keptEvent(event: EventRecord): EventRecord {
  if (JSON.stringify(event).length <= MAX_KEPT_EVENT) return event
  const { resource, related, payload } = event
  const short = { ...event, resource: shortened(resource), related: related.map(shortened) }
  const kept = JSON.stringify(payload).length <= MAX_KEPT_EVENT ? short : { ...short, payload: {} }
  if (JSON.stringify(kept).length <= 2 * MAX_KEPT_EVENT) return kept
  const names = related.slice(0, MAX_KEPT_RELATED).map(nameOnly)
  return { ...kept, resource: nameOnly(resource), related: names }
}

function shortened(labels: EventLabels): EventLabels {
  return Object.fromEntries(
    Object.entries(labels).map(([key, value]) => [key, value.slice(0, MAX_KEPT_LABEL)]),
  )
}

/** Id, name and role, none of them longer than what is kept. */
export function nameOnly(labels: EventLabels): EventLabels {
  const known: readonly string[] = Object.values(LABEL)
  return Object.fromEntries(
    Object.entries(shortened(labels)).filter(([key]) => known.includes(key)),
  )
}
