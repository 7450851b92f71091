import {
  type Document,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  type Scalar,
} from 'yaml'
import type { PathStep } from '../kinds/placeholder.ts'
import type { Json } from '../lib/json.ts'
import { indexOfKey } from './keys.ts'
import { type ManifestProblem, type Position, renderPath } from './problem.ts'
import {
  type ContentProblem,
  type Conversion,
  offsetOf,
  type RewrittenNumber,
  toJson,
} from './to-json.ts'

/** One document of a file that holds something. */
export interface ParsedDocument {
  readonly value: Json
  /** Numbers that would not be written back as they stand. */
  readonly rewrittenNumbers: readonly RewrittenNumber[]
  /** Where a value stands; with `atKey`, where its key stands. Falls back to the nearest thing above it. */
  readonly locate: (path: readonly PathStep[], atKey?: boolean) => Position
}

export interface ParsedManifest {
  readonly documents: readonly ParsedDocument[]
  readonly problems: readonly ManifestProblem[]
}

/** Problems of one file that are reported; the rest would only follow from them. */
const MAX_PROBLEMS = 20

/** What any text says, by a whole YAML parser. The text has passed checkStructure. */
export function composeManifest(file: string, text: string): ParsedManifest {
  const lines = new LineCounter()
  const composed = parseAllDocuments(text, {
    lineCounter: lines,
    prettyErrors: false,
    // Compared pair by pair, which a large map makes slow; toJson looks for duplicates in a set.
    uniqueKeys: false,
    version: '1.2',
    schema: 'core',
  })
  const documents: ParsedDocument[] = []
  const problems: ManifestProblem[] = []
  const counts = { values: 0, aliases: 0 }
  for (const document of Array.isArray(composed) ? composed : []) {
    const conversion: Conversion = {
      document,
      path: [],
      problems: [],
      rewrittenNumbers: [],
      counts,
    }
    const value = toJson(conversion, document.contents)
    const found = [...syntaxProblems(document), ...conversion.problems]
    for (const problem of found) problems.push(placed(file, problem, lines))
    if (found.length > 0 || value === null) continue
    const locate = createLocate(document, lines)
    documents.push({ value, rewrittenNumbers: conversion.rewrittenNumbers, locate })
  }
  return { documents, problems: problems.slice(0, MAX_PROBLEMS) }
}

function syntaxProblems(document: Document.Parsed): readonly ContentProblem[] {
  const firstTab = document.errors.find(({ code }) => code === 'TAB_AS_INDENT')
  // A file that is indented with tabs has them in every line: saying it once is enough.
  const errors = document.errors
    .filter((error) => error.code !== 'TAB_AS_INDENT' || error === firstTab)
    .slice(0, MAX_PROBLEMS)
  const found: ContentProblem[] = errors.map(({ pos, message }) => ({
    code: 'InvalidYaml',
    offset: pos[0],
    path: [],
    message: lowerFirst(message),
  }))
  // Unresolved tags and unknown directives are only warnings for the parser; nothing here needs them.
  for (const { pos, message } of document.warnings.slice(0, MAX_PROBLEMS)) {
    found.push({ code: 'UnsupportedTag', offset: pos[0], path: [], message: lowerFirst(message) })
  }
  const { explicit, version } = document.directives.yaml
  if (explicit === true && version !== '1.2') {
    const message = `YAML ${version} is not supported; remove the %YAML line`
    found.push({ code: 'InvalidYaml', offset: 0, path: [], message })
  }
  return found
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}

function placed(file: string, problem: ContentProblem, lines: LineCounter): ManifestProblem {
  const { code, offset, path, message, hint } = problem
  const position = toPosition(lines, offset)
  return {
    code,
    file,
    ...position,
    path: renderPath(path),
    message,
    ...(hint !== undefined && { hint }),
  }
}

/** The counter has no line for an empty text and gives 0. */
function toPosition(lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset)
  return { line: Math.max(1, line), column: Math.max(1, col) }
}

function createLocate(document: Document.Parsed, lines: LineCounter): ParsedDocument['locate'] {
  return (path, atKey = false) => {
    let node: unknown = document.contents
    let key: unknown = node
    let reached = 0
    for (const step of path) {
      const next = descend(node, step)
      if (!next) break
      key = next.key
      node = next.value
      reached += 1
    }
    // An empty value has no text of its own: its key is where people look.
    const wantsKey = (atKey && reached === path.length) || node === null || isEmptyScalar(node)
    return toPosition(lines, offsetOf(wantsKey ? key : node))
  }
}

function isEmptyScalar(node: unknown): boolean {
  return isScalar(node) && node.value === null && node.source === ''
}

function descend(node: unknown, step: PathStep): { key: unknown; value: unknown } | undefined {
  if (isSeq(node) && typeof step === 'number') {
    const item = node.items[step]
    return item === undefined ? undefined : { key: item, value: item }
  }
  if (!isMap(node)) return undefined
  const pairs = node.items.filter(({ key }) => isScalar(key) && typeof key.value === 'string')
  const pair =
    pairs[
      indexOfKey(
        pairs.map(({ key }) => String((key as Scalar).value)),
        String(step),
      )
    ]
  return pair && { key: pair.key, value: pair.value }
}
