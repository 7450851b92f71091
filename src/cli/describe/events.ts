import type { JsonObject } from '../../lib/json.ts'
import { numberAt, textAt } from '../objects.ts'
import { ageOf, tableLines } from './lines.ts'

/** The events table at the end of a description, oldest first. */
export function eventLines(events: readonly JsonObject[], nowMs: number): readonly string[] {
  if (events.length === 0) return ['Events:\t<none>']
  const rows = sortEvents(events).map((event) => [
    textAt(event, 'type') ?? '',
    textAt(event, 'reason') ?? '',
    eventAge(event, nowMs),
    textAt(event, 'source', 'component') ?? textAt(event, 'reportingComponent') ?? '',
    (textAt(event, 'message') ?? '').trim(),
  ])
  return ['Events:', ...tableLines(['Type', 'Reason', 'Age', 'From', 'Message'], rows, 1)]
}

/** By the time they were last seen; equal times keep the order of the server. */
export function sortEvents(events: readonly JsonObject[]): readonly JsonObject[] {
  return [...events].sort((a, b) => lastSeen(a).localeCompare(lastSeen(b)))
}

function lastSeen(event: JsonObject): string {
  return textAt(event, 'lastTimestamp') ?? textAt(event, 'eventTime') ?? ''
}

/** `14m`, and `14m (x3 over 54m)` for one that was counted up. */
export function eventAge(event: JsonObject, nowMs: number): string {
  const count = numberAt(event, 'count') ?? 1
  const age = ageOf(lastSeen(event) || undefined, nowMs)
  return count > 1 ? `${age} (x${count} over ${ageOf(event['firstTimestamp'], nowMs)})` : age
}
