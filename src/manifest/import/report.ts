import type { PathStep } from '../../kinds/placeholder.ts'
import { isJsonObject, type Json } from '../../lib/json.ts'
import { renderPath } from '../problem.ts'

/**
 * Lost: Capstan has nothing like it, and it is not in the manifests. Changed: it is there, and means
 * something else than before. Check: it is there, and a person has to complete or confirm it.
 */
export const NOTE_KINDS = ['Lost', 'Changed', 'Check'] as const
export type NoteKind = (typeof NOTE_KINDS)[number]

/** One thing that an import could not keep as it was. Holds no values: they may be secret. */
export interface ImportNote {
  readonly kind: NoteKind
  /** Where it stands in the imported file. */
  readonly path: string
  /** What sort of value stands there: `text`, `number`, `list of 3`, `map of 2`. */
  readonly value: string
  readonly reason: string
  /** What to do now. */
  readonly action: string
}

/** A value of the imported file. */
export interface Place {
  readonly path: readonly PathStep[]
  readonly value: Json | undefined
}

/** Collects notes while a file is converted. */
export interface Reporter {
  readonly notes: readonly ImportNote[]
  readonly lost: (place: Place, reason: string, action: string) => void
  readonly changed: (place: Place, reason: string, action: string) => void
  readonly check: (place: Place, reason: string, action: string) => void
  /** Something in the manifests themselves that has to be corrected; `path` starts with the object. */
  readonly refused: (path: string, reason: string, action: string) => void
}

/** Notes that are kept; a file with more is not going to be read note by note. */
const MAX_NOTES = 500

export function createReporter(): Reporter {
  const notes: ImportNote[] = []
  const add = (note: ImportNote): void => {
    if (notes.length >= MAX_NOTES) return
    if (!notes.some((known) => renderNote(known) === renderNote(note))) notes.push(note)
  }
  const at =
    (kind: NoteKind): Reporter['lost'] =>
    ({ path, value }, reason, action) => {
      add({ kind, path: renderPath(path), value: describeValue(value), reason, action })
    }
  return {
    notes,
    lost: at('Lost'),
    changed: at('Changed'),
    check: at('Check'),
    refused: (path, reason, action) => {
      add({ kind: 'Check', path, value: 'in the manifest', reason, action })
    },
  }
}

/** One line: `Lost: deployments[0].build (list of 2): Capstan builds no images. Build it elsewhere.` */
export function renderNote({ kind, path, value, reason, action }: ImportNote): string {
  const where = path === '' ? 'the file' : path
  return `${kind}: ${where} (${value}): ${reason}. ${action}.`
}

function describeValue(value: Json | undefined): string {
  if (value === undefined) return 'not set'
  if (value === null) return 'null'
  if (Array.isArray(value)) return `list of ${value.length}`
  if (isJsonObject(value)) return `map of ${Object.keys(value).length}`
  return typeof value === 'string' ? 'text' : typeof value
}
