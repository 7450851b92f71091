import { sha256 } from '../lib/names.ts'
import type { ReadFile } from './desired.ts'
import type { KnownFile } from './file-reader.ts'
import type { SourceProblem } from './problem.ts'

/** What is known of one file that is there. */
export interface FileEntry extends KnownFile {
  /** Why the file, or some of it, is not applied. */
  readonly problems: readonly SourceProblem[]
  /** The file as it was read, as long as the store does not reflect all of it. */
  readonly open?: ReadFile
}

const DIGEST_DIGITS = 32

/** One list for all files without problems. */
const NO_PROBLEMS: readonly SourceProblem[] = []

/**
 * The files of a folder as they were last seen: `#gone` holds those that are no longer there but still own
 * objects. `#digest` is the exclusive or of one digest per file that is there, so that it depends on the set
 * of (path, hash) alone and one changed file costs one step.
 */
export class FileIndex {
  readonly #entries = new Map<string, FileEntry>()
  readonly #gone = new Set<string>()
  readonly #open = new Set<string>()
  readonly #bad = new Set<string>()
  #digest = 0n

  get(path: string): FileEntry | undefined {
    return this.#entries.get(path)
  }

  put(path: string, entry: FileEntry): void {
    const previous = this.#entries.get(path)
    const wasThere = previous && !this.#gone.delete(path)
    if (wasThere && previous.hash !== entry.hash) this.#toggle(path, previous)
    if (!wasThere || previous.hash !== entry.hash) this.#toggle(path, entry)
    const { stat, hash, problems, open } = entry
    const isPlain = problems.length === 0 && !open
    this.#entries.set(path, isPlain ? { stat, hash, problems: NO_PROBLEMS } : entry)
    this.#mark(path, entry)
  }

  /** Same content, other stat. */
  restate(path: string, stat: string): void {
    const entry = this.#entries.get(path)
    if (entry) this.#entries.set(path, { ...entry, stat })
  }

  remove(path: string): void {
    const entry = this.#entries.get(path)
    if (!entry) return
    if (!this.#gone.delete(path)) this.#toggle(path, entry)
    this.#entries.delete(path)
    this.#open.delete(path)
    this.#bad.delete(path)
  }

  /** Takes note of what a complete snapshot saw; returns the paths that it did not see. */
  compare(seen: ReadonlySet<string>): ReadonlySet<string> {
    for (const path of this.#gone) if (seen.has(path)) this.#comeBack(path)
    if (this.#entries.size === seen.size && this.#gone.size === 0 && this.#hasAll(seen))
      return this.#gone
    for (const [path, entry] of this.#entries) {
      if (seen.has(path) || this.#gone.has(path)) continue
      this.#gone.add(path)
      this.#open.delete(path)
      this.#bad.delete(path)
      this.#toggle(path, entry)
    }
    return new Set(this.#gone)
  }

  /** Files whose content the store does not reflect yet, by path. */
  openFiles(): readonly ReadFile[] {
    const files = [...this.#open].sort().map((path) => this.#entries.get(path)?.open)
    return files.filter((file) => file !== undefined)
  }

  /** By path. */
  problems(): readonly SourceProblem[] {
    return [...this.#bad].sort().flatMap((path) => this.#entries.get(path)?.problems ?? [])
  }

  /** Of all files that are there; equal sets of (path, hash) have equal digests. */
  get digest(): string {
    return this.#digest.toString(16).padStart(DIGEST_DIGITS, '0')
  }

  #hasAll(seen: ReadonlySet<string>): boolean {
    for (const path of seen) if (!this.#entries.has(path)) return false
    return true
  }

  #comeBack(path: string): void {
    const entry = this.#entries.get(path)
    this.#gone.delete(path)
    if (!entry) return
    this.#toggle(path, entry)
    this.#mark(path, entry)
  }

  #mark(path: string, { open, problems }: FileEntry): void {
    if (open) this.#open.add(path)
    else this.#open.delete(path)
    if (problems.length > 0) this.#bad.add(path)
    else this.#bad.delete(path)
  }

  #toggle(path: string, { hash }: KnownFile): void {
    this.#digest ^= BigInt(`0x${sha256(`${path}\n${hash}`).slice(0, DIGEST_DIGITS)}`)
  }
}
