import { CliError } from '../errors.ts'

/** A place in a text that is being read; the parser's only state. */
export interface Cursor {
  readonly text: string
  at: number
}

export function peek(cursor: Cursor, expected: string): boolean {
  return cursor.text.startsWith(expected, cursor.at)
}

/** Steps over `expected` if it stands here. */
export function take(cursor: Cursor, expected: string): boolean {
  if (!peek(cursor, expected)) return false
  cursor.at += expected.length
  return true
}

export function expectText(cursor: Cursor, expected: string): void {
  if (!take(cursor, expected)) throw syntaxError(cursor, `"${expected}" is missing`)
}

/** The text that the sticky pattern matches here, stepping over it; undefined when it does not match. */
export function takePattern(cursor: Cursor, pattern: RegExp): string | undefined {
  const sticky = new RegExp(pattern.source, 'uy')
  sticky.lastIndex = cursor.at
  const [match] = sticky.exec(cursor.text) ?? []
  if (match === undefined) return undefined
  cursor.at += match.length
  return match
}

export function skipSpaces(cursor: Cursor): void {
  takePattern(cursor, /\s*/)
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' }

/** A text in single or double quotes; undefined when none starts here. */
export function takeQuoted(cursor: Cursor): string | undefined {
  const quoted = takePattern(cursor, /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/)
  return quoted
    ?.slice(1, -1)
    .replace(/\\(.)/gsu, (_, character: string) => ESCAPES[character] ?? character)
}

export function syntaxError(cursor: Cursor, problem: string): CliError {
  return new CliError(
    `error parsing jsonpath ${cursor.text}: ${problem} at character ${cursor.at + 1}`,
  )
}
