import type { Json, JsonObject } from '../lib/json.ts'
import { PROBLEM_CODES, type ProblemCode } from '../manifest/problem.ts'

/** What can be wrong with a folder beside what its manifests say. */
export const FOLDER_PROBLEM_CODES = [
  'SymbolicLink',
  'NotRegular',
  'Unreadable',
  'FileTooLarge',
  'FolderTooDeep',
  /** Another file or folder has the same object. */
  'Claimed',
  /** An object of that name was made by someone else. */
  'NameTaken',
  /** The content changed, and the manifest says that it must not. */
  'ChangeRejected',
  'NamespaceTerminating',
  'PruneHeld',
  /** The folder as a whole cannot be read, or not be trusted now. */
  'Folder',
] as const
export type FolderProblemCode = (typeof FOLDER_PROBLEM_CODES)[number]

/** One thing that keeps a file, or the folder, from being applied. Values of env never stand in it. */
export interface SourceProblem {
  readonly code: FolderProblemCode | ProblemCode
  /** Relative to the root, with forward slashes; empty for the folder itself. */
  readonly file: string
  /** From 1, when the place is known. */
  readonly line?: number
  readonly column?: number
  /** `spec.template.env.NAME`; empty or absent for the object or the file as a whole. */
  readonly path?: string
  readonly message: string
  readonly hint?: string
  /** The line with a caret under the column, where it may be shown. */
  readonly excerpt?: string
}

/** `/srv/manifests/hello.yaml:3:5`: a place that editors and terminals open. */
export function renderPlace(
  root: string,
  { file, line, column }: Pick<SourceProblem, 'file' | 'line' | 'column'>,
): string {
  const place = file === '' ? root : `${root}/${file}`
  return [place, line, column].filter((part) => part !== undefined).join(':')
}

/** Place, message, excerpt and hint, laid out as the manifest layer does. */
export function renderSourceProblem(root: string, problem: SourceProblem): string {
  const { path = '', message, excerpt, hint } = problem
  const what = path === '' ? message : `${path}: ${message}`
  const lines = [`${renderPlace(root, problem)}: ${what}`, excerpt, hint && `  hint: ${hint}`]
  return lines.filter((line) => line !== undefined).join('\n')
}

/** For the store. */
export function problemToJson(problem: SourceProblem): JsonObject {
  return { ...problem }
}

const CODES: readonly string[] = [...FOLDER_PROBLEM_CODES, ...PROBLEM_CODES]

/** From the store. A row of another version that makes no sense is undefined: the file is read again then. */
export function parseProblem(row: JsonObject): SourceProblem | undefined {
  const { code, file, message } = row
  if (!isCode(code) || typeof file !== 'string' || typeof message !== 'string') return undefined
  return {
    code,
    file,
    message,
    ...(typeof row['line'] === 'number' && { line: row['line'] }),
    ...(typeof row['column'] === 'number' && { column: row['column'] }),
    ...(typeof row['path'] === 'string' && { path: row['path'] }),
    ...(typeof row['hint'] === 'string' && { hint: row['hint'] }),
    ...(typeof row['excerpt'] === 'string' && { excerpt: row['excerpt'] }),
  }
}

function isCode(value: Json | undefined): value is SourceProblem['code'] {
  return typeof value === 'string' && CODES.includes(value)
}
