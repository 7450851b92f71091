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

/** Up to `limit` rows after `after`; from the first row without it. */
export interface Page<After> {
  readonly after?: After | undefined
  readonly limit: number
}

export interface UnsettledKey extends ObjectKey {
  readonly isUnfinished: boolean
}

/**
 * Objects of a pool in pages of `limit`, in no order. Which ones they are is read with the first page; each page is
 * as of the moment when it is read, without those that are gone or have ended since.
 */
export type PoolPages = (
  namespace: string,
  workPool: string,
  limit: number,
) => Iterable<readonly CapstanObject[]>
