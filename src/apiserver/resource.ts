import type { Change, ChangeType } from '../store/types.ts'
import type { Column } from './columns.ts'
import type { FieldRequirement } from './selectors.ts'
import type { WireObject } from './wire.ts'

export type Verb =
  | 'get'
  | 'list'
  | 'watch'
  | 'create'
  | 'update'
  | 'patch'
  | 'delete'
  | 'deletecollection'

/** A subresource as discovery shows it. */
export interface SubresourceInfo {
  readonly name: string
  readonly kind: string
  /** Group and version of `kind` where they are not the resource's own (Scale is autoscaling/v1). */
  readonly group?: string
  readonly version?: string
  readonly verbs: readonly Verb[]
}

/** A resource as discovery, tables and error texts show it. */
export interface ResourceInfo {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly plural: string
  readonly singular: string
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
  readonly namespaced: boolean
  readonly verbs: readonly Verb[]
  readonly subresources: readonly SubresourceInfo[]
  readonly columns: readonly Column[]
}

/** `capstan.dev/v1`; `v1` for the core group. */
export function groupVersion(resource: Pick<ResourceInfo, 'group' | 'version'>): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`
}

/** Lists are ordered by namespace, then name; a page continues after a position. */
export interface Position {
  readonly namespace: string
  readonly name: string
}

export interface PageOptions {
  readonly namespace?: string
  readonly limit?: number
  readonly after?: Position
  /** A hint: what is selected afterwards anyway, for readers that can narrow the list down themselves. */
  readonly fields?: readonly FieldRequirement[]
}

/** `next` is where the following page starts after; absent on the last page. */
export interface Page {
  readonly items: readonly WireObject[]
  readonly next?: Position
}

/** What happened to one object, as a watcher is told. */
export interface WatchItem {
  readonly type: ChangeType
  readonly object: WireObject
  /** The state before a MODIFIED, where it is known. */
  readonly previous?: WireObject
}

/** How one resource is read: get, list and watch need no more than this. */
export interface ResourceReader {
  readonly info: ResourceInfo
  get(namespace: string, name: string): WireObject | undefined
  list(options: PageOptions): Page
  /** JSON text of an object that `list` gave, where the reader has it and it need not be made. */
  jsonOf?(object: WireObject): string | undefined
  /** Where a page that ends with this object ends. */
  positionOf(object: WireObject): Position
  /** Paths that a field selector may name, and how they are read. */
  readonly fieldPaths: readonly string[]
  readField(object: WireObject, path: string): string
  /** What a store change means for this resource; empty when it does not concern it. */
  toWatchItems(change: Change): readonly WatchItem[]
}

/** Where an object stands in a list of its own kind. */
export function ownPosition(object: WireObject): Position {
  return { namespace: object.metadata.namespace ?? '', name: object.metadata.name }
}
