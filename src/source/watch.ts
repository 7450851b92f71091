import { type FSWatcher, watch } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Arrivals } from './file-reader.ts'
import { isIgnoredName, isManifestName } from './path-rules.ts'

/**
 * Wake-ups, and the one fact that only events can tell: that a file was renamed into place. Events are
 * never taken for the state of the folder: the kernel drops them when its queue is full, and Node does not say so.
 *
 * The watches are inotify's plain ones, one per directory: the folders that hold the root and the link that
 * leads to it (where links flip and mounts come and go, filtered by name), the root and the folders below it.
 * Nothing per file, no recursion, no link followed.
 */

/** Tells of entries of one directory. `rename`: an entry came, went or was replaced. `change`: it was written to, or its attributes changed. */
export type WatchDirectory = (
  directory: string,
  listeners: {
    readonly onEvent: (event: 'rename' | 'change', name: string | undefined) => void
    readonly onError: (error: unknown) => void
  },
) => () => void

export interface FolderWatchOptions {
  /** Absolute, as configured. */
  readonly root: string
  readonly watch: WatchDirectory
  /** A manifest, absolute, that something happened to; or undefined: look at everything. */
  readonly onWake: (path: string | undefined) => void
  /** A directory that cannot be watched; the timer looks after it. */
  readonly onError: (directory: string, error: unknown) => void
}

/** Folders watched below one root. Each costs an inotify watch; the timer looks after the rest. */
const MAX_WATCHES = 1_024

/**
 * Events between two looks above which none of them is trusted about renames. The kernel's queue holds
 * 16,384 by default; past that it loses the very event that would say that a file is still being written.
 */
const BURST_EVENTS = 1_000

/** What happened to a manifest since it was last read. */
interface Arrival {
  renamed: boolean
  written: boolean
}

/**
 * The watches of one root. `#arrivals` holds manifests that had events since `forget`, at most BURST_EVENTS;
 * it is empty while `#events` says that events may have been lost.
 */
export class FolderWatch implements Arrivals {
  readonly #options: FolderWatchOptions
  readonly #watches = new Map<string, () => void>()
  readonly #arrivals = new Map<string, Arrival>()
  #place: string | undefined
  #turn: string
  #events = 0

  constructor(options: FolderWatchOptions) {
    this.#options = options
    this.#turn = options.root
  }

  /**
   * Watches exactly these directories, absolute, and the folders that hold the root and `turn`, the link
   * above it. `place` changes when the root became another one: then every watch is made anew, because the
   * old ones may look at what is no longer mounted. Returns whether a watch was added, so that something
   * may have been missed before.
   */
  arm(place: string, directories: readonly string[], turn = this.#options.root): boolean {
    if (place !== this.#place) this.stop()
    this.#place = place
    this.#turn = turn
    const holders = [this.#options.root, turn].map((path) => dirname(path))
    const wanted = new Set([...holders, ...directories.slice(0, MAX_WATCHES)])
    for (const directory of this.#watches.keys()) if (!wanted.has(directory)) this.#close(directory)
    const missing = [...wanted].filter((directory) => !this.#watches.has(directory))
    return missing.map((directory) => this.#open(directory)).includes(true)
  }

  stop(): void {
    for (const directory of this.#watches.keys()) this.#close(directory)
    this.#arrivals.clear()
    this.#place = undefined
  }

  arrivedWhole(path: string): boolean {
    const arrival = this.#arrivals.get(path)
    return arrival?.renamed === true && !arrival.written
  }

  forget(path: string): void {
    this.#arrivals.delete(path)
  }

  /** A look is over: events count anew. */
  endBurst(): void {
    this.#events = 0
  }

  #open(directory: string): boolean {
    const { watch, onError } = this.#options
    try {
      const close = watch(directory, {
        onEvent: (event, name) => this.#onEvent(directory, event, name),
        onError: (error) => {
          this.#close(directory)
          onError(directory, error)
        },
      })
      this.#watches.set(directory, close)
      return true
    } catch (error) {
      onError(directory, error)
      return false
    }
  }

  #close(directory: string): void {
    const close = this.#watches.get(directory)
    this.#watches.delete(directory)
    close?.()
  }

  #onEvent(directory: string, event: 'rename' | 'change', name: string | undefined): void {
    const { root, onWake } = this.#options
    const turns = [root, this.#turn]
    if (turns.includes(join(directory, name ?? ''))) return onWake(undefined)
    if (turns.some((path) => dirname(path) === directory)) {
      return name === undefined ? onWake(undefined) : undefined
    }
    if (event === 'rename' && name === basename(directory)) {
      // inotify says so when the directory itself went; its watch is dead then, and arm makes a new one.
      this.#close(directory)
      return onWake(undefined)
    }
    this.#onEntry(directory, event, name)
  }

  #onEntry(directory: string, event: 'rename' | 'change', name: string | undefined): void {
    const { onWake } = this.#options
    this.#events += 1
    if (this.#events > BURST_EVENTS) this.#arrivals.clear()
    if (name === undefined || name.startsWith('..')) return onWake(undefined)
    if (isManifestName(name)) {
      const path = join(directory, name)
      if (this.#events <= BURST_EVENTS) this.#note(path, event)
      return onWake(path)
    }
    // What is renamed may be a folder of manifests; what is written to is not.
    if (event === 'rename' && !isIgnoredName(name)) onWake(undefined)
  }

  #note(path: string, event: 'rename' | 'change'): void {
    const arrival = this.#arrivals.get(path) ?? { renamed: false, written: false }
    if (event === 'rename') arrival.renamed = true
    else arrival.written = true
    this.#arrivals.set(path, arrival)
  }
}

/** Node's fs.watch. Only inotify tells a rename from a write, so elsewhere every event counts as both. */
export const systemWatch: WatchDirectory = (directory, { onEvent, onError }) => {
  const watcher: FSWatcher = watch(directory, (event, name) => {
    onEvent(event, name ?? undefined)
    if (event === 'rename' && process.platform !== 'linux') onEvent('change', name ?? undefined)
  })
  watcher.on('error', onError)
  return () => watcher.close()
}
