import { invalidParameter } from '../errors.ts'
import { isEarlier, type LogEvent } from './log-store.ts'

/** A place in the order of events, just after the event with these numbers. */
export interface EventPosition {
  readonly timestampMs: number
  readonly sequence: number
}

export function renderPosition({ timestampMs, sequence }: EventPosition): string {
  return `${timestampMs}.${sequence}`
}

export function parsePosition(text: string): EventPosition {
  const match = /^(-?\d+)\.(\d+)$/.exec(text)
  if (!match) throw invalidParameter('The specified nextToken is invalid.')
  return { timestampMs: Number(match[1]), sequence: Number(match[2]) }
}

/** Index of the first event after a position, in events that are in order. */
export function indexAfter(events: readonly LogEvent[], position: EventPosition): number {
  let low = 0
  let high = events.length
  while (low < high) {
    const middle = (low + high) >> 1
    const event = events[middle]
    if (event !== undefined && !isEarlier(position, event)) low = middle + 1
    else high = middle
  }
  return low
}
