import type { SourceProblem } from './problem.ts'
import type { Hold } from './prune.ts'

/** What one look at a folder came to. */
export interface SyncReport {
  /** Root of the folder. */
  readonly source: string
  /** False: the folder could not be read, and nothing changed. */
  readonly ok: boolean
  /** Commit, or digest of all files. */
  readonly revision: string
  readonly created: number
  readonly updated: number
  /** Runs that were asked to make room for new content. */
  readonly replaced: number
  readonly pruned: number
  /** Objects that wait until something of the same name is gone, as `Run/default/hello`. */
  readonly waiting: readonly string[]
  /** Everything that keeps the store from saying what the folder says, not only what is new. */
  readonly problems: readonly SourceProblem[]
  /** A prune that waits for approval. */
  readonly held?: Hold
  readonly next: NextLook
}

/** What is worth another look without any wake-up, and when; empty: nothing is under way. */
export interface NextLook {
  readonly everythingMs?: number
  readonly files?: { readonly paths: readonly string[]; readonly delayMs: number }
}

export function holdProblem(hold: Hold): SourceProblem {
  return {
    code: 'PruneHeld',
    file: '',
    message: hold.message,
    hint: `bring the files back, or allow it: capstan approve (${hold.objects.join(', ')}${hold.count > hold.objects.length ? ', ...' : ''})`,
  }
}

export function folderProblem(message: string): SourceProblem {
  return { code: 'Folder', file: '', message }
}

/** Two looks as one: what was done by both, and how it stands after the second. */
export function addReports(first: SyncReport, second: SyncReport): SyncReport {
  return {
    ...second,
    created: first.created + second.created,
    updated: first.updated + second.updated,
    replaced: first.replaced + second.replaced,
    pruned: first.pruned + second.pruned,
  }
}
