import type { Sink } from '../sink.ts'

export interface LogEvent {
  readonly timestampMs: number
  readonly message: string
  readonly ingestedAtMs: number
  /** Order of arrival over all streams; with the timestamp it orders events. */
  readonly sequence: number
}

export interface LogStream {
  readonly groupName: string
  readonly name: string
  readonly createdAtMs: number
  /** By timestamp, then by sequence. */
  readonly events: LogEvent[]
}

export interface LogGroup {
  readonly name: string
  readonly createdAtMs: number
  readonly streams: Map<string, LogStream>
}

export interface NewLogEvent {
  readonly timestampMs: number
  readonly message: string
}

/** The oldest go when there are more. */
export interface LogLimits {
  readonly eventsPerStream: number
  readonly streamsPerGroup: number
}

/** A full stream is trimmed only when it is over its limit by this share: trimming moves every event. */
const TRIM_SHARE = 0.1

/** Log groups, their streams and events. */
export class LogStore {
  readonly groups = new Map<string, LogGroup>()
  readonly #limits: LogLimits
  readonly #sink: Sink
  #sequence = 0

  constructor(limits: LogLimits, sink: Sink) {
    this.#limits = limits
    this.#sink = sink
  }

  stream(groupName: string, streamName: string): LogStream | undefined {
    return this.groups.get(groupName)?.streams.get(streamName)
  }

  createGroup(name: string, nowMs: number): LogGroup {
    const group: LogGroup = { name, createdAtMs: nowMs, streams: new Map() }
    this.groups.set(name, group)
    this.#sink.put('logGroup', name, { name, createdAtMs: nowMs })
    return group
  }

  deleteGroup(name: string): void {
    this.groups.delete(name)
    this.#sink.drop('logGroup', name)
  }

  /** The stream of that name, created when it is new. The group must exist. */
  ensureStream(group: LogGroup, name: string, nowMs: number): LogStream {
    const known = group.streams.get(name)
    if (known) return known
    if (group.streams.size >= this.#limits.streamsPerGroup) this.#dropOldest(group)
    const stream = { groupName: group.name, name, createdAtMs: nowMs, events: [] }
    group.streams.set(name, stream)
    this.#sink.put('logStream', streamKey(stream), {
      groupName: group.name,
      name,
      createdAtMs: nowMs,
    })
    return stream
  }

  append(stream: LogStream, added: readonly NewLogEvent[], nowMs: number): void {
    const events = added.map((event) => ({
      timestampMs: event.timestampMs,
      message: event.message,
      ingestedAtMs: nowMs,
      sequence: ++this.#sequence,
    }))
    this.restore(stream, events)
    this.#sink.put('logEvents', streamKey(stream), events)
  }

  /** Puts events that already have their sequence numbers in place. */
  restore(stream: LogStream, events: readonly LogEvent[]): void {
    for (const event of events) {
      insertInOrder(stream.events, event)
      this.#sequence = Math.max(this.#sequence, event.sequence)
    }
    const { eventsPerStream } = this.#limits
    const excess = stream.events.length - eventsPerStream
    if (excess <= eventsPerStream * TRIM_SHARE) return
    stream.events.splice(0, excess)
  }

  #dropOldest(group: LogGroup): void {
    for (const stream of group.streams.values()) {
      group.streams.delete(stream.name)
      this.#sink.drop('logStream', streamKey(stream))
      return
    }
  }
}

/** Neither names of groups nor of streams hold a line end. */
export function streamKey({
  groupName,
  name,
}: {
  readonly groupName: string
  readonly name: string
}): string {
  return `${groupName}\n${name}`
}

/** Whether `a` comes before `b` in the order of answers. */
export function isEarlier(
  a: { readonly timestampMs: number; readonly sequence: number },
  b: { readonly timestampMs: number; readonly sequence: number },
): boolean {
  return (
    a.timestampMs < b.timestampMs || (a.timestampMs === b.timestampMs && a.sequence < b.sequence)
  )
}

/** Events nearly always arrive in order: looking from the end is cheap. */
function insertInOrder(events: LogEvent[], event: LogEvent): void {
  let index = events.length
  for (; index > 0; index--) {
    const before = events[index - 1]
    if (before === undefined || !isEarlier(event, before)) break
  }
  if (index === events.length) events.push(event)
  else events.splice(index, 0, event)
}
