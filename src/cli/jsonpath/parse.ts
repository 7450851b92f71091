import {
  type Cursor,
  expectText,
  peek,
  skipSpaces,
  syntaxError,
  take,
  takePattern,
  takeQuoted,
} from './cursor.ts'
import { OPERATORS, type Operand, type Path, type Step, type TemplateNode } from './syntax.ts'

/** Deepest nesting of `range` and of filters, far beyond what anybody types. */
const MAX_DEPTH = 20

/** A template such as `{range .items[*]}{.metadata.name}{"\n"}{end}`. Throws CliError with the place. */
export function parseTemplate(text: string): readonly TemplateNode[] {
  const cursor: Cursor = { text, at: 0 }
  const nodes = parseNodes(cursor, 0)
  if (cursor.at < text.length) throw syntaxError(cursor, '"{end}" without "{range}"')
  return nodes
}

/** One path, with or without braces and leading dot: `{.metadata.name}`, `.metadata.name`, `metadata.name`. */
export function parsePath(text: string): Path {
  const inner = /^\{(.*)\}$/s.exec(text)?.[1] ?? text
  const cursor: Cursor = { text: /^[.[$@]/.test(inner) ? inner : `.${inner}`, at: 0 }
  const path = takePath(cursor, 0)
  skipSpaces(cursor)
  if (cursor.at < cursor.text.length) throw syntaxError(cursor, 'unexpected text')
  return path
}

function parseNodes(cursor: Cursor, depth: number): readonly TemplateNode[] {
  if (depth > MAX_DEPTH) throw syntaxError(cursor, 'nested too deep')
  const nodes: TemplateNode[] = []
  while (cursor.at < cursor.text.length) {
    const text = takePattern(cursor, /[^{]+/)
    if (text !== undefined) nodes.push({ type: 'Text', text })
    else if (takePattern(cursor, /\{\s*end\s*\}/) !== undefined) {
      if (depth > 0) return nodes
      throw syntaxError(cursor, '"{end}" without "{range}"')
    } else nodes.push(parseBraces(cursor, depth))
  }
  if (depth > 0) throw syntaxError(cursor, '"{end}" is missing')
  return nodes
}

function parseBraces(cursor: Cursor, depth: number): TemplateNode {
  expectText(cursor, '{')
  skipSpaces(cursor)
  const isRange = takePattern(cursor, /range\s+/) !== undefined
  const quoted = isRange ? undefined : takeQuoted(cursor)
  const path = quoted === undefined ? takePath(cursor, depth) : undefined
  skipSpaces(cursor)
  expectText(cursor, '}')
  if (path === undefined) return { type: 'Text', text: quoted ?? '' }
  if (!isRange) return { type: 'Values', path }
  return { type: 'Range', path, body: parseNodes(cursor, depth + 1) }
}

function takePath(cursor: Cursor, depth: number): Path {
  if (depth > MAX_DEPTH) throw syntaxError(cursor, 'nested too deep')
  const isRoot = take(cursor, '$')
  const isCurrent = !isRoot && take(cursor, '@')
  const steps: Step[] = []
  for (let step = takeStep(cursor, depth); step; step = takeStep(cursor, depth)) steps.push(...step)
  if (steps.length === 0 && !isRoot && !isCurrent && !take(cursor, '.')) {
    throw syntaxError(cursor, 'a path such as .metadata.name is missing')
  }
  return { from: isRoot ? 'Root' : 'Current', steps }
}

const FIELD_NAME = /(?:[^\s.[\]{}()'"=<>!,\\]|\\.)+/

function takeStep(cursor: Cursor, depth: number): readonly Step[] | undefined {
  if (peek(cursor, '[')) return [takeBrackets(cursor, depth)]
  const isDescent = take(cursor, '..')
  if (!isDescent && !take(cursor, '.')) return undefined
  const before: readonly Step[] = isDescent ? [{ type: 'Descend' }] : []
  if (peek(cursor, '[')) return before
  const name = takePattern(cursor, FIELD_NAME)
  if (name === '*') return [...before, { type: 'Wildcard' }]
  if (name !== undefined) return [...before, { type: 'Field', name: name.replace(/\\(.)/g, '$1') }]
  return isDescent ? before : []
}

const SLICE = /(-?\d+)?:(-?\d+)?(?::(-?\d+)?)?/

function takeBrackets(cursor: Cursor, depth: number): Step {
  expectText(cursor, '[')
  skipSpaces(cursor)
  const step = takeBracketContent(cursor, depth)
  skipSpaces(cursor)
  expectText(cursor, ']')
  return step
}

function takeBracketContent(cursor: Cursor, depth: number): Step {
  if (take(cursor, '*')) return { type: 'Wildcard' }
  if (take(cursor, '?(')) return takeFilter(cursor, depth)
  const slice = takePattern(cursor, SLICE)
  if (slice !== undefined) {
    const [start, end, stride] = slice
      .split(':')
      .map((part) => (part === '' ? undefined : Number(part)))
    return { type: 'Slice', start, end, stride }
  }
  const members = [takeMember(cursor)]
  while (takePattern(cursor, /\s*,\s*/) !== undefined) members.push(takeMember(cursor))
  return { type: 'Union', members }
}

function takeMember(cursor: Cursor): string | number {
  const quoted = takeQuoted(cursor)
  if (quoted !== undefined) return quoted
  const index = takePattern(cursor, /-?\d+(?=\s*[\],])/)
  if (index !== undefined) return Number(index)
  const name = takePattern(cursor, /[A-Za-z_][\w-]*/)
  if (name === undefined) throw syntaxError(cursor, 'an index, a name or a filter is missing')
  return name
}

function takeFilter(cursor: Cursor, depth: number): Step {
  const left = takeOperand(cursor, depth)
  skipSpaces(cursor)
  const operator = OPERATORS.find((candidate) => take(cursor, candidate))
  const right = operator ? takeOperand(cursor, depth) : undefined
  skipSpaces(cursor)
  expectText(cursor, ')')
  const comparison = operator && right ? { comparison: { operator, right } } : {}
  return { type: 'Filter', condition: { left, ...comparison } }
}

function takeOperand(cursor: Cursor, depth: number): Operand {
  skipSpaces(cursor)
  const quoted = takeQuoted(cursor)
  if (quoted !== undefined) return { type: 'Literal', value: quoted }
  const number = takePattern(cursor, /-?\d+(?:\.\d+)?/)
  if (number !== undefined) return { type: 'Literal', value: Number(number) }
  const word = takePattern(cursor, /true|false/)
  if (word !== undefined) return { type: 'Literal', value: word === 'true' }
  return { type: 'Path', path: takePath(cursor, depth + 1) }
}
