/** What users decide about a namespace. */
export interface NamespaceMeta {
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

export interface NamespaceRow extends NamespaceMeta {
  readonly name: string
  readonly uid: string
  readonly createdAtMs: number
  /** Deleted, but some of its objects are still there. */
  readonly terminating: boolean
  readonly resourceVersion: number
}
