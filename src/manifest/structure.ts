import { Lexer } from 'yaml'
import type { ProblemCode } from './problem.ts'

/** Sizes that a file may have; all are far above what people write, and keep hostile files cheap. */
export const LIMITS = {
  /** A Run takes about 1 kB. */
  bytes: 256 * 1024,
  documents: 100,
  /** The parser's cost for empty lines and comments is not linear. */
  lines: 20_000,
  /** Levels of nesting; composing recurses, so this also keeps the stack safe. */
  depth: 100,
  /** Scalars, maps and lists in all documents of a file together, aliases expanded. */
  values: 10_000,
  /** Aliases in a file; enough for a few shared blocks, too few for a bomb. */
  aliases: 16,
  /** Tags, anchors, aliases, directives and brackets without a partner; each may cost the parser an error. */
  oddities: 200,
} as const

export interface StructureProblem {
  readonly code: ProblemCode
  /** Offset in the text. */
  readonly offset: number
  readonly message: string
}

/**
 * Refuses a text that would be expensive to compose, before anything is composed. What passes may
 * still be up to twice as deep as allowed (a list may stand in its key's column); composing is safe by
 * then, and counts exactly.
 */
export function checkStructure(text: string): StructureProblem | undefined {
  if (text.length > LIMITS.bytes) {
    const message = `the file is larger than ${LIMITS.bytes / 1024} kB`
    return { code: 'TooLarge', offset: 0, message }
  }
  return (
    checkCount(text, /\n/g, 'lines') ??
    checkCount(text, /^(?:---|\.\.\.)/gm, 'documents') ??
    (isSurelySmall(text) ? undefined : checkTokens(text))
  )
}

function checkCount(
  text: string,
  pattern: RegExp,
  what: 'lines' | 'documents',
): StructureProblem | undefined {
  let count = 0
  for (const { index } of text.matchAll(pattern)) {
    count += 1
    if (count <= LIMITS[what]) continue
    const code = what === 'documents' ? 'TooManyDocuments' : 'TooLarge'
    return { code, offset: index, message: `more than ${LIMITS[what]} ${what} in one file` }
  }
  return undefined
}

/**
 * True when punctuation alone shows that no limit can be reached, which it does for nearly every real
 * file: a value needs an indicator or a line, a level needs an opening bracket or a column.
 */
function isSurelySmall(text: string): boolean {
  const half = LIMITS.depth / 2
  return (
    countOf(text, /[-?:,\n[{"']/g) < LIMITS.values &&
    countOf(text, /[[{]/g) <= half &&
    countOf(text, /[\]}!&*%]/g) <= LIMITS.oddities &&
    !new RegExp(`^[ ?:-]{${half}}`, 'm').test(text)
  )
}

function countOf(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0
}

/** What the lexer puts before the text of a scalar, and at the start of a document: not part of the text. */
const SCALAR_MARK = '\u001F'
const DOCUMENT_MARK = '\u0002'
const FLOW_ERROR_MARK = '\u0018'

interface Scan {
  offset: number
  column: number
  values: number
  oddities: number
  flowDepth: number
  /** Nothing but indentation and indicators so far in this line. */
  atLineStart: boolean
  /** Columns in which block collections are open, ascending. */
  columns: number[]
}

function checkTokens(text: string): StructureProblem | undefined {
  const scan: Scan = {
    offset: 0,
    column: 0,
    values: 0,
    oddities: 0,
    flowDepth: 0,
    atLineStart: true,
    columns: [],
  }
  let scalarNext = false
  for (const token of new Lexer().lex(text)) {
    if (token === SCALAR_MARK) scalarNext = true
    else if (token === DOCUMENT_MARK || token === FLOW_ERROR_MARK) scan.columns = []
    else {
      takeToken(scan, token, scalarNext)
      scalarNext = false
    }
    const excess = excessOf(scan)
    if (excess) return { ...excess, offset: scan.offset }
  }
  return undefined
}

function excessOf({
  values,
  oddities,
  columns,
  flowDepth,
}: Scan): Omit<StructureProblem, 'offset'> | undefined {
  if (values > LIMITS.values) {
    return { code: 'TooManyValues', message: `more than ${LIMITS.values} values in one file` }
  }
  if (Math.max(0, columns.length - 1) + flowDepth > LIMITS.depth) {
    return { code: 'TooDeep', message: `nested deeper than ${LIMITS.depth} levels` }
  }
  if (oddities <= LIMITS.oddities) return undefined
  const message = `more than ${LIMITS.oddities} tags, anchors, aliases, directives or stray brackets in one file`
  return { code: 'InvalidYaml', message }
}

function takeToken(scan: Scan, token: string, isScalar: boolean): void {
  if (isScalar || /^["']/.test(token)) takeContent(scan)
  else takeIndicator(scan, token)
  scan.offset += token.length
  scan.column += token.length
  if (token.endsWith('\n')) {
    scan.column = 0
    scan.atLineStart = true
  }
}

function takeContent(scan: Scan): void {
  scan.values += 1
  openColumn(scan)
  scan.atLineStart = false
}

function takeIndicator(scan: Scan, token: string): void {
  if (token === '[' || token === '{') {
    takeContent(scan)
    scan.flowDepth += 1
  } else if (token === ']' || token === '}') {
    if (scan.flowDepth === 0) scan.oddities += 1
    else scan.flowDepth -= 1
  } else if (/^[!&*%]/.test(token)) {
    scan.oddities += 1
  } else if (token === '-' || token === '?') {
    openColumn(scan)
  }
}

/** What starts a line, or follows nothing but indicators in it, opens a collection in its column. */
function openColumn({ columns, column, flowDepth, atLineStart }: Scan): void {
  if (flowDepth > 0 || !atLineStart) return
  while ((columns.at(-1) ?? -1) > column) columns.pop()
  if (columns.at(-1) !== column) columns.push(column)
}
