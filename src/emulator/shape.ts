import { isJsonObject, type Json, type JsonObject } from '../lib/json.ts'
import { AwsError } from './errors.ts'

/**
 * A small model of request bodies, so that each operation states its input once: the table gives the
 * run-time check and the TypeScript type. Like the real services, reading drops unknown members and
 * treats null as absent; a value of the wrong type is a SerializationException.
 */
export type Shape =
  | 'string'
  | 'number'
  | 'boolean'
  | { readonly list: Shape }
  | { readonly map: Shape }
  | { readonly struct: Members }

export interface Members {
  readonly [member: string]: Shape
}

/** The type of the values that a shape describes; every member of a structure is optional. */
export type ValueOf<S> = S extends 'string'
  ? string
  : S extends 'number'
    ? number
    : S extends 'boolean'
      ? boolean
      : S extends { readonly list: infer E }
        ? readonly ValueOf<E>[]
        : S extends { readonly map: infer E }
          ? { readonly [key: string]: ValueOf<E> }
          : S extends { readonly struct: infer M }
            ? { readonly [K in keyof M]?: ValueOf<M[K]> }
            : never

export function list<const S extends Shape>(element: S): { readonly list: S } {
  return { list: element }
}

export function map<const S extends Shape>(element: S): { readonly map: S } {
  return { map: element }
}

export function struct<const M extends Members>(members: M): { readonly struct: M } {
  return { struct: members }
}

/** Deepest nesting that is followed; no request of the emulated services comes near it. */
const MAX_DEPTH = 32

/** Reads a request body by its shape. Throws SerializationException at the first wrong type. */
export function readShape<S extends Shape>(shape: S, input: JsonObject): ValueOf<S> {
  return read(shape, input, '', 0) as ValueOf<S>
}

function read(shape: Shape, value: Json, path: string, depth: number): Json {
  if (depth > MAX_DEPTH) throw mismatch(value, 'a shallower value', path)
  if (typeof shape === 'string') return readScalar(shape, value, path)
  if ('list' in shape) return readList(shape.list, value, path, depth)
  if (!isJsonObject(value)) throw mismatch(value, 'Structure', path)
  return 'map' in shape
    ? readMap(shape.map, value, path, depth)
    : readStruct(shape.struct, value, path, depth)
}

function readScalar(type: 'string' | 'number' | 'boolean', value: Json, path: string): Json {
  if (typeof value !== type) throw mismatch(value, type, path)
  return value
}

function readList(element: Shape, value: Json, path: string, depth: number): Json {
  if (!Array.isArray(value)) throw mismatch(value, 'List', path)
  return value.map((item: Json, index) => read(element, item, `${path}[${index}]`, depth + 1))
}

function readMap(element: Shape, value: JsonObject, path: string, depth: number): Json {
  const entries = Object.entries(value).flatMap(([key, item]) => {
    if (item === undefined || item === null) return []
    return [[key, read(element, item, `${path}.${key}`, depth + 1)] as const]
  })
  return Object.fromEntries(entries)
}

function readStruct(members: Members, value: JsonObject, path: string, depth: number): Json {
  const result: Record<string, Json> = {}
  for (const [name, shape] of Object.entries(members)) {
    const item = value[name]
    if (item === undefined || item === null) continue
    result[name] = read(shape, item, path === '' ? name : `${path}.${name}`, depth + 1)
  }
  return result
}

function mismatch(value: Json, wanted: string, path: string): AwsError {
  const found = Array.isArray(value) ? 'LIST' : value === null ? 'NULL' : typeof value
  return new AwsError(
    'SerializationException',
    `${found.toUpperCase()}_VALUE cannot be converted to ${wanted} at ${path === '' ? 'the top level' : path}`,
  )
}
