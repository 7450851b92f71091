import { isJsonObject, type JsonObject } from '../../lib/json.ts'
import type { EffectiveSetting } from '../effective-settings.ts'
import { escapeTerminal } from '../escape-terminal.ts'
import { plainText } from '../json-text.ts'
import { LAST_APPLIED } from '../last-applied.ts'
import { type ApiObject, listAt, omit, textAt } from '../objects.ts'
import { alignTabs } from '../tab-writer.ts'
import { attemptLines } from './attempts.ts'
import { eventLines } from './events.ts'
import { ageOf, memberLines, tableLines, valueLines } from './lines.ts'

/** Members of metadata that the head of the description shows, or that only machines read. */
const SHOWN_ELSEWHERE = ['name', 'namespace', 'labels', 'annotations', 'managedFields']

/** What is shown beside the object itself. */
export interface Surroundings {
  readonly events: readonly JsonObject[]
  /** Settings that are worth a table: what they come to, and whose they are. */
  readonly settings?: readonly EffectiveSetting[]
  readonly nowMs: number
}

/** `capstan describe` of one object: what it is, what it wants, how it is, and what happened. */
export function renderDescription(
  object: ApiObject,
  { events, settings = [], nowMs }: Surroundings,
): string {
  const lines = [
    ...headLines(object),
    ...valueLines('Metadata', omit(object.metadata, SHOWN_ELSEWHERE), 0),
    ...Object.keys(object)
      .filter((member) => !['apiVersion', 'kind', 'metadata', 'status'].includes(member))
      .flatMap((member) => memberLines({ [member]: object[member] }, 0)),
    ...settingLines(settings),
    ...statusLines(object, nowMs),
    ...eventLines(events, nowMs),
  ]
  return `${alignTabs(lines.join('\n'))}\n`
}

function headLines(object: ApiObject): readonly string[] {
  const { metadata } = object
  return [
    `Name:\t${metadata.name}`,
    ...(metadata.namespace === undefined ? [] : [`Namespace:\t${metadata.namespace}`]),
    ...pairLines('Labels', metadata['labels'], '='),
    ...pairLines('Annotations', omit(metadata['annotations'], [LAST_APPLIED]), ': '),
    `API Version:\t${object.apiVersion}`,
    `Kind:\t${object.kind}`,
  ]
}

/** The first pair stands beside the label, the others under it. */
function pairLines(label: string, pairs: unknown, separator: string): readonly string[] {
  const entries = isJsonObject(pairs) ? Object.entries(pairs) : []
  if (entries.length === 0) return [`${label}:\t<none>`]
  return entries
    .map(
      ([name, value]) =>
        `${name}${separator}${escapeTerminal(plainText(value)).replaceAll('\n', ' ')}`,
    )
    .sort()
    .map((pair, index) => `${index === 0 ? `${label}:` : ''}\t${pair}`)
}

function settingLines(settings: readonly EffectiveSetting[]): readonly string[] {
  if (settings.length === 0) return []
  const rows = settings.map(({ name, value, source }) => [name, value, source])
  return ['Effective Settings:', ...tableLines(['Setting', 'Value', 'Source'], rows, 1)]
}

function statusLines(object: ApiObject, nowMs: number): readonly string[] {
  const { status } = object
  if (!isJsonObject(status)) return []
  const rest = omit(status, ['attempts', 'conditions', 'state'])
  return [
    ...valueLines('Status', { ...stateMember(status, nowMs), ...rest }, 0),
    ...attemptLines(listAt(status, 'attempts'), nowMs),
    ...conditionLines(listAt(status, 'conditions'), nowMs),
  ]
}

/** `Running (RUNNING) for 5m` and the message: the state as one line instead of four. */
function stateMember(status: JsonObject, nowMs: number): JsonObject {
  const state = status['state']
  if (!isJsonObject(state)) return {}
  const message = textAt(state, 'message')
  return {
    state: `${textAt(state, 'name')} (${textAt(state, 'type')}) for ${ageOf(state['timestamp'], nowMs)}`,
    ...(message ? { stateMessage: message } : {}),
  }
}

function conditionLines(conditions: readonly JsonObject[], nowMs: number): readonly string[] {
  if (conditions.length === 0) return []
  const rows = conditions.map((condition) => [
    plainText(condition['type']),
    plainText(condition['status']),
    ageOf(condition['lastTransitionTime'], nowMs),
    textAt(condition, 'reason') ?? '',
    textAt(condition, 'message') ?? '',
  ])
  return ['Conditions:', ...tableLines(['Type', 'Status', 'Since', 'Reason', 'Message'], rows, 1)]
}
