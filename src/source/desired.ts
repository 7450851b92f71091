import type { ObjectKey, OwnerReference } from '../kinds/meta.ts'
import type { JsonObject } from '../lib/json.ts'
import type { KnownFile } from './file-reader.ts'
import type { SourceProblem } from './problem.ts'

/** One object of a manifest: what the decision needs at hand, the rest as text, because 100,000 of them fit into memory that way. */
export interface DesiredObject extends ObjectKey {
  /** Follows from kind, namespace and name, for Runs also from the content (folderUid). */
  readonly uid: string
  readonly contentHash: string
  /** Relative to the root. */
  readonly file: string
  readonly line: number
  readonly column: number
  readonly onChange: 'Replace' | 'Reject'
  /** Text of a DesiredBody. */
  readonly body: string
}

/** The user's part of an object. */
export interface DesiredBody {
  readonly generateName?: string
  readonly finalizers?: readonly string[]
  readonly ownerReferences?: readonly OwnerReference[]
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly spec: JsonObject
}

/** A file that was read. With problems it has no say: its last good objects stay. */
export interface ReadFile extends KnownFile {
  readonly path: string
  readonly objects: readonly DesiredObject[]
  readonly problems: readonly SourceProblem[]
}

export function isGood(file: ReadFile): boolean {
  return file.problems.length === 0
}

export function bodyOf(object: DesiredObject): DesiredBody {
  const body: DesiredBody = JSON.parse(object.body)
  return body
}
