import { ApiError, badRequest, expired } from './errors.ts'
import { countQuery, wordQuery } from './query.ts'
import type { Page, PageOptions, Position, ResourceReader } from './resource.ts'
import {
  type FieldRequirement,
  type LabelRequirement,
  matchesFields,
  matchesLabels,
  parseFieldSelector,
  parseLabelSelector,
} from './selectors.ts'
import type { WireObject } from './wire.ts'

/** What a list or watch selects: a namespace and two selectors. */
export interface Selection {
  readonly namespace?: string
  readonly labels: readonly LabelRequirement[]
  readonly fields: readonly FieldRequirement[]
}

export interface ListQuery extends Selection {
  readonly limit?: number
  readonly continueFrom?: ContinueToken
}

/** Where a list goes on, and the resourceVersion of its first page, which all its pages carry. */
export interface ContinueToken {
  readonly resourceVersion: number
  readonly after: Position
}

export interface ListResult {
  readonly items: readonly WireObject[]
  readonly resourceVersion: number
  readonly next?: ContinueToken
}

/** Objects that are read at a time when a selector may drop most of them. */
const SCAN_PAGE = 200
/**
 * Objects that are read for one page at most. Reading holds everything else up, so a page may end
 * early, even without any object; its continue token says where to go on.
 */
const MAX_SCANNED = 5_000
/** Objects that are read before it is known how large they are. */
const FIRST_READ = 20
/** What is read at a time, in characters of JSON, and in all for one page: rows can have 3 MB each. */
const MAX_READ_LENGTH = 2 * 1024 * 1024
/** Longest page, whatever is asked for; the answer says that it goes on. kubectl asks for 500. */
const MAX_LIMIT = 2_000

export function parseSelection(
  reader: ResourceReader,
  namespace: string | undefined,
  query: URLSearchParams,
): Selection {
  return {
    ...(namespace === undefined ? {} : { namespace }),
    labels: parseLabelSelector(query.get('labelSelector') ?? ''),
    fields: parseFieldSelector(query.get('fieldSelector') ?? '', reader.fieldPaths),
  }
}

export function parseListQuery(
  reader: ResourceReader,
  namespace: string | undefined,
  query: URLSearchParams,
): ListQuery {
  const limit = countQuery(query, 'limit')
  const token = query.get('continue') ?? ''
  return {
    ...parseSelection(reader, namespace, query),
    ...(limit === undefined || limit === 0 ? {} : { limit: Math.min(limit, MAX_LIMIT) }),
    ...(token === '' ? {} : { continueFrom: parseContinueToken(token) }),
  }
}

/**
 * Refuses a resourceVersion that cannot be served: one from the future (another database), and with
 * resourceVersionMatch=Exact any but the present one, because old states are not kept.
 */
export function checkListVersion(query: URLSearchParams, current: number): void {
  const match = wordQuery(query, 'resourceVersionMatch', ['Exact', 'NotOlderThan'])
  const asked = countQuery(query, 'resourceVersion')
  if (match !== undefined && asked === undefined) {
    throw badRequest('resourceVersionMatch is forbidden unless resourceVersion is provided')
  }
  requireReached(asked, current)
  if (match === 'Exact' && asked !== 0 && asked !== current) throw expired()
}

/** A version that this database has not given out yet must be of another one. */
export function requireReached(asked: number | undefined, current: number): void {
  if (asked !== undefined && asked > current) {
    throw new ApiError('Timeout', `Too large resource version: ${asked}, current: ${current}`, {
      retryAfterSeconds: 1,
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    })
  }
}

export function matchesSelection(
  reader: ResourceReader,
  selection: Selection,
  object: WireObject,
): boolean {
  const { namespace, labels, fields } = selection
  return (
    (namespace === undefined || object.metadata.namespace === namespace) &&
    matchesLabels(labels, object.metadata.labels) &&
    matchesFields(fields, (path) => reader.readField(object, path))
  )
}

/** One page. The whole page is read within one turn of the event loop, so it is consistent in itself. */
export function listObjects(
  reader: ResourceReader,
  query: ListQuery,
  currentVersion: number,
): ListResult {
  const resourceVersion = query.continueFrom?.resourceVersion ?? currentVersion
  const { items, next } = readNamed(reader, query) ?? collect(reader, query)
  return { items, resourceVersion, ...(next ? { next: { resourceVersion, after: next } } : {}) }
}

