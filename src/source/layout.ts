import { basename, dirname, join } from 'node:path'
import { errorCode, errorMessage } from '../lib/errors.ts'
import type { Files } from './files.ts'

/**
 * How a folder changes:
 *   Directory  file by file
 *   Link       the root, or a folder above it, is a link that flips to another directory (git-sync):
 *              whole revisions
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
  /** The link that flips, absolute: the root itself, or a link above it. */
  readonly turn: string
  /** The commit that git-sync says the link leads to. */
  readonly commit?: string
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
  const link = files.lstat(path).type === 'Link' ? path : await linkAbove(files, path)
  const real = await files.realpath(path)
  const holder = files.lstat(link === undefined ? real : await files.realpath(dirname(link)))
  const data = await configMapData(files, real)
  const layout = data === undefined ? (link === undefined ? 'Directory' : 'Link') : 'ConfigMap'
  const commit = layout === 'Link' ? await commitBehind(files, link ?? path) : undefined
  const directory = data ?? real
  const stat = files.lstat(directory)
  if (stat.type !== 'Directory') {
    throw new RootError(`${path} is not a folder: give the folder that holds the manifests`)
  }
  const identity = `${layout}:${holder.identity}`
  return {
    path,
    layout,
    directory,
    turn: link ?? path,
    ...(commit !== undefined && { commit }),
    identity,
    fingerprint: `${identity}:${directory}:${stat.identity}`,
  }
}

/**
 * The nearest folder above the root that is a link to a place beside it, as `current -> releases/7` is:
 * such a link flips. One that leads elsewhere (`/var/run`, `/home`) is a matter of the machine.
 */
async function linkAbove(files: Files, path: string): Promise<string | undefined> {
  for (let folder = dirname(path); dirname(folder) !== folder; folder = dirname(folder)) {
    if (files.lstat(folder).type !== 'Link') continue
    const holder = await files.realpath(dirname(folder))
    const target = await files.realpath(folder)
    if (holder !== dirname(holder) && target.startsWith(`${holder}/`)) return folder
  }
  return undefined
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

async function commitBehind(files: Files, link: string): Promise<string | undefined> {
  const leaf = basename(await files.realpath(link))
  return GIT_HASH.test(leaf) ? leaf : undefined
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
