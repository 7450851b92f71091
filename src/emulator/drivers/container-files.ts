import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ProcessIdentity, parseIdentity } from './process-identity.ts'

/**
 * What one container leaves on disk, so that it outlives the process that started it:
 * `process` (who it is, written by itself), `output` (stdout and stderr), `read` (how far that was
 * read), `exit` (its exit code).
 */
export interface ContainerFiles {
  readonly directory: string
  readonly output: string
  readonly read: string
}

/** The directory of a task; it exists once the task has begun to start containers. */
export function taskDirectory(root: string, taskId: string): string {
  return join(root, taskId)
}

export function hasBegun(root: string, taskId: string): boolean {
  return existsSync(taskDirectory(root, taskId))
}

export function containerFiles(root: string, taskId: string, container: string): ContainerFiles {
  const directory = join(taskDirectory(root, taskId), container)
  return { directory, output: join(directory, 'output'), read: join(directory, 'read') }
}

export function createTaskDirectory(root: string, taskId: string): void {
  mkdirSync(taskDirectory(root, taskId), { recursive: true, mode: 0o700 })
}

export function createContainerDirectory(files: ContainerFiles): void {
  mkdirSync(files.directory, { recursive: true, mode: 0o700 })
}

export function removeTaskDirectory(root: string, taskId: string): void {
  rmSync(taskDirectory(root, taskId), { recursive: true, force: true })
}

export interface ExitRecord {
  readonly exitCode: number
  readonly atMs: number
}

/** The exit code that was left; undefined while there is none (an empty file is being written). */
export function readExit({ directory }: ContainerFiles): ExitRecord | undefined {
  const path = join(directory, 'exit')
  const text = readIfThere(path)
  if (text === undefined || !/^\d+\n$/.test(text)) return undefined
  return { exitCode: Number(text), atMs: Math.floor(statSync(path).mtimeMs) }
}

export function writeExit({ directory }: ContainerFiles, exitCode: number): void {
  writeFileSync(join(directory, 'exit'), `${exitCode}\n`)
}

export function readProcess({ directory }: ContainerFiles): ProcessIdentity | undefined {
  const text = readIfThere(join(directory, 'process'))
  return text === undefined ? undefined : parseIdentity(text)
}

export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
