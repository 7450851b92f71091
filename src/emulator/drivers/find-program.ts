import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, isAbsolute, join, resolve } from 'node:path'

export type ProgramSearch =
  | { readonly type: 'Found'; readonly path: string }
  /** `problem` is worded as a container runtime words it. */
  | { readonly type: 'NotFound'; readonly problem: string }

/** Finds what `name` would run: a path, or a name on `searchPath`. */
export function findProgram(
  name: string,
  searchPath: string,
  workingDirectory: string,
): ProgramSearch {
  if (name.includes('/')) {
    const path = isAbsolute(name) ? name : resolve(workingDirectory, name)
    const problem = fileProblem(path)
    return problem === undefined
      ? { type: 'Found', path }
      : { type: 'NotFound', problem: `exec: "${name}": ${problem}: unknown` }
  }
  for (const directory of searchPath.split(delimiter)) {
    const path = join(directory, name)
    if (directory !== '' && fileProblem(path) === undefined) return { type: 'Found', path }
  }
  return {
    type: 'NotFound',
    problem: `exec: "${name}": executable file not found in $PATH: unknown`,
  }
}

function fileProblem(path: string): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (!stat) return `stat ${path}: no such file or directory`
  if (!stat.isFile()) return 'is a directory'
  try {
    accessSync(path, constants.X_OK)
    return undefined
  } catch {
    return 'permission denied'
  }
}
