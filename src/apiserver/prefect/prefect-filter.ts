import {
  type EventLabels,
  type EventRecord,
  LABEL,
  toCanonical,
  toPrefect,
  toPrefectLabels,
} from '../../kinds/event.ts'
import { parseIsoTime } from '../../lib/instant.ts'
import { isJsonObject, type JsonObject } from '../../lib/json.ts'
import { problem, type WireProblem } from './event-json.ts'
import { fitsGlob } from './glob.ts'

/** A filter of Prefect's (EventFilter), checked. Its words may be Prefect's or Capstan's. */
export interface PrefectFilter {
  readonly sinceMs?: number
  readonly untilMs?: number
  readonly order: 'ASC' | 'DESC'
  /** Only the newest event of each resource. */
  readonly isDistinct: boolean
  readonly matches: (record: EventRecord) => boolean
}

export type ParsedFilter =
  | { readonly type: 'Filter'; readonly filter: PrefectFilter }
  | { readonly type: 'Invalid'; readonly problems: readonly WireProblem[] }

/** Texts of one filter; each is compared with each event. */
const MAX_TEXTS = 500

type Condition = (record: EventRecord) => boolean
type Place = readonly (string | number)[]

/** What is read so far, and what was wrong with it. */
class FilterReader {
  readonly problems: WireProblem[] = []
  readonly conditions: Condition[] = []
  #texts = 0

  fail(place: Place, msg: string, type = 'value_error'): void {
    this.problems.push(problem(type, place, msg))
  }

  /** An object with no other members than these; undefined when there is none. */
  object(value: unknown, place: Place, members: readonly string[]): JsonObject | undefined {
    if ((value ?? null) === null) return undefined
    if (!isJsonObject(value)) {
      this.fail(place, 'Input should be a valid dictionary', 'dict_type')
      return undefined
    }
    const unknown = Object.keys(value).find((key) => !members.includes(key))
    if (unknown !== undefined) {
      this.fail([...place, unknown], 'Extra inputs are not permitted', 'extra_forbidden')
    }
    return value
  }

