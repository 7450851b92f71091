import { basename, dirname, join } from 'node:path'
import { errorMessage } from '../lib/errors.ts'
import { errorCode, type Files } from './files.ts'

/**
 * How a folder changes:
 *   Directory  file by file
 *   Link       the root is a link that flips to another directory (git-sync): whole revisions
 *   ConfigMap  the files stand behind `..data`, a link that flips (kubelet): whole revisions
 */
export type Layout = 'Directory' | 'Link' | 'ConfigMap'

/** Where a root led when it was resolved. */
export interface Root {
  /** Absolute, as configured. */
  readonly path: string
  readonly layout: Layout
  /** The real directory that is walked. */
  readonly directory: string
  /** Equal as long as it is the same place: the folder itself, or the folder that holds the link. */
  readonly identity: string
  /** Equal for two resolutions means that nothing flipped and nothing was replaced in between. */
  readonly fingerprint: string
}

/** The root cannot be looked into at all. The message is one sentence that names the way out. */
export class RootError extends Error {
  override readonly name = 'RootError'
}

/** Follows the root's links once. Throws RootError. */
export async function resolveRoot(files: Files, path: string): Promise<Root> {
  try {
    return await follow(files, path)
  } catch (error) {
    if (error instanceof RootError) throw error
    throw new RootError(rootSentence(path, error), { cause: error })
  }
}

async function follow(files: Files, path: string): Promise<Root> {
  const linked = files.lstat(path).type === 'Link'
  const real = await files.realpath(path)
  const holder = files.lstat(linked ? dirname(path) : real)
  const data = await configMapData(files, real)
  const layout = data === undefined ? (linked ? 'Link' : 'Directory') : 'ConfigMap'
  const directory = data ?? real
  const stat = files.lstat(directory)
  if (stat.type !== 'Directory') {
    throw new RootError(`${path} is not a folder: give the folder that holds the manifests`)
  }
  return {
    path,
    layout,
    directory,
    identity: `${layout}:${holder.identity}`,
    fingerprint: `${layout}:${directory}:${stat.identity}`,
  }
}

/** The directory that `..data` leads to; undefined when the folder is no ConfigMap volume. */
async function configMapData(files: Files, real: string): Promise<string | undefined> {
  const link = join(real, '..data')
  try {
    if (files.lstat(link).type !== 'Link') return undefined
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '')) return undefined
    throw error
  }
  const target = await files.realpath(link)
  if (dirname(target) === real) return target
  throw new RootError(
    `${link} leads out of its folder to ${target}, so nothing is read: point it at a folder beside it`,
  )
}

/** Plain folders change file by file; the others only as a whole. */
export function isAtomic(layout: Layout): boolean {
  return layout !== 'Directory'
}

const GIT_HASH = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/

/** The commit that git-sync says the link leads to; undefined for every other folder. */
export function commitOf(root: Root): string | undefined {
  const leaf = basename(root.directory)
  return root.layout === 'Link' && GIT_HASH.test(leaf) ? leaf : undefined
}

function rootSentence(path: string, error: unknown): string {
  const code = errorCode(error)
  if (code === 'ENOENT') {
    return `${path} does not exist: create the folder, or check the mount; until then everything stays as it is`
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return `${path} may not be read by the user that Capstan runs as: give it read and search permission`
  }
  return `${path} cannot be read: ${errorMessage(error)}`
}
