import { canonicalJson, isJsonObject, type Json, parseJson } from './json.ts'

/** One operation of an RFC 6902 patch. */
export interface JsonPatchOperation {
  readonly op: 'add' | 'remove' | 'replace' | 'move' | 'copy' | 'test'
  readonly path: string
  readonly from?: string
  readonly value?: Json
}

export type JsonPatchResult =
  | { readonly value: Json }
  /** `index` is the operation's place in the list; absent when the text is no patch at all. */
  | { readonly problem: string; readonly index?: number }

const OPERATIONS: readonly string[] = ['add', 'remove', 'replace', 'move', 'copy', 'test']

/** JSON text that the copies of one patch may add up to: each copy can double the document. */
const MAX_COPIED_LENGTH = 3 * 1024 * 1024

class PatchError extends Error {}

/**
 * Applies a patch, given as a list or as its JSON text, to a copy of the document: all of it, or with
 * the first problem nothing.
 */
export function applyJsonPatch(document: Json, patch: unknown): JsonPatchResult {
  const parsed = parsePatch(patch)
  if ('problem' in parsed) return parsed
  const root: Root = { value: structuredClone(document), copiedLength: 0 }
  for (const [index, operation] of parsed.operations.entries()) {
    try {
      applyOperation(root, operation)
    } catch (error) {
      if (!(error instanceof PatchError)) throw error
      const problem = `operation ${index} (${operation.op} ${operation.path}): ${error.message}`
      return { problem, index }
    }
  }
  return { value: root.value as Json }
}

function parsePatch(
  patch: unknown,
):
  | { readonly operations: readonly JsonPatchOperation[] }
  | { readonly problem: string; readonly index?: number } {
  const list = typeof patch === 'string' ? parseJson(patch) : patch
  if (!Array.isArray(list))
    return { problem: 'a JSON patch is a list of operations, or its JSON text' }
  const wrong = list.findIndex((entry) => !isOperation(entry))
  if (wrong >= 0) {
    const problem = `operation ${wrong} is none: it needs op (${OPERATIONS.join(', ')}), path, and value or from`
    return { problem, index: wrong }
  }
  return { operations: list as readonly JsonPatchOperation[] }
}

function isOperation(entry: unknown): boolean {
  if (!isJsonObject(entry) || typeof entry['path'] !== 'string') return false
  const { op, from } = entry
  if (op === 'remove') return true
  if (op === 'move' || op === 'copy') return typeof from === 'string'
  return (op === 'add' || op === 'replace' || op === 'test') && entry['value'] !== undefined
}

/** The document in a box, so that the root too can be replaced. */
interface Root {
  value: unknown
  copiedLength: number
}

function applyOperation(root: Root, operation: JsonPatchOperation): void {
  const { op, path, from = '' } = operation
  if (op === 'add') add(root, path, structuredClone(operation.value))
  else if (op === 'remove') remove(root, path)
  else if (op === 'replace') replace(root, path, structuredClone(operation.value))
  else if (op === 'copy') add(root, path, copyOf(root, from))
  else if (op === 'test') test(read(root, path), operation.value)
  else move(root, from, path)
}

function copyOf(root: Root, from: string): unknown {
  const value = read(root, from)
  root.copiedLength += JSON.stringify(value).length
  if (root.copiedLength <= MAX_COPIED_LENGTH) return structuredClone(value)
  throw new PatchError(`the patch copies more than ${MAX_COPIED_LENGTH} characters`)
}

function move(root: Root, from: string, path: string): void {
  if (path.startsWith(`${from}/`)) throw new PatchError('a value cannot be moved into itself')
  const value = read(root, from)
  remove(root, from)
  add(root, path, value)
}

function test(found: unknown, expected: unknown): void {
  if (canonicalJson(found) !== canonicalJson(expected)) {
    throw new PatchError('the value there is another one')
  }
}

function add(root: Root, path: string, value: unknown): void {
  const place = locate(root, path)
  if (Array.isArray(place.parent)) {
    const index = place.key === '-' ? place.parent.length : toIndex(place.key, place.parent.length)
    place.parent.splice(index, 0, value)
  } else place.parent[place.key] = value
}

function remove(root: Root, path: string): void {
  read(root, path)
  const place = locate(root, path)
  if (Array.isArray(place.parent)) place.parent.splice(Number(place.key), 1)
  else delete place.parent[place.key]
}

function replace(root: Root, path: string, value: unknown): void {
  read(root, path)
  const place = locate(root, path)
  if (Array.isArray(place.parent)) place.parent[Number(place.key)] = value
  else place.parent[place.key] = value
}

function read(root: Root, path: string): unknown {
  let value: unknown = root.value
  for (const step of steps(path)) value = child(value, step)
  return value
}

interface Place {
  readonly parent: Record<string, unknown> | unknown[]
  readonly key: string
}

/** The container of the value that `path` names; the value itself need not exist. */
function locate(root: Root, path: string): Place {
  const keys = steps(path)
  const key = keys.pop()
  if (key === undefined) return { parent: root as unknown as Record<string, unknown>, key: 'value' }
  let parent: unknown = root.value
  for (const step of keys) parent = child(parent, step)
  if (typeof parent !== 'object' || parent === null) {
    throw new PatchError('its parent is neither an object nor a list')
  }
  return { parent: parent as Place['parent'], key }
}

function steps(path: string): string[] {
  if (path === '') return []
  if (!path.startsWith('/')) throw new PatchError(`${JSON.stringify(path)} does not begin with /`)
  const keys = path
    .slice(1)
    .split('/')
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
  if (keys.includes('__proto__')) throw new PatchError('__proto__ is not a member')
  return keys
}

function child(value: unknown, key: string): unknown {
  if (Array.isArray(value)) return value[toIndex(key, value.length - 1)]
  if (!isJsonObject(value) || !Object.hasOwn(value, key)) {
    throw new PatchError(`there is no ${JSON.stringify(key)}`)
  }
  return value[key]
}

/** A list position from 0 to `last`, written without leading zeros. */
function toIndex(key: string, last: number): number {
  if (!/^(0|[1-9]\d*)$/.test(key))
    throw new PatchError(`${JSON.stringify(key)} is no list position`)
  const index = Number(key)
  if (index > last) throw new PatchError(`the list has no position ${key}`)
  return index
}