  /** A list of texts; undefined when there is none, or nothing in it. */
  texts(value: unknown, place: Place): readonly string[] | undefined {
    if ((value ?? null) === null) return undefined
    const list = Array.isArray(value) ? value : [value]
    const texts = list.filter((item) => typeof item === 'string')
    if (texts.length < list.length) this.fail(place, 'Input should be a list of strings')
    this.#texts += texts.length
    if (this.#texts > MAX_TEXTS) this.fail(place, `a filter has at most ${MAX_TEXTS} texts`)
    return texts.length > 0 ? texts : undefined
  }
}

const MEMBERS = ['occurred', 'event', 'resource', 'related', 'any_resource', 'id', 'text', 'order']

/** Reads a filter; an absent one lets everything through, newest first. */
export function parsePrefectFilter(
  value: unknown,
  place: Place = ['body', 'filter'],
): ParsedFilter {
  const reader = new FilterReader()
  const filter = reader.object(value, place, MEMBERS) ?? {}
  const time = readOccurred(reader, filter['occurred'], [...place, 'occurred'])
  readNames(reader, filter['event'], [...place, 'event'])
  const isDistinct = readResource(reader, filter['resource'], [...place, 'resource'])
  readMany(filter['related'], (one) => readRelated(reader, one, [...place, 'related']))
  readMany(filter['any_resource'], (one) => readAny(reader, one, [...place, 'any_resource']))
  readIds(reader, filter['id'], [...place, 'id'])
  readText(reader, filter['text'], [...place, 'text'])
  const order = filter['order'] ?? 'DESC'
  if (order !== 'ASC' && order !== 'DESC') reader.fail([...place, 'order'], 'ASC or DESC', 'enum')
  if (reader.problems.length > 0) return { type: 'Invalid', problems: reader.problems }
  const { conditions } = reader
  return {
    type: 'Filter',
    filter: {
      ...time,
      order: order === 'ASC' ? 'ASC' : 'DESC',
      isDistinct,
      matches: (record) => conditions.every((condition) => condition(record)),
    },
  }
}

function readMany(value: unknown, read: (one: unknown) => void): void {
  for (const one of Array.isArray(value) ? value : [value]) read(one)
}

function readOccurred(
  reader: FilterReader,
  value: unknown,
  place: Place,
): { readonly sinceMs?: number; readonly untilMs?: number } {
  const occurred = reader.object(value, place, ['since', 'until']) ?? {}
  const instant = (member: string): number | undefined => {
    const text = occurred[member]
    if ((text ?? null) === null) return undefined
    const ms = typeof text === 'string' ? parseIsoTime(text) : undefined
    if (ms === undefined) reader.fail([...place, member], 'Input should be a valid datetime')
    return ms
  }
  const [sinceMs, untilMs] = [instant('since'), instant('until')]
  reader.conditions.push(
    ({ occurredAtMs }) =>
      occurredAtMs >= (sinceMs ?? occurredAtMs) && occurredAtMs <= (untilMs ?? occurredAtMs),
  )
  return { ...(sinceMs !== undefined && { sinceMs }), ...(untilMs !== undefined && { untilMs }) }
}

function readNames(reader: FilterReader, value: unknown, place: Place): void {
  const names = reader.object(value, place, ['prefix', 'exclude_prefix', 'name', 'exclude_name'])
  const texts = (member: string): readonly string[] | undefined =>
    reader.texts(names?.[member], [...place, member])
  const [prefix, noPrefix] = [texts('prefix'), texts('exclude_prefix')]
  const [name, noName] = [texts('name'), texts('exclude_name')]
  const begins = (event: string, prefixes: readonly string[]): boolean =>
    prefixes.some((one) => event.startsWith(one) || toPrefect(event).startsWith(one))
  const is = (event: string, candidates: readonly string[]): boolean =>
    candidates.some((one) => toCanonical(one) === event)
  const { conditions } = reader
  if (prefix) conditions.push(({ event }) => begins(event, prefix))
  if (noPrefix) conditions.push(({ event }) => !begins(event, noPrefix))
  if (name) conditions.push(({ event }) => is(event, name))
  if (noName) conditions.push(({ event }) => !is(event, noName))
}

type LabelCondition = (labels: EventLabels) => boolean

/** Returns whether only the newest event of each resource is wanted. */
function readResource(reader: FilterReader, value: unknown, place: Place): boolean {
  const resource = reader.object(value, place, ['id', 'id_prefix', 'labels', 'distinct'])
  const conditions = resource ? labelConditions(reader, resource, place) : []
  reader.conditions.push(({ resource: labels }) => conditions.every((fits) => fits(labels)))
  return resource?.['distinct'] === true
}

/** One related resource has to meet all conditions. */
function readRelated(reader: FilterReader, value: unknown, place: Place): void {
  const filter = reader.object(value, place, ['id', 'role', 'resources_in_roles', 'labels'])
  if (!filter) return
  const conditions = [...labelConditions(reader, filter, place)]
  const roles = reader.texts(filter['role'], [...place, 'role'])
  if (roles) conditions.push((labels) => hasRole(labels, roles))
  const pairs = filter['resources_in_roles']
  if ((pairs ?? null) !== null) {
    const readable = (Array.isArray(pairs) ? pairs : [pairs]).map(
      (pair) => reader.texts(pair, [...place, 'resources_in_roles']) ?? [],
    )
    conditions.push((labels) =>
      readable.some(
        ([id = '', role = '']) => labels[LABEL.id] === toCanonical(id) && hasRole(labels, [role]),
      ),
    )
  }
  if (conditions.length === 0) return
  reader.conditions.push(({ related }) =>
    related.some((labels) => conditions.every((fits) => fits(labels))),
  )
}

/** The resource or one that is related has to meet all conditions. */
function readAny(reader: FilterReader, value: unknown, place: Place): void {
  const filter = reader.object(value, place, ['id', 'id_prefix', 'labels'])
  if (!filter) return
  const conditions = labelConditions(reader, filter, place)
  reader.conditions.push(({ resource, related }) =>
    [resource, ...related].some((labels) => conditions.every((fits) => fits(labels))),
  )
}

function labelConditions(
  reader: FilterReader,
  filter: JsonObject,
  place: Place,
): readonly LabelCondition[] {
  const conditions: LabelCondition[] = []
  const ids = reader.texts(filter['id'], [...place, 'id'])
  const prefixes = reader.texts(filter['id_prefix'], [...place, 'id_prefix'])
  if (ids) conditions.push((labels) => ids.some((id) => toCanonical(id) === labels[LABEL.id]))
  if (prefixes) {
    conditions.push(({ [LABEL.id]: id = '' }) =>
      prefixes.some((prefix) => id.startsWith(prefix) || toPrefect(id).startsWith(prefix)),
    )
  }
  const wanted = filter['labels']
  if ((wanted ?? null) === null) return conditions
  if (!isJsonObject(wanted)) {
    reader.fail([...place, 'labels'], 'Input should be a valid dictionary', 'dict_type')
    return conditions
  }
  for (const [key, value] of Object.entries(wanted)) {
    const patterns = reader.texts(value, [...place, 'labels', key]) ?? []
    conditions.push((labels) => fitsLabel(labels, key, patterns))
  }
  return conditions
}

function fitsLabel(labels: EventLabels, key: string, patterns: readonly string[]): boolean {
  const value = labels[toCanonical(key)]
  if (value === undefined) return false
  const spellings = [value, toPrefectLabels(labels)[toPrefect(toCanonical(key))] ?? value]
  return patterns.some((pattern) =>
    pattern.startsWith('!')
      ? spellings.every((text) => !fitsGlob(pattern.slice(1), text))
      : spellings.some((text) => fitsGlob(pattern, text)),
  )
}

function hasRole(labels: EventLabels, roles: readonly string[]): boolean {
  const role = labels[LABEL.role] ?? ''
  const prefectRole = toPrefectLabels({ [LABEL.role]: role })['prefect.resource.role'] ?? role
  return roles.includes(role) || roles.includes(prefectRole)
}

function readIds(reader: FilterReader, value: unknown, place: Place): void {
  const ids = reader.texts(reader.object(value, place, ['id'])?.['id'], [...place, 'id'])
  if (!ids) return
  const wanted = new Set(ids.map((id) => id.toLowerCase()))
  reader.conditions.push(({ id }) => wanted.has(id))
}

/** Prefect's own limit on this query. */
const MAX_QUERY_LENGTH = 200

/** Words of which one has to be there, `-words` that must not be, `+words` that all must be; quotes keep words together. */
function readText(reader: FilterReader, value: unknown, place: Place): void {
  const query = reader.object(value, place, ['query'])?.['query'] ?? ''
  if (typeof query !== 'string' || query.length > MAX_QUERY_LENGTH) {
    reader.fail([...place, 'query'], `Input should be a string of at most ${MAX_QUERY_LENGTH}`)
    return
  }
  const terms = [...query.toLowerCase().matchAll(/([-+!]?)(?:"([^"]*)"|(\S+))/g)]
    .map(([, sign = '', quoted, word = '']) => ({ sign, term: quoted ?? word }))
    .filter(({ term }) => term !== '')
  if (terms.length === 0) return
  const of = (...signs: readonly string[]): readonly string[] =>
    terms.filter(({ sign }) => signs.includes(sign)).map(({ term }) => term)
  const [some, none, all] = [of(''), of('-', '!'), of('+')]
  reader.conditions.push((record) => {
    const text = searchableText(record)
    const has = (term: string): boolean => text.includes(term)
    return (some.length === 0 || some.some(has)) && !none.some(has) && all.every(has)
  })
}

function searchableText({ event, resource, related, payload }: EventRecord): string {
  const labels = [resource, ...related].flatMap((one) => Object.values(toPrefectLabels(one)))
  return [toPrefect(event), event, ...labels, JSON.stringify(payload)].join(' ').toLowerCase()
}
