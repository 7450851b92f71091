import {
  type EventLabels,
  type EventRecord,
  isAutomationNews,
  LABEL,
  toCanonical,
  toCanonicalLabels,
  toPrefect,
  toPrefectLabels,
} from '../../kinds/event.ts'
import { isoTime, parseIsoTime } from '../../lib/instant.ts'
import { isJsonObject, type JsonObject } from '../../lib/json.ts'

/** An event as it came over the wire, checked, in Capstan's own words. */
export interface WireEvent {
  readonly id: string
  readonly occurredAtMs: number
  readonly event: string
  readonly resource: EventLabels
  readonly related: readonly EventLabels[]
  readonly payload: JsonObject
  readonly follows?: string
}

/** One thing that is wrong, as Prefect's server tells it (pydantic's `errors()`, without the input). */
export interface WireProblem {
  readonly type: string
  readonly loc: readonly (string | number)[]
  readonly msg: string
}

export type ParsedEvent =
  | { readonly type: 'Event'; readonly event: WireEvent }
  | { readonly type: 'Invalid'; readonly problems: readonly WireProblem[] }

/** Prefect's own limits (PREFECT_EVENTS_MAXIMUM_*). */
export const MAX_EVENT_BYTES = 1_500_000
const MAX_NAME_LENGTH = 1_024
const MAX_LABELS = 500
const MAX_RELATED = 100

const PREFECT_ID = 'prefect.resource.id'
const PREFECT_ROLE = 'prefect.resource.role'
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const ZONED_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:?\d{2})$/i

type Place = readonly (string | number)[]

/** Checks one event of the wire format. Keys that the format does not have are left out, as Prefect does. */
export function parseWireEvent(value: unknown, place: Place = []): ParsedEvent {
  if (!isJsonObject(value)) return invalid([problem('dict_type', place, 'must be an object')])
  const problems: WireProblem[] = []
  const at = (field: string): Place => [...place, field]
  const id = readUuid(value['id'], at('id'), problems)
  const occurredAtMs = readTime(value['occurred'], at('occurred'), problems)
  const event = readName(value['event'], at('event'), problems)
  const resource = readLabels(value['resource'], at('resource'), problems)
  const related = readRelated(value['related'], at('related'), problems)
  const payload = readPayload(value['payload'], at('payload'), problems)
  const isFollowing = (value['follows'] ?? null) !== null
  const follows = isFollowing ? readUuid(value['follows'], at('follows'), problems) : undefined
  if (problems.length > 0) return invalid(problems)
  return {
    type: 'Event',
    event: {
      id,
      occurredAtMs,
      event: toCanonical(event),
      resource: toCanonicalLabels(resource),
      related: related.map(toCanonicalLabels),
      payload,
      ...(follows !== undefined && { follows }),
    },
  }
}

/** What is wrong with an event that is too large; nothing else is looked at then. */
export function tooLarge(bytes: number, place: Place = []): WireProblem {
  return problem(
    'value_error',
    place,
    `the event has ${bytes} bytes, more than the maximum of ${MAX_EVENT_BYTES}`,
  )
}

export function problem(type: string, loc: Place, msg: string): WireProblem {
  return { type, loc, msg }
}

function invalid(problems: readonly WireProblem[]): ParsedEvent {
  return { type: 'Invalid', problems }
}

function missing(place: Place): WireProblem {
  return problem('missing', place, 'Field required')
}

function readUuid(value: unknown, place: Place, problems: WireProblem[]): string {
  if (value === undefined) problems.push(missing(place))
  else if (typeof value !== 'string' || !UUID.test(value)) {
    problems.push(problem('uuid_parsing', place, 'Input should be a valid UUID'))
  } else return value.toLowerCase()
  return ''
}

function readTime(value: unknown, place: Place, problems: WireProblem[]): number {
  const text = typeof value === 'string' && ZONED_TIME.test(value) ? value : undefined
  const ms = parseIsoTime(text)
  if (value === undefined) problems.push(missing(place))
  else if (ms === undefined) {
    problems.push(
      problem('timezone_aware', place, 'Input should be a valid datetime with a time zone'),
    )
  }
  return ms ?? 0
}

