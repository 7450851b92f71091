import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { CliError } from './errors.ts'
import { systemReason } from './system-error.ts'

/** Standard input. */
export const STDIN_PATH = '-'

/** Endings that a folder is searched for, as kubectl and `up` do: in lower case. */
const MANIFEST_FILE = /\.(?:ya?ml|json)$/

/** More files than this in one call are a mistaken path rather than manifests. */
const MAX_FILES = 100_000

/** The files that the values of `-f` mean, in order; folders are searched, with their own folders if `recursive`. */
export function expandPaths(paths: readonly string[], recursive: boolean): readonly string[] {
  return paths.flatMap((path) => {
    if (path === STDIN_PATH) return [path]
    if (/^https?:\/\//.test(path)) {
      throw new CliError(`-f takes files, folders and -, no URLs: curl ${path} | … -f -`)
    }
    return isDirectory(path) ? filesIn(path, recursive) : [path]
  })
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch (error) {
    throw new CliError(`the path "${path}" cannot be read: ${systemReason(error)}`, {
      cause: error,
    })
  }
}

/** Hidden files and folders are left out, as in a folder that `up` watches. */
function filesIn(directory: string, recursive: boolean): readonly string[] {
  const files: string[] = []
  const entries = readdirSync(directory, { withFileTypes: true })
    .filter(({ name }) => !name.startsWith('.'))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  for (const entry of entries) {
    const path = join(directory, entry.name)
    if (entry.isDirectory()) {
      if (recursive) files.push(...filesIn(path, recursive))
    } else if (MANIFEST_FILE.test(entry.name)) files.push(path)
    if (files.length > MAX_FILES)
      throw new CliError(`more than ${MAX_FILES} files under ${directory}`)
  }
  return files
}
