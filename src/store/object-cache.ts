import type { CapstanObject, ObjectKey } from '../kinds/meta.ts'
import { type ObjectRow, type ParsedTexts, parsedTexts, toObject } from './object-row.ts'

/** Text of rows in one generation, in characters. Parsed, it takes about five times as many bytes. */
const GENERATION_LIMIT = 2_000_000

interface Entry {
  readonly row: ObjectRow
  readonly texts: ParsedTexts
  made: CapstanObject | undefined
}

/**
 * Rows that were read or written last, and the objects that were made of them: a launch looks at its run,
 * its pool and its deployment some twenty times.
 *
 * - Every write of a row is followed at once by `put` or `remove`, so an entry always equals the table's row.
 * - A transaction that is undone empties the cache: what it wrote was never there.
 * - There are two generations. A row that is asked for moves to the young one; when that is full it becomes the
 *   old one, and the old one is forgotten.
 */
export class ObjectCache {
  #young = new Map<string, Entry>()
  #old = new Map<string, Entry>()
  /** Characters that were put into the young generation. */
  #length = 0

  row(key: ObjectKey): ObjectRow | undefined {
    return this.#find(textOf(key))?.row
  }

  /** The object of a row as the table has it: the one that was made before, where that is kept. */
  object(row: ObjectRow): CapstanObject {
    const entry = this.#find(textOf(row))
    return entry ? objectOf(entry) : toObject(row)
  }

  /** Returns a function that gives the row's object, even after the entry is gone. */
  put(row: ObjectRow): () => CapstanObject {
    const text = textOf(row)
    const before = this.#young.get(text) ?? this.#old.get(text)
    const entry: Entry = { row, texts: parsedTexts(row, before), made: undefined }
    this.#keep(text, entry)
    return () => objectOf(entry)
  }

  remove(key: ObjectKey): void {
    const text = textOf(key)
    this.#young.delete(text)
    this.#old.delete(text)
  }

  clear(): void {
    this.#young.clear()
    this.#old.clear()
    this.#length = 0
  }

  #find(text: string): Entry | undefined {
    const young = this.#young.get(text)
    if (young) return young
    const old = this.#old.get(text)
    if (old) this.#keep(text, old)
    return old
  }

  #keep(text: string, entry: Entry): void {
    const { meta, spec, status } = entry.row
    this.#old.delete(text)
    this.#young.set(text, entry)
    this.#length += meta.length + spec.length + (status?.length ?? 0)
    if (this.#length <= GENERATION_LIMIT) return
    this.#old = this.#young
    this.#young = new Map()
    this.#length = 0
  }
}

function objectOf(entry: Entry): CapstanObject {
  entry.made ??= toObject(entry.row, entry.texts)
  return entry.made
}

function textOf({ kind, namespace, name }: ObjectKey): string {
  return `${kind}/${namespace}/${name}`
}
