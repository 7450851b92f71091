import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { isJsonObject, parseJson } from '../lib/json.ts'
import type { Sink } from './sink.ts'
import { emptySnapshot, type JournalEntry, replay, restoreState, stateEntries } from './snapshot.ts'
import type { EmulatorState } from './state.ts'

export interface Journal {
  /** Takes the changes of the state. */
  readonly sink: Sink
  /** Fills an empty state with what the journal holds; from then on the journal follows this state. */
  readonly restore: (state: EmulatorState) => void
  readonly close: () => void
}

/** The journal is written anew when it has grown by this much, or by its own size if that is more. */
const REWRITE_BYTES = 8 * 1024 * 1024

/**
 * Keeps the state of an emulator in a file: one JSON line per change, the last one of a key counts.
 * A change is in the file (with the operating system, not yet on the disk) before its call returns, so
 * that it outlives this process; a half-written last line is what a crash left, and is ignored.
 */
export function openJournal(path: string): Journal {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  let file = openSync(path, 'a', 0o600)
  let state: EmulatorState | undefined
  let grownBytes = 0
  let baseBytes = 0

  const append = (entry: JournalEntry): void => {
    grownBytes += writeSync(file, `${JSON.stringify(entry)}\n`)
    if (state && grownBytes > Math.max(REWRITE_BYTES, baseBytes)) rewrite(state)
  }
  const rewrite = (current: EmulatorState): void => {
    const next = `${path}.next`
    const nextFile = openSync(next, 'w', 0o600)
    baseBytes = 0
    grownBytes = 0
    for (const entry of stateEntries(current)) {
      baseBytes += writeSync(nextFile, `${JSON.stringify(entry)}\n`)
    }
    renameSync(next, path)
    closeSync(file)
    file = nextFile
  }

  return {
    sink: {
      put: (kind, key, value) => append({ kind, key, value }),
      drop: (kind, key) => append({ kind, key }),
    },
    restore(empty) {
      const snapshot = emptySnapshot()
      for (const entry of readEntries(path)) replay(snapshot, entry)
      restoreState(empty, snapshot)
      rewrite(empty)
      state = empty
    },
    close: () => closeSync(file),
  }
}

function* readEntries(path: string): Generator<JournalEntry> {
  if (!existsSync(path)) return
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const entry = line === '' ? undefined : parseEntry(line)
    if (entry) yield entry
  }
}

function parseEntry(line: string): JournalEntry | undefined {
  const parsed = parseJson(line)
  return isJsonObject(parsed) ? (parsed as unknown as JournalEntry) : undefined
}
