import { dirname, resolve } from 'node:path'
import { errorCode } from '../lib/errors.ts'
import type { Files } from './files.ts'

/**
 * Git holds `index.lock` while it writes a work tree, which is the one sign that a checkout in place is
 * under way: until it is done, files are missing and half-written in any order.
 */

/** Parents searched for `.git`; deeper folders are read without this check. */
const MAX_PARENTS = 64

/** `.git` of a linked work tree is a file of one line. */
const MAX_POINTER_BYTES = 4_096

const POINTER = /^gitdir: (.+)\n?$/

/** The lock file that git holds now for the work tree that `directory` is in; undefined when there is none. */
export function findGitLock(files: Files, directory: string): string | undefined {
  const gitDirectory = findGitDirectory(files, directory)
  if (gitDirectory === undefined) return undefined
  const lock = `${gitDirectory}/index.lock`
  return typeAt(files, lock) === 'File' ? lock : undefined
}

function findGitDirectory(files: Files, directory: string): string | undefined {
  let current = directory
  for (let parents = 0; parents < MAX_PARENTS; parents += 1) {
    const candidate = `${current === '/' ? '' : current}/.git`
    const type = typeAt(files, candidate)
    if (type === 'Directory') return candidate
    if (type === 'File') return readPointer(files, candidate)
    if (dirname(current) === current) return undefined
    current = dirname(current)
  }
  return undefined
}

function readPointer(files: Files, path: string): string | undefined {
  try {
    const { bytes } = files.read(path, MAX_POINTER_BYTES)
    const target = POINTER.exec(new TextDecoder().decode(bytes))?.[1]
    return target === undefined ? undefined : resolve(dirname(path), target)
  } catch (error) {
    if (errorCode(error) === undefined) throw error
    return undefined
  }
}

function typeAt(files: Files, path: string) {
  try {
    return files.lstat(path).type
  } catch (error) {
    if (errorCode(error) === undefined) throw error
    return undefined
  }
}
