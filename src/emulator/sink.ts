/** What the state is made of; each kind has its own key space. */
export type EntityKind =
  | 'cluster'
  | 'definition'
  | 'task'
  | 'token'
  | 'logGroup'
  | 'logStream'
  | 'logEvents'

/**
 * Where changes of the state go. Values are plain data that JSON can carry, and are to be written out
 * before the call returns: the caller goes on changing them.
 */
export interface Sink {
  put(kind: EntityKind, key: string, value: unknown): void
  drop(kind: EntityKind, key: string): void
}

/** For emulators that live in memory only. */
export const noSink: Sink = { put: () => {}, drop: () => {} }
