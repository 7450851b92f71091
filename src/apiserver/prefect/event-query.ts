import { type EventRecord, LABEL, toPrefect } from '../../kinds/event.ts'
import type { Clock } from '../../lib/clock.ts'
import { isoTime } from '../../lib/instant.ts'
import type { JsonObject } from '../../lib/json.ts'
import { createSlicer } from '../../runtime/slicer.ts'
import type { EventLog } from '../../store/event-log.ts'
import type { PrefectFilter } from './prefect-filter.ts'

export interface QueryDeps {
  readonly eventLog: EventLog
  readonly clock: Clock
}

export interface EventPage {
  readonly events: readonly EventRecord[]
  /** Of all that match, on whatever page. */
  readonly total: number
  /** Where the next page begins; undefined: there is none. */
  readonly next: number | undefined
}

/** Rows that are read and compared in one go. */
const PAGE = 200

/**
 * Everything that matches, in the filter's order, from `fromSeq` on (exclusive). Reads page by page and lets
 * others have their turn, because a filter may look at every event that is kept.
 */
export async function* matchingEvents(
  { eventLog, clock }: QueryDeps,
  filter: PrefectFilter,
  fromSeq?: number,
): AsyncGenerator<EventRecord> {
  const slicer = createSlicer(clock)
  const seen = new Set<string>()
  let position = fromSeq
  for (;;) {
    const page = readPage(eventLog, filter, position)
    for (const record of page) {
      if (!filter.matches(record)) continue
      const id = record.resource[LABEL.id] ?? ''
      if (filter.isDistinct && seen.has(id)) continue
      seen.add(id)
      yield record
    }
    position = page.at(-1)?.seq
    if (position === undefined) return
    await slicer.pause()
  }
}

function readPage(
  eventLog: EventLog,
  { order, sinceMs, untilMs }: PrefectFilter,
  position: number | undefined,
): readonly EventRecord[] {
  if (order === 'ASC') return eventLog.after(position ?? 0, PAGE)
  return eventLog.list({
    limit: PAGE,
    ...(position !== undefined && { beforeSeq: position }),
    ...(sinceMs !== undefined && { sinceMs }),
    ...(untilMs !== undefined && { untilMs }),
  })
}

/** One page; `total` is counted for the first one and known for the others. */
export async function queryEvents(
  deps: QueryDeps,
  filter: PrefectFilter,
  page: { readonly limit: number; readonly fromSeq?: number; readonly total?: number },
): Promise<EventPage> {
  const events: EventRecord[] = []
  let count = 0
  for await (const record of matchingEvents(deps, filter, page.fromSeq)) {
    count += 1
    if (events.length < page.limit) events.push(record)
    else if (page.total !== undefined) break
  }
  const hasMore = count > events.length
  const next = hasMore ? events.at(-1)?.seq : undefined
  return { events, total: page.total ?? count, next }
}

export const COUNTABLES = ['day', 'time', 'event', 'resource'] as const
export type Countable = (typeof COUNTABLES)[number]

const UNIT_MS = {
  week: 7 * 86_400_000,
  day: 86_400_000,
  hour: 3_600_000,
  minute: 60_000,
  second: 1_000,
} as const
export type TimeUnit = keyof typeof UNIT_MS

export function isTimeUnit(text: unknown): text is TimeUnit {
  return typeof text === 'string' && Object.hasOwn(UNIT_MS, text)
}

interface Count {
  readonly value: string
  label: string
  count: number
  startMs: number
  endMs: number
}

/** Prefect's own limit on the spans of one answer; beyond it the smallest counts are left out. */
const MAX_COUNTS = 1_000

/** How many events there are of each day, span, name or resource: spans in their order, the others by their number. */
export async function countEvents(
  deps: QueryDeps,
  filter: PrefectFilter,
  by: { readonly countable: Countable; readonly unit: TimeUnit; readonly interval: number },
): Promise<readonly JsonObject[]> {
  const spanMs = by.countable === 'day' ? UNIT_MS.day : UNIT_MS[by.unit] * by.interval
  const counts = new Map<string, Count>()
  for await (const record of matchingEvents(deps, filter)) {
    const key = keyOf(record, by.countable, spanMs)
    const { occurredAtMs } = record
    const known = counts.get(key.value)
    if (known) {
      known.count += 1
      known.startMs = Math.min(known.startMs, occurredAtMs)
      known.endMs = Math.max(known.endMs, occurredAtMs)
    } else counts.set(key.value, { ...key, count: 1, startMs: occurredAtMs, endMs: occurredAtMs })
  }
  const isSpan = by.countable === 'day' || by.countable === 'time'
  const ordered = [...counts.values()].toSorted((a, b) =>
    isSpan ? a.startMs - b.startMs : b.count - a.count,
  )
  return ordered.slice(0, MAX_COUNTS).map(({ value, label, count, startMs, endMs }) => ({
    value,
    label,
    count,
    start_time: isoTime(startMs),
    end_time: isoTime(endMs),
  }))
}

function keyOf(
  { event, resource, occurredAtMs }: EventRecord,
  countable: Countable,
  spanMs: number,
): { readonly value: string; readonly label: string } {
  if (countable === 'event') return { value: toPrefect(event), label: toPrefect(event) }
  if (countable === 'resource') {
    const value = toPrefect(resource[LABEL.id] ?? '')
    return { value, label: resource[LABEL.name] ?? value }
  }
  const span = Math.floor(occurredAtMs / spanMs)
  return { value: String(span), label: isoTime(span * spanMs) }
}
