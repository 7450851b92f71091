import {
  type CapstanObject,
  type Kind,
  type ObjectMeta,
  type OwnerReference,
  WIRE,
} from '../kinds/meta.ts'
import { isJsonObject, type JsonObject } from '../lib/json.ts'
import { badRequest } from './errors.ts'

/** What users decide about an object's metadata; everything else is the server's. */
export interface UserMeta {
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly finalizers?: readonly string[]
  readonly ownerReferences?: readonly OwnerReference[]
}

/** Longest generated name: RFC 1123 subdomain. */
const MAX_NAME_LENGTH = 253
/** Kubernetes' alphabet for generated names: no vowels, no look-alikes. */
const NAME_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789'
const SUFFIX_LENGTH = 5

/** The metadata member of a body. */
export function metadataOf(object: JsonObject): JsonObject {
  const metadata = object['metadata']
  if (metadata === undefined) return {}
  if (!isJsonObject(metadata)) throw badRequest('metadata must be an object')
  return metadata
}

/** Reads the user's part of validated metadata. Empty lists and maps count as absent. */
export function parseUserMeta(metadata: JsonObject): UserMeta {
  const { labels, annotations, finalizers, ownerReferences } = metadata
  return {
    ...(isFilled(labels) ? { labels: labels as UserMeta['labels'] } : {}),
    ...(isFilled(annotations) ? { annotations: annotations as UserMeta['annotations'] } : {}),
    ...(isFilled(finalizers) ? { finalizers: [...new Set(finalizers as readonly string[])] } : {}),
    ...(isFilled(ownerReferences)
      ? { ownerReferences: ownerReferences as unknown as readonly OwnerReference[] }
      : {}),
  } as UserMeta
}

function isFilled(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0
}

/** Runs are born with the finalizer that holds them until their task is seen STOPPED. */
export function finalizersAtBirth(kind: Kind, asked: readonly string[] = []): readonly string[] {
  if (kind !== 'Run' || asked.includes(WIRE.finalizerTask)) return asked
  return [...asked, WIRE.finalizerTask]
}

/**
 * Finalizers after an update. A manifest seldom names the task finalizer, so leaving it out does not
 * take it off; only someone who deletes a run may force it off.
 */
export function finalizersAfter(
  existing: CapstanObject,
  asked: readonly string[] = [],
): readonly string[] {
  const isHeld = existing.metadata.finalizers?.includes(WIRE.finalizerTask) ?? false
  const isDeleted = existing.metadata.deletionTimestamp !== undefined
  if (!isHeld || isDeleted || asked.includes(WIRE.finalizerTask)) return asked
  return [...asked, WIRE.finalizerTask]
}

/** Metadata of `existing` with the user's part replaced. */
export function withUserMeta(meta: ObjectMeta, user: UserMeta): ObjectMeta {
  const { labels: _l, annotations: _a, finalizers: _f, ownerReferences: _o, ...rest } = meta
  return { ...rest, ...user }
}

/** `prefix` plus five characters; the prefix is cut so that the name stays legal. */
export function generateName(prefix: string, fraction: () => number): string {
  const suffix = Array.from({ length: SUFFIX_LENGTH }, () =>
    NAME_ALPHABET.charAt(Math.floor(fraction() * NAME_ALPHABET.length)),
  ).join('')
  return `${prefix.slice(0, MAX_NAME_LENGTH - SUFFIX_LENGTH)}${suffix}`
}
