import { isJsonObject, type JsonObject } from '../lib/json.ts'

/** metadata of anything that the API serves; own kinds and synthetic ones alike. */
export interface WireMeta {
  readonly name: string
  readonly namespace?: string
  readonly uid: string
  readonly resourceVersion: string
  readonly creationTimestamp: string
  readonly deletionTimestamp?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

/** Anything that the API serves: the Kubernetes envelope; what else it has is the kind's business. */
export interface WireObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: WireMeta
}

/** The value at a dotted path (`status.state.name`, `status.times.0`); undefined where nothing is. */
export function valueAt(object: unknown, path: string): unknown {
  let value = object
  for (const segment of path.split('.')) {
    if (Array.isArray(value)) value = value[Number(segment)]
    else if (isJsonObject(value) && Object.hasOwn(value, segment)) value = value[segment]
    else return undefined
  }
  return value
}

/** Text at a path; numbers and booleans as text, anything else as ''. */
export function textAt(object: unknown, path: string): string {
  const value = valueAt(object, path)
  return ['string', 'number', 'boolean'].includes(typeof value) ? String(value) : ''
}

/** An object of ours seen as plain JSON, which it is: everything in it came from or goes to JSON text. */
export function toJsonObject(object: object): JsonObject {
  return object as JsonObject
}
