import { basename, dirname, join } from 'node:path'
import type {
  DirectoryEntry,
  FileContent,
  FileStat,
  Files,
  FileType,
} from '../../src/source/files.ts'
import type { WatchDirectory } from '../../src/source/watch.ts'
import type { FakeClock } from './fake-clock.ts'

interface Inode {
  readonly number: number
  readonly type: FileType
  bytes: Uint8Array
  target: string
  readonly entries: Map<string, Inode>
  modifiedMs: number
  changedMs: number
}

type Listeners = Parameters<WatchDirectory>[1]

/** How long an event is under way to those who watch. */
const EVENT_DELAY_MS = 1

/**
 * A file system in memory whose time is a FakeClock's: directories, files, links, renames, and events as
 * inotify gives them. Paths are absolute. `beforeCall` may change the tree in the middle of a walk.
 */
export class MemoryFiles implements Files {
  readonly #clock: FakeClock
  readonly #root: Inode
  readonly #watchers = new Map<Inode, Set<Listeners>>()
  #inodes = 0
  /** Called before each lstat, list, readlink and read, with the operation and its path. */
  beforeCall: (operation: string, path: string) => void = () => {}

  constructor(clock: FakeClock) {
    this.#clock = clock
    this.#root = this.#inode('Directory')
  }

  async realpath(path: string): Promise<string> {
    this.beforeCall('realpath', path)
    return this.#resolve(path, true).path
  }

  readlink(path: string): string {
    this.beforeCall('readlink', path)
    return this.#resolve(path, false).inode.target
  }

  lstat(path: string): FileStat {
    this.beforeCall('lstat', path)
    return toStat(this.#resolve(path, false).inode)
  }

  *list(directory: string): Generator<readonly DirectoryEntry[]> {
    this.beforeCall('list', directory)
    const { inode } = this.#resolve(directory, true)
    if (inode.type !== 'Directory') throw fileError('ENOTDIR', directory)
    yield [...inode.entries].map(([name, entry]) => ({ name, type: entry.type }))
  }

  read(path: string, limitBytes: number): FileContent {
    this.beforeCall('read', path)
    const { inode } = this.#resolve(path, false)
    if (inode.type === 'Link') throw fileError('ELOOP', path)
    return { bytes: inode.bytes.slice(0, limitBytes), stat: toStat(inode) }
  }

  readonly watch: WatchDirectory = (directory, listeners) => {
    const { inode } = this.#resolve(directory, true)
    const watchers = this.#watchers.get(inode) ?? new Set()
    this.#watchers.set(inode, watchers.add(listeners))
    return () => watchers.delete(listeners)
  }

  /** Makes a directory and those above it. */
  mkdir(path: string): void {
    if (path === '/' || this.exists(path)) return
    this.mkdir(dirname(path))
    this.#link(path, this.#inode('Directory'))
  }

  /** Writes in place, as `>` does: truncates or creates, then writes. */
  write(path: string, text: string): void {
    if (!this.exists(path)) this.#link(path, this.#inode('File'))
    else if (this.#resolve(path, true).inode.bytes.length > 0) this.#store(path, '')
    if (text !== '') this.#store(path, text)
  }

  /** Writes to a temporary name, then renames. */
  replace(path: string, text: string): void {
    const temporary = join(dirname(path), `.${basename(path)}.tmp`)
    this.write(temporary, text)
    this.rename(temporary, path)
  }

  append(path: string, text: string): void {
    const { inode } = this.#resolve(path, true)
    this.#store(path, `${Buffer.from(inode.bytes).toString()}${text}`)
  }

  rename(from: string, to: string): void {
    const { inode } = this.#resolve(from, false)
    this.#unlink(from)
    inode.changedMs = this.#clock.nowMs()
    this.#link(to, inode)
  }

  symlink(target: string, path: string): void {
    const inode = this.#inode('Link')
    inode.target = target
    this.#link(path, inode)
  }

  /** Points a link elsewhere, as one step. */
  flip(path: string, target: string): void {
    this.symlink(target, `${path}.new`)
    this.rename(`${path}.new`, path)
  }

  /** A FIFO, socket or device. */
  special(path: string): void {
    this.#link(path, this.#inode('Other'))
  }

  /** Removes a file or a whole directory. */
  remove(path: string): void {
    this.#unlink(path)
  }

  exists(path: string): boolean {
    try {
      this.#resolve(path, false)
      return true
    } catch {
      return false
    }
  }

  #inode(type: FileType): Inode {
    const nowMs = this.#clock.nowMs()
    const times = { modifiedMs: nowMs, changedMs: nowMs }
    this.#inodes += 1
    const content = { bytes: new Uint8Array(), target: '', entries: new Map<string, Inode>() }
    return { number: this.#inodes, type, ...content, ...times }
  }

  #resolve(path: string, follow: boolean): { readonly path: string; readonly inode: Inode } {
    let inode = this.#root
    let real = ''
    const names = path.split('/').filter(Boolean)
    for (const [index, name] of names.entries()) {
      const entry = inode.entries.get(name)
      if (!entry) throw fileError('ENOENT', path)
      const isLast = index === names.length - 1
      if (entry.type === 'Link' && (follow || !isLast)) {
        const target = join(entry.target.startsWith('/') ? '' : real, '/', entry.target)
        return this.#resolve(join(target, ...names.slice(index + 1)), follow)
      }
      inode = entry
      real = `${real}/${name}`
    }
    return { path: real || '/', inode }
  }

  #parent(path: string): Inode {
    return this.#resolve(dirname(path), true).inode
  }

  #link(path: string, inode: Inode): void {
    const parent = this.#parent(path)
    parent.entries.set(basename(path), inode)
    this.#emit(parent, 'rename', basename(path))
  }

  #unlink(path: string): void {
    const parent = this.#parent(path)
    const inode = parent.entries.get(basename(path))
    if (!inode) throw fileError('ENOENT', path)
    parent.entries.delete(basename(path))
    this.#emit(parent, 'rename', basename(path))
    this.#emit(inode, 'rename', basename(path))
  }

  #store(path: string, text: string): void {
    const { inode } = this.#resolve(path, true)
    inode.bytes = Buffer.from(text)
    inode.modifiedMs = this.#clock.nowMs()
    inode.changedMs = inode.modifiedMs
    this.#emit(this.#parent(path), 'change', basename(path))
  }

  #emit(directory: Inode, event: 'rename' | 'change', name: string): void {
    const watching = [...(this.#watchers.get(directory) ?? [])]
    this.#clock.after(EVENT_DELAY_MS, () => {
      const still = this.#watchers.get(directory)
      for (const listeners of watching) if (still?.has(listeners)) listeners.onEvent(event, name)
    })
  }
}

function toStat(inode: Inode): FileStat {
  return {
    type: inode.type,
    identity: `1:${inode.number}`,
    sizeBytes: inode.bytes.length,
    modifiedNs: BigInt(inode.modifiedMs) * 1_000_000n,
    changedNs: BigInt(inode.changedMs) * 1_000_000n,
    links: 1,
  }
}

export function fileError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code })
}