function readName(value: unknown, place: Place, problems: WireProblem[]): string {
  if (value === undefined) problems.push(missing(place))
  else if (typeof value !== 'string' || value === '') {
    problems.push(problem('string_type', place, 'Input should be a valid string'))
  } else if (value.length > MAX_NAME_LENGTH) {
    const msg = `Value error, Event name must be at most ${MAX_NAME_LENGTH} characters`
    problems.push(problem('value_error', place, msg))
  } else return value
  return ''
}

function readLabels(value: unknown, place: Place, problems: WireProblem[]): EventLabels {
  if (value === undefined) {
    problems.push(missing(place))
    return {}
  }
  if (!isJsonObject(value)) {
    problems.push(problem('dict_type', place, 'Input should be a valid dictionary'))
    return {}
  }
  const wrong = Object.keys(value).filter((key) => typeof value[key] !== 'string')
  for (const key of wrong) {
    problems.push(problem('string_type', [...place, key], 'Input should be a valid string'))
  }
  const found = labelsProblem(value)
  if (found !== undefined) problems.push(problem('value_error', place, `Value error, ${found}`))
  // Each value is a string, or its problem is told.
  return value as EventLabels
}

function labelsProblem(labels: JsonObject): string | undefined {
  if (Object.keys(labels).length > MAX_LABELS) {
    return `The maximum number of labels per resource is ${MAX_LABELS}`
  }
  const id = labels[PREFECT_ID] ?? labels[LABEL.id]
  if (id === undefined) return `Resources must include the ${PREFECT_ID} label`
  return id === '' ? `The ${PREFECT_ID} label must be non-empty` : undefined
}

function readRelated(
  value: unknown,
  place: Place,
  problems: WireProblem[],
): readonly EventLabels[] {
  if (value === undefined) return []
  if (!Array.isArray(value)) {
    problems.push(problem('list_type', place, 'Input should be a valid list'))
    return []
  }
  if (value.length > MAX_RELATED) {
    const msg = `Value error, The maximum number of related resources is ${MAX_RELATED}`
    problems.push(problem('value_error', place, msg))
    return []
  }
  return value.map((item: unknown, index) => {
    const labels = readLabels(item, [...place, index], problems)
    const role = labels[PREFECT_ROLE] ?? labels[LABEL.role] ?? ''
    if (role === '') {
      const msg = `Value error, Related Resources must include the ${PREFECT_ROLE} label`
      problems.push(problem('value_error', [...place, index], msg))
    }
    return labels
  })
}

function readPayload(value: unknown, place: Place, problems: WireProblem[]): JsonObject {
  if (value === undefined) return {}
  if (isJsonObject(value)) return value
  problems.push(problem('dict_type', place, 'Input should be a valid dictionary'))
  return {}
}

/** An event in Prefect's words, as its clients read it. */
export function renderPrefectEvent(record: EventRecord): JsonObject {
  return {
    id: record.id,
    occurred: isoTime(record.occurredAtMs),
    received: isoTime(record.receivedAtMs),
    event: toPrefect(record.event),
    resource: toPrefectLabels(record.resource),
    related: record.related.map(toPrefectLabels),
    payload: renderPayload(record),
    follows: record.follows ?? null,
  }
}

/** Only what a firing answers is told in other words there. */
function renderPayload({ event, payload }: EventRecord): JsonObject {
  const { triggering_event: cause } = payload
  if (!isAutomationNews(event) || !isJsonObject(cause)) return payload
  const { event: name, resource } = cause
  if (typeof name !== 'string' || !isJsonObject(resource)) return payload
  // Labels of an event of the log.
  const labels = toPrefectLabels(resource as EventLabels)
  return { ...payload, triggering_event: { ...cause, event: toPrefect(name), resource: labels } }
}
