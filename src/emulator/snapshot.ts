import type { Cluster } from './cluster.ts'
import { type LogEvent, streamKey } from './logs/log-store.ts'
import type { EntityKind } from './sink.ts'
import { addTask, type EmulatorState } from './state.ts'
import type { TaskDefinition } from './task-definition.ts'
import type { TaskRecord } from './task-record.ts'
import type { TokenRecord } from './tokens.ts'

/** A line of the journal; without a value the key is dropped. */
export interface JournalEntry {
  readonly kind: EntityKind
  readonly key: string
  readonly value?: unknown
}

interface StreamHead {
  readonly groupName: string
  readonly name: string
  readonly createdAtMs: number
}

/** What a journal says in the end: the last value of each key. */
export interface Snapshot {
  readonly cluster: Map<string, Cluster>
  readonly definition: Map<string, TaskDefinition>
  readonly task: Map<string, TaskRecord>
  readonly token: Map<string, TokenRecord>
  readonly logGroup: Map<string, { readonly name: string; readonly createdAtMs: number }>
  readonly logStream: Map<string, StreamHead>
  readonly logEvents: Map<string, LogEvent[]>
}

export function emptySnapshot(): Snapshot {
  return {
    cluster: new Map(),
    definition: new Map(),
    task: new Map(),
    token: new Map(),
    logGroup: new Map(),
    logStream: new Map(),
    logEvents: new Map(),
  }
}

/** Applies one line. Lines of kinds that are not known (of a later version) are passed over. */
export function replay(snapshot: Snapshot, entry: JournalEntry): void {
  const { kind, key, value } = entry
  if (!(kind in snapshot)) return
  if (kind === 'logEvents') {
    const events = snapshot.logEvents.get(key) ?? []
    events.push(...(value as readonly LogEvent[]))
    snapshot.logEvents.set(key, events)
    return
  }
  // The journal is written by stateEntries and the sink alone: kinds and values belong together.
  const values = snapshot[kind] as Map<string, unknown>
  if (value !== undefined) values.set(key, value)
  else values.delete(key)
  if (value === undefined && kind === 'logStream') snapshot.logEvents.delete(key)
  if (value === undefined && kind === 'logGroup') dropStreams(snapshot, key)
}

/** A group goes with its streams, so that one created again under its name is empty. */
function dropStreams(snapshot: Snapshot, groupName: string): void {
  for (const [key, stream] of snapshot.logStream) {
    if (stream.groupName !== groupName) continue
    snapshot.logStream.delete(key)
    snapshot.logEvents.delete(key)
  }
}

/** Fills an empty state. */
export function restoreState(state: EmulatorState, snapshot: Snapshot): void {
  for (const cluster of snapshot.cluster.values()) state.clusters.set(cluster.name, cluster)
  const definitions = [...snapshot.definition.values()]
  for (const definition of definitions.toSorted((a, b) => a.revision - b.revision)) {
    state.definitions.add(definition)
  }
  const tasks = [...snapshot.task.values()]
  for (const task of tasks.toSorted((a, b) => a.sequence - b.sequence)) {
    if (state.definitions.get(task.definitionArn)) addTask(state, task)
  }
  for (const token of snapshot.token.values()) state.tokens.add(token)
  restoreLogs(state, snapshot)
}

function restoreLogs({ logs }: EmulatorState, snapshot: Snapshot): void {
  for (const { name, createdAtMs } of snapshot.logGroup.values()) {
    logs.groups.set(name, { name, createdAtMs, streams: new Map() })
  }
  for (const head of snapshot.logStream.values()) {
    const group = logs.groups.get(head.groupName)
    if (!group) continue
    const stream = { ...head, events: [] }
    group.streams.set(head.name, stream)
    logs.restore(stream, snapshot.logEvents.get(streamKey(head)) ?? [])
  }
}

/** Events per line of the journal: keeps lines well below what JSON.stringify should do at once. */
const EVENTS_PER_ENTRY = 1_000

/** The whole state as journal lines. */
export function* stateEntries(state: EmulatorState): Generator<JournalEntry> {
  for (const cluster of state.clusters.values()) {
    yield { kind: 'cluster', key: cluster.name, value: cluster }
  }
  for (const [, revisions] of state.definitions.families()) {
    for (const value of revisions) yield { kind: 'definition', key: value.arn, value }
  }
  for (const task of state.tasks.all()) yield { kind: 'task', key: task.id, value: task }
  for (const token of state.tokens.all()) {
    yield { kind: 'token', key: `${token.clusterName} ${token.token}`, value: token }
  }
  yield* logEntries(state)
}

function* logEntries({ logs }: EmulatorState): Generator<JournalEntry> {
  for (const { name, createdAtMs, streams } of logs.groups.values()) {
    yield { kind: 'logGroup', key: name, value: { name, createdAtMs } }
    for (const stream of streams.values()) {
      const key = streamKey(stream)
      const value = { groupName: name, name: stream.name, createdAtMs: stream.createdAtMs }
      yield { kind: 'logStream', key, value }
      for (let start = 0; start < stream.events.length; start += EVENTS_PER_ENTRY) {
        const events = stream.events.slice(start, start + EVENTS_PER_ENTRY)
        yield { kind: 'logEvents', key, value: events }
      }
    }
  }
}
