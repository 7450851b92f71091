import type { PathStep } from '../kinds/placeholder.ts'

/** Everything that can be wrong with a manifest; a code stands for one way out. */
export const PROBLEM_CODES = [
  'TooLarge',
  'TooManyDocuments',
  'TooManyValues',
  'TooManyAliases',
  'TooDeep',
  'InvalidEncoding',
  'InvalidCharacter',
  'InvalidYaml',
  'DuplicateKey',
  'ForbiddenKey',
  'UnsupportedKey',
  'UnsupportedTag',
  'UnsupportedNumber',
  'NotAnObject',
  'Kustomization',
  'UnknownApiVersion',
  'UnknownKind',
  'UnknownField',
  'WrongType',
  'Missing',
  'NotAllowed',
  'OutOfRange',
  'InvalidFormat',
  'Exclusive',
  'Duplicate',
  'InvalidSchedule',
  'InvalidTimezone',
  'InvalidSchema',
  'InvalidPatch',
  'InvalidHeartbeat',
  'InvalidParameter',
  'InvalidVariable',
  'InvalidPlaceholder',
  'InvalidTemplate',
  'UnknownReference',
] as const
export type ProblemCode = (typeof PROBLEM_CODES)[number]

/** Line and column, both from 1. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** Line and column of an offset in a text. */
export function positionIn(text: string, offset: number): Position {
  const before = text.slice(0, offset).split('\n')
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
}

/** Something wrong with one object, wherever it came from. `path` goes from the object down. */
export interface Issue {
  readonly code: ProblemCode
  readonly path: readonly PathStep[]
  /** The key itself is at fault, not its value. */
  readonly atKey?: true
  readonly message: string
  /** What to do, when it is not in the message. */
  readonly hint?: string
  /** Text is expected, and a number or a boolean was found. */
  readonly wantsText?: true
}

/** An issue with its place in a file. Plain data: it can be sent as JSON. */
export interface ManifestProblem extends Position {
  readonly code: ProblemCode
  readonly file: string
  /** `spec.template.env.NAME`, from the object down; empty for the object or the file as a whole. */
  readonly path: string
  readonly message: string
  readonly hint?: string
}

const PLAIN_KEY = /^[A-Za-z_$][\w-]*$/

/** `spec.schedules[0].cron`; keys that are no plain words stand in brackets. */
export function renderPath(path: readonly PathStep[]): string {
  return path
    .map((step, index) => {
      if (typeof step === 'number') return `[${step}]`
      if (!PLAIN_KEY.test(step)) return `[${JSON.stringify(step)}]`
      return index === 0 ? step : `.${step}`
    })
    .join('')
}

/** Longer lines are cut around the column. */
const MAX_EXCERPT_WIDTH = 100

/**
 * The problem as compilers print it: place, message, the line with a caret under the column, hint.
 * Without `text` (or where the line is not in it) only place, message and hint.
 */
export function renderProblem(problem: ManifestProblem, text = ''): string {
  const { file, line, column, path, message, hint } = problem
  const what = path === '' ? message : `${path}: ${message}`
  const lines = [`${file}:${line}:${column}: ${what}`, renderExcerpt(text, problem)]
  if (hint !== undefined) lines.push(`  hint: ${hint}`)
  return lines.filter((part) => part !== undefined).join('\n')
}

/** The line with a caret under the column; undefined where the line is not in the text, or blank. */
export function renderExcerpt(text: string, position: Position): string | undefined {
  const { line } = position
  const source = text.split('\n', line)[line - 1]?.replace(/\r$/, '')
  if (source === undefined || source.trim() === '') return undefined
  return excerpt(source, position).join('\n')
}

function excerpt(source: string, { line, column }: Position): readonly string[] {
  const start = Math.max(0, Math.min(column - 1, source.length) - Math.floor(MAX_EXCERPT_WIDTH / 2))
  const shown = source.slice(start, start + MAX_EXCERPT_WIDTH).replaceAll('\t', ' ')
  const gutter = String(line)
  const caret = ' '.repeat(Math.max(0, column - 1 - start))
  return [`  ${gutter} | ${shown}`, `  ${' '.repeat(gutter.length)} | ${caret}^`]
}
