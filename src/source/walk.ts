import { errorCode } from '../lib/errors.ts'
import type { Slicer } from '../runtime/slicer.ts'
import { type DirectoryEntry, type FileStat, type Files, statKey } from './files.ts'
import { isIgnoredName, isManifestName, MAX_DEPTH, MAX_ENTRIES, MAX_FILES } from './path-rules.ts'
import type { SourceProblem } from './problem.ts'

/** A regular file that is named like a manifest: what matters of its stat, because there may be 100,000 of them. */
export interface FoundFile {
  /** Relative to the walked directory. */
  readonly path: string
  /** As statKey renders it. */
  readonly stat: string
  readonly sizeBytes: number
  /** Epoch milliseconds. */
  readonly modifiedMs: number
  /** Names that the inode has. */
  readonly links: number
}

export function foundFile(path: string, stat: FileStat): FoundFile {
  const { sizeBytes, links } = stat
  const modifiedMs = Number(stat.modifiedNs / 1_000_000n)
  return { path, stat: statKey(stat), sizeBytes, modifiedMs, links }
}

export interface Walk {
  readonly files: FoundFile[]
  /** Manifest names that are something else than regular files; their last good objects stay. */
  readonly others: string[]
  readonly problems: SourceProblem[]
  /** Every directory that was read, absolute, the root first. */
  readonly directories: string[]
  /** False: something may be there that was not seen, so nothing counts as absent. */
  complete: boolean
}

/** Something vanished or was replaced underneath: what was seen so far is of no single moment. */
export class DisturbedError extends Error {
  override readonly name = 'DisturbedError'
}

/** The folder is larger than any bound allows for a folder of manifests. */
export class FolderTooLargeError extends Error {
  override readonly name = 'FolderTooLargeError'
}

export interface WalkOptions {
  readonly files: Files
  readonly slicer: Slicer
  /** True: what vanishes is passed over and the walk counts as incomplete. False: it ends in DisturbedError. */
  readonly tolerant: boolean
}

interface Folder {
  readonly absolute: string
  /** Empty, or ends in a slash. */
  readonly prefix: string
  readonly depth: number
}

/** Answers of a file system that is being changed, or that answers wrongly just now. */
const DISTURBING = ['ENOENT', 'ENOTDIR', 'ESTALE', 'ELOOP', 'ENXIO', 'EIO', 'ESCAPED']
const FORBIDDING = ['EACCES', 'EPERM']

export function isDisturbing(error: unknown): boolean {
  return DISTURBING.includes(errorCode(error) ?? '')
}

export function isForbidding(error: unknown): boolean {
  return FORBIDDING.includes(errorCode(error) ?? '')
}

/** Looks at everything below `directory` without following a single link. Throws DisturbedError, FolderTooLargeError. */
export async function walkFolder(directory: string, options: WalkOptions): Promise<Walk> {
  const walk: Walk = { files: [], others: [], problems: [], directories: [], complete: true }
  const folders: Folder[] = [{ absolute: directory, prefix: '', depth: 0 }]
  const deeper = { ...options, folders }
  let entries = 0
  for (let folder = folders.pop(); folder; folder = folders.pop()) {
    walk.directories.push(folder.absolute)
    for (const batch of listSafely(folder, walk, options)) {
      entries += batch.length
      if (entries > MAX_ENTRIES) throw tooLarge(directory, MAX_ENTRIES, 'entries')
      for (const entry of batch) {
        visit(entry, folder, walk, deeper)
        const pause = options.slicer.pause()
        if (pause) await pause
      }
    }
    if (walk.files.length > MAX_FILES) throw tooLarge(directory, MAX_FILES, 'manifests')
  }
  return walk
}

function* listSafely(
  folder: Folder,
  walk: Walk,
  options: WalkOptions,
): Generator<readonly DirectoryEntry[]> {
  try {
    yield* options.files.list(folder.absolute)
  } catch (error) {
    if (!isForbidding(error)) handleDisturbance(error, walk, options)
    else {
      walk.complete = false
      walk.problems.push({
        code: 'Unreadable',
        file: folder.prefix.slice(0, -1),
        message:
          'this folder may not be read, so its objects stay as they are and nothing is pruned',
        hint: 'give the user that Capstan runs as read and search permission',
      })
    }
  }
}

function visit(
  entry: DirectoryEntry,
  folder: Folder,
  walk: Walk,
  options: WalkOptions & { readonly folders: Folder[] },
): void {
  if (isIgnoredName(entry.name)) return
  // One flat string, as in statKey.
  const path = [folder.prefix, entry.name].join('')
  const absolute = `${folder.absolute}/${entry.name}`
  if (entry.type === 'Directory') {
    enter({ absolute, prefix: `${path}/`, depth: folder.depth + 1 }, walk, options.folders)
    return
  }
  if (!isManifestName(entry.name)) return
  if (entry.type !== 'File') {
    walk.others.push(path)
    walk.problems.push(notRegular(path, entry.type))
    return
  }
  lookAt(path, absolute, walk, options)
}

function lookAt(path: string, absolute: string, walk: Walk, options: WalkOptions): void {
  try {
    const stat = options.files.lstat(absolute)
    if (stat.type === 'File') walk.files.push(foundFile(path, stat))
    else handleReplaced(path, walk, options)
  } catch (error) {
    if (!isForbidding(error)) handleDisturbance(error, walk, options)
    else {
      walk.others.push(path)
      walk.problems.push(unreadable(path))
    }
  }
}

function handleReplaced(path: string, walk: Walk, options: WalkOptions): void {
  if (!options.tolerant) throw new DisturbedError(`${path} was replaced while it was looked at.`)
  walk.complete = false
}

function enter(folder: Folder, walk: Walk, folders: Folder[]): void {
  if (folder.depth <= MAX_DEPTH) {
    folders.push(folder)
    return
  }
  walk.complete = false
  walk.problems.push({
    code: 'FolderTooDeep',
    file: folder.prefix.slice(0, -1),
    message: `this folder is more than ${MAX_DEPTH} levels deep and is not looked into`,
    hint: 'move its manifests up',
  })
}

function handleDisturbance(error: unknown, walk: Walk, options: WalkOptions): void {
  if (!isDisturbing(error)) throw error
  if (!options.tolerant)
    throw new DisturbedError('The folder changed while it was read.', { cause: error })
  walk.complete = false
}

export function unreadable(file: string): SourceProblem {
  return {
    code: 'Unreadable',
    file,
    message: 'this file may not be read, so its objects stay as they are',
    hint: 'give the user that Capstan runs as read permission',
  }
}

function notRegular(file: string, type: DirectoryEntry['type']): SourceProblem {
  if (type === 'Link') {
    return {
      code: 'SymbolicLink',
      file,
      message: 'a symbolic link is not followed',
      hint: 'put the file itself here, or make the whole folder a link',
    }
  }
  return {
    code: 'NotRegular',
    file,
    message: 'this is a FIFO, a socket or a device, which is not read',
    hint: 'put a regular file here',
  }
}

function tooLarge(directory: string, limit: number, what: string): FolderTooLargeError {
  return new FolderTooLargeError(
    `${directory} has more than ${limit} ${what}, so nothing is read: is this the right folder?`,
  )
}