/** `metadata.name=x` inside a namespace is a get: what `kubectl wait` and `delete` ask for. */
function readNamed(reader: ResourceReader, query: ListQuery): Page | undefined {
  const named = query.fields.find(({ path, negated }) => path === 'metadata.name' && !negated)
  if (!named || query.continueFrom) return undefined
  if (reader.info.namespaced && query.namespace === undefined) return undefined
  const object = reader.get(query.namespace ?? '', named.value)
  return { items: object && matchesSelection(reader, query, object) ? [object] : [] }
}

function collect(reader: ResourceReader, query: ListQuery): Page {
  const { limit = Number.POSITIVE_INFINITY } = query
  const items: WireObject[] = []
  let after = query.continueFrom?.after
  let readSize = FIRST_READ
  let scanned = 0
  for (let readLength = 0; ; ) {
    const left = limit - items.length
    const page = reader.list(scanOptions(query, { left, readSize, after }))
    const matching = page.items.filter((object) => matchesSelection(reader, query, object))
    const cut = cutAt(reader, matching, left)
    items.push(...matching.slice(0, cut))
    const last = matching[cut - 1]
    if (last && cut < matching.length) return { items, next: reader.positionOf(last) }
    if (!page.next) return { items }
    scanned += page.items.length
    const sampleLength = lengthOfFirst(reader, page)
    readLength += sampleLength * page.items.length
    readSize = Math.max(1, Math.floor(MAX_READ_LENGTH / sampleLength))
    const isMuch = scanned >= MAX_SCANNED || readLength >= MAX_READ_LENGTH
    if (items.length >= limit || (Number.isFinite(limit) && isMuch)) {
      return { items, next: page.next }
    }
    after = page.next
  }
}

/** Objects of a page are taken to be about as large as the first. */
function lengthOfFirst(reader: ResourceReader, { items: [sample] }: Page): number {
  return sample ? renderObject(reader, sample).length : 1
}

/** JSON text of an object that the reader listed. */
export function renderObject(reader: ResourceReader, object: WireObject): string {
  return reader.jsonOf?.(object) ?? JSON.stringify(object)
}

interface Scan {
  /** Objects that the page still lacks. */
  readonly left: number
  readonly readSize: number
  readonly after: Position | undefined
}

/** With a selector more is read than is wanted, because most of it may be dropped. */
function scanOptions(query: ListQuery, { left, readSize, after }: Scan): PageOptions {
  const { namespace, labels, fields } = query
  const hasSelector = labels.length > 0 || fields.length > 0
  const limit = Math.min(readSize, hasSelector ? Math.max(left, SCAN_PAGE) : left)
  return {
    ...(namespace === undefined ? {} : { namespace }),
    limit,
    ...(after ? { after } : {}),
    fields,
  }
}

/** How many may be taken: as many as wanted, but objects that share a position stay together. */
function cutAt(reader: ResourceReader, items: readonly WireObject[], wanted: number): number {
  let cut = Math.min(wanted, items.length)
  while (cut > 0 && cut < items.length && sharesPosition(reader, items[cut - 1], items[cut])) cut++
  return cut
}

function sharesPosition(
  reader: ResourceReader,
  a: WireObject | undefined,
  b: WireObject | undefined,
): boolean {
  if (!a || !b) return false
  const [first, second] = [reader.positionOf(a), reader.positionOf(b)]
  return first.namespace === second.namespace && first.name === second.name
}

export function renderContinueToken(token: ContinueToken): string {
  const { resourceVersion, after } = token
  return Buffer.from(JSON.stringify([resourceVersion, after.namespace, after.name])).toString(
    'base64url',
  )
}

export function parseContinueToken(text: string): ContinueToken {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))
    if (Array.isArray(parsed)) {
      const [resourceVersion, namespace, name] = parsed as readonly unknown[]
      if (
        Number.isSafeInteger(resourceVersion) &&
        typeof namespace === 'string' &&
        typeof name === 'string'
      ) {
        return { resourceVersion: Number(resourceVersion), after: { namespace, name } }
      }
    }
  } catch {
    // Falls through: text that is no token is refused below, whatever is wrong with it.
  }
  throw badRequest('continue key is not valid')
}
