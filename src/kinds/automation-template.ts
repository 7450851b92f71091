import { isJsonObject, type Json, type JsonObject } from '../lib/json.ts'
import { type PathStep, type Piece, parsePieces } from './placeholder.ts'

/**
 * Placeholders in actions. The grammar is that of templates; what they reach is what happened. An event
 * may or may not have a member, so what is not there is empty, and no error.
 */
export const ACTION_ROOTS = [
  'event',
  'resource',
  'run',
  'deployment',
  'automation',
  'firing',
  'secrets',
  'flow_run',
] as const

/** Deeper values are left out; the manifest parser has the same bound. */
const MAX_DEPTH = 100

export interface ActionScope {
  /** By root. */
  readonly values: JsonObject
  /** Applied to what a placeholder puts into a longer text. */
  readonly escape?: (text: string) => string
}

/**
 * The value with its placeholders filled in. A text that is one placeholder takes the type of what it
 * stands for, null when there is nothing; what was filled in is not read again.
 */
export function fillIn(value: Json, scope: ActionScope, depth = 0): Json {
  if (typeof value === 'string') return fillText(value, scope)
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return value
  if (isJsonObject(value)) {
    const entries = Object.entries(value).map(([key, item]) => [
      key,
      item === undefined ? undefined : fillIn(item, scope, depth + 1),
    ])
    return Object.fromEntries(entries) as JsonObject
  }
  return value.map((item) => fillIn(item, scope, depth + 1))
}

/** The same for what must be text in the end. */
export function fillInText(text: string, scope: ActionScope): string {
  return toText(fillIn(text, scope))
}

function fillText(text: string, scope: ActionScope): Json {
  if (!text.includes('{{')) return text
  const pieces = parsePieces(text)
  const [first] = pieces
  if (pieces.length === 1 && first !== undefined && typeof first !== 'string') {
    const value = lookUp(scope.values, first.path)
    return typeof value === 'string' && scope.escape ? scope.escape(value) : value
  }
  return pieces.map((piece) => pieceText(piece, scope)).join('')
}

function pieceText(piece: Piece, { values, escape = (text) => text }: ActionScope): string {
  return typeof piece === 'string' ? piece : escape(toText(lookUp(values, piece.path)))
}

function toText(value: Json): string {
  if (value === null) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** Only own members are read. */
function lookUp(values: Json, path: readonly PathStep[]): Json {
  let value: Json = values
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return null
    value = memberOf(value, step) ?? null
  }
  return value
}

function memberOf(value: readonly Json[] | JsonObject, step: PathStep): Json | undefined {
  if (isJsonObject(value)) return value[String(step)]
  return typeof step === 'number' ? value[step] : undefined
}

/** Every placeholder in a value, as its path. */
export function placeholdersOf(value: Json | undefined): readonly (readonly PathStep[])[] {
  if (typeof value === 'string') {
    return parsePieces(value).flatMap((piece) => (typeof piece === 'string' ? [] : [piece.path]))
  }
  if (typeof value !== 'object' || value === null) return []
  const items: readonly (Json | undefined)[] = isJsonObject(value) ? Object.values(value) : value
  return items.flatMap(placeholdersOf)
}

/** Names of the secrets that a value asks for. */
export function secretsIn(value: Json | undefined): readonly string[] {
  const names = placeholdersOf(value).flatMap(([root, name]) =>
    root === 'secrets' && typeof name === 'string' ? [name] : [],
  )
  return [...new Set(names)]
}
