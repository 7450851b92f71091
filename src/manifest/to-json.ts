import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  type Scalar,
  type YAMLMap,
} from 'yaml'
import type { PathStep } from '../kinds/placeholder.ts'
import type { Json } from '../lib/json.ts'
import type { ProblemCode } from './problem.ts'
import { LIMITS } from './structure.ts'

/** Something in a document that cannot become JSON, or must not. */
export interface ContentProblem {
  readonly code: ProblemCode
  readonly offset: number
  readonly path: readonly PathStep[]
  readonly message: string
  readonly hint?: string
}

/** A number whose text is not what it would be written back as: `1.10`, `007`, `1e3`. */
export interface RewrittenNumber {
  readonly path: readonly PathStep[]
  readonly source: string
}

/** Counts over all documents of a file, and what was found in this one. */
export interface Conversion {
  readonly document: Document.Parsed
  readonly path: PathStep[]
  readonly problems: ContentProblem[]
  readonly rewrittenNumbers: RewrittenNumber[]
  /** Shared by the documents of a file. */
  readonly counts: { values: number; aliases: number }
}

/** Keys that reach prototypes when careless code copies objects; no manifest needs them. */
export const FORBIDDEN_KEYS: readonly string[] = ['__proto__', 'constructor', 'prototype']

/** The only tags that may be written out: those of the values that JSON has. */
const JSON_TAGS: readonly string[] = ['str', 'int', 'float', 'bool', 'null', 'seq', 'map'].map(
  (name) => `tag:yaml.org,2002:${name}`,
)

/** The value of a node; null where there was a problem, so that the rest is still looked at. */
export function toJson(conversion: Conversion, node: unknown): Json {
  if (node === null || node === undefined) return null
  if (!admit(conversion, node as Node)) return null
  if (isAlias(node)) return resolveAlias(conversion, node)
  const { tag } = node as Node
  if (tag !== undefined && !JSON_TAGS.includes(tag)) {
    report(conversion, node, [
      'UnsupportedTag',
      'only text, numbers, booleans, null, lists and maps are values',
    ])
    return null
  }
  if (isMap(node)) return mapToJson(conversion, node)
  if (isSeq(node)) return node.items.map((item, index) => stepInto(conversion, index, item))
  return isScalar(node) ? scalarToJson(conversion, node) : null
}

function stepInto(conversion: Conversion, step: PathStep, node: unknown): Json {
  conversion.path.push(step)
  const value = toJson(conversion, node)
  conversion.path.pop()
  return value
}

/** Counts the node; false, and a problem once, when a limit is passed. */
function admit(conversion: Conversion, node: Node): boolean {
  const { counts, path } = conversion
  counts.values += 1
  if (counts.values === LIMITS.values + 1) {
    report(conversion, node, ['TooManyValues', `more than ${LIMITS.values} values in one file`])
  }
  if (counts.values > LIMITS.values) return false
  if (path.length <= LIMITS.depth) return true
  report(conversion, node, ['TooDeep', `nested deeper than ${LIMITS.depth} levels`])
  // One sight of it is enough: the rest of the file is not looked at.
  counts.values = LIMITS.values + 1
  return false
}

function report(
  { problems, path }: Conversion,
  node: unknown,
  [code, message, hint]: readonly [ProblemCode, string, (string | undefined)?],
): void {
  problems.push({
    code,
    offset: offsetOf(node),
    path: [...path],
    message,
    ...(hint !== undefined && { hint }),
  })
}

/** Where a node starts in the text; 0 for one without a place. */
export function offsetOf(node: unknown): number {
  return (node as Partial<Node> | null | undefined)?.range?.[0] ?? 0
}

function resolveAlias(conversion: Conversion, alias: Alias.Parsed | Alias): Json {
  conversion.counts.aliases += 1
  if (conversion.counts.aliases > LIMITS.aliases) {
    // Said at the first one; what follows says nothing new.
    if (conversion.counts.aliases === LIMITS.aliases + 1) {
      report(conversion, alias, [
        'TooManyAliases',
        `more than ${LIMITS.aliases} aliases in one file`,
      ])
    }
    return null
  }
  const target = alias.resolve(conversion.document)
  if (target !== undefined) return toJson(conversion, target)
  report(conversion, alias, [
    'InvalidYaml',
    `there is no anchor &${alias.source} before this alias`,
  ])
  return null
}

function mapToJson(conversion: Conversion, map: YAMLMap): Json {
  const members = new Map<string, Json>()
  for (const pair of map.items) {
    const key = keyOf(conversion, pair)
    if (key === undefined) continue
    if (members.has(key)) {
      report(conversion, pair.key, ['DuplicateKey', `the key '${key}' is there twice`])
    }
    members.set(key, stepInto(conversion, key, pair.value))
  }
  return Object.fromEntries(members)
}

/** Undefined, and a problem, for a key that cannot be one. */
function keyOf(conversion: Conversion, { key }: Pair): string | undefined {
  const value = isScalar(key) ? key.value : key
  if (typeof value !== 'string') {
    const hint = isScalar(key) && value !== null ? 'write it in quotes' : undefined
    report(conversion, key, ['UnsupportedKey', 'keys are text', hint])
    return undefined
  }
  if (value === '<<') {
    report(conversion, key, ['UnsupportedKey', 'merge keys (<<) are not supported'])
    return undefined
  }
  if (!FORBIDDEN_KEYS.includes(value)) return value
  report(conversion, key, ['ForbiddenKey', `the key '${value}' is not allowed`])
  return undefined
}

function scalarToJson(conversion: Conversion, scalar: Scalar): Json {
  const { value } = scalar
  if (typeof value === 'string') {
    if (value.includes('\u0000') || /\p{Surrogate}/u.test(value)) {
      report(conversion, scalar, [
        'InvalidCharacter',
        'the text holds a character that cannot be stored',
      ])
    }
    return value
  }
  if (typeof value === 'boolean' || value === null) return value
  return numberToJson(conversion, scalar, Number(value))
}

function numberToJson(conversion: Conversion, scalar: Scalar, value: number): Json {
  const source = scalar.source ?? String(value)
  if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value))) {
    const message = `the number ${source.slice(0, 40)} cannot be kept exactly`
    report(conversion, scalar, ['UnsupportedNumber', message, 'write it in quotes if it is an id'])
    return null
  }
  if (String(value) !== source)
    conversion.rewrittenNumbers.push({ path: [...conversion.path], source })
  return value
}
