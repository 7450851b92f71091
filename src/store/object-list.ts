import type { CapstanObject, Kind, ObjectKey } from '../kinds/meta.ts'

export interface ListOptions {
  readonly kind: Kind
  readonly namespace?: string
  /** Page size; all when absent. */
  readonly limit?: number
  /** Continue after this (namespace, name). Lists are ordered by namespace, then name. */
  readonly after?: { readonly namespace: string; readonly name: string }
}

/** An object with its JSON text, which need not be parsed to be sent. */
export interface StoredObject {
  readonly object: CapstanObject
  readonly json: () => string
}

/** So many rows, from the one behind `after`; without it from the first. */
export interface Page<After> {
  readonly after?: After | undefined
  readonly limit: number
}

export interface UnsettledKey extends ObjectKey {
  readonly isUnfinished: boolean
}
