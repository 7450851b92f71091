import { API_VERSION, type CapstanObject, type Kind, type ObjectMeta } from '../kinds/meta.ts'
import { canonicalJson, type JsonObject } from '../lib/json.ts'
import { lazily } from '../lib/lazily.ts'

/** An object as it is stored: what is searched for in columns, the rest as canonical JSON text. */
export interface ObjectRow {
  readonly kind: Kind
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly rv: number
  readonly generation: number
  readonly created_at: string
  readonly deleted_at: string | null
  readonly meta: string
  readonly spec: string
  readonly status: string | null
}

export const OBJECT_COLUMNS =
  'kind, namespace, name, uid, rv, generation, created_at, deleted_at, meta, spec, status'

const FREE_MEMBERS = [
  'generateName',
  'deletionGracePeriodSeconds',
  'labels',
  'annotations',
  'finalizers',
  'ownerReferences',
  'managedFields',
] as const

/** The part of metadata that has no column of its own. */
export type FreeMeta = {
  readonly [Member in (typeof FREE_MEMBERS)[number]]?: ObjectMeta[Member] | undefined
}

type StoredMeta = Pick<ObjectMeta, (typeof FREE_MEMBERS)[number]>

/** What a row's texts say; each is parsed when first looked at. */
export interface ParsedTexts {
  readonly meta: () => StoredMeta
  readonly spec: () => JsonObject
}

/** What `before` has parsed of the same text is not parsed again: most writes change the status alone. */
export function parsedTexts(
  row: ObjectRow,
  before?: { readonly row: ObjectRow; readonly texts: ParsedTexts },
): ParsedTexts {
  return {
    meta: before?.row.meta === row.meta ? before.texts.meta : lazily(() => parseMeta(row)),
    spec: before?.row.spec === row.spec ? before.texts.spec : lazily(() => parseColumn(row.spec)),
  }
}

/** Spec and status are parsed when first looked at: most readers of a list need one of them or none. */
export function toObject(row: ObjectRow, { meta, spec } = parsedTexts(row)): CapstanObject {
  const base = {
    apiVersion: API_VERSION,
    kind: row.kind,
    metadata: toMetadata(row, meta()),
  }
  const { status: statusText } = row
  if (statusText === null) {
    return {
      ...base,
      get spec() {
        return spec()
      },
    }
  }
  const status = lazily(() => parseColumn(statusText))
  return {
    ...base,
    get spec() {
      return spec()
    },
    get status() {
      return status()
    },
  }
}

/** What JSON.stringify makes of `toObject`, without parsing what is text already. */
export function toJsonText(row: ObjectRow): string {
  const metadata = JSON.stringify(toMetadata(row, {}))
  const free = row.meta === '{}' ? '' : `,${row.meta.slice(1, -1)}`
  const status = row.status === null ? '' : `,"status":${row.status}`
  return `{"apiVersion":"${API_VERSION}","kind":"${row.kind}","metadata":${metadata.slice(0, -1)}${free}},"spec":${row.spec}${status}}`
}

function toMetadata(row: ObjectRow, free: StoredMeta): ObjectMeta {
  return {
    name: row.name,
    namespace: row.namespace,
    uid: row.uid,
    resourceVersion: String(row.rv),
    generation: row.generation,
    creationTimestamp: row.created_at,
    ...(row.deleted_at === null ? {} : { deletionTimestamp: row.deleted_at }),
    ...free,
  }
}

/** Text of the free part. Empty maps and lists are left out, as Kubernetes does, so that they equal absent ones. */
export function renderMeta(meta: FreeMeta): string {
  return canonicalJson(
    Object.fromEntries(FREE_MEMBERS.map((member) => [member, nonEmpty(meta[member])])),
  )
}

export function parseMeta(row: ObjectRow): StoredMeta {
  const meta: StoredMeta = JSON.parse(row.meta)
  return meta
}

function nonEmpty(value: unknown): unknown {
  const isEmpty = typeof value === 'object' && value !== null && Object.keys(value).length === 0
  return isEmpty ? undefined : value
}

function parseColumn(text: string): JsonObject {
  const value: JsonObject = JSON.parse(text)
  return value
}
