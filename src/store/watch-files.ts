import { statSync } from 'node:fs'
import { StoreUnusable } from './errors.ts'

/** The files that SQLite keeps open with the database. To open and close one of them here would drop SQLite's locks. */
const SUFFIXES = ['', '-wal', '-shm'] as const

interface Seen {
  readonly path: string
  readonly identity: string
  size: bigint
}

/**
 * Remembers the files of an open database; the answer says what became of them, undefined while they are the
 * same. Costs three stats. A file that was overwritten in place keeps its identity: only its size can tell.
 */
export function watchFiles(path: string): () => StoreUnusable | undefined {
  const files = SUFFIXES.flatMap((suffix) => look(path + suffix) ?? [])
  return () => {
    for (const file of files) {
      const problem = compare(file, look(file.path), file.path === path)
      if (problem !== undefined) {
        return new StoreUnusable(
          'Replaced',
          `${file.path} was ${problem} while Capstan had it open: put ${path} back from the newest backup, or start without it to recover from what ECS still knows`,
        )
      }
    }
    return undefined
  }
}

function compare(before: Seen, now: Seen | undefined, neverShrinks: boolean): string | undefined {
  if (now === undefined) return 'deleted'
  if (now.identity !== before.identity) return 'replaced'
  if (neverShrinks && now.size < before.size) return 'cut off'
  before.size = now.size
  return undefined
}

function look(path: string): Seen | undefined {
  const stat = statSync(path, { throwIfNoEntry: false, bigint: true })
  return stat && { path, identity: `${stat.dev}:${stat.ino}`, size: stat.size }
}
