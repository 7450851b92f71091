import { renderAge } from '../../lib/age.ts'
import { parseIsoTime } from '../../lib/instant.ts'
import { isJsonObject, type JsonObject } from '../../lib/json.ts'
import { escapeTerminal } from '../escape-terminal.ts'
import { plainText } from '../json-text.ts'
import { labelOf } from './label.ts'

/** Members whose keys the user chose: they are shown as they were written. */
const USER_KEYED = [
  'env',
  'secrets',
  'labels',
  'annotations',
  'parameters',
  'variables',
  'properties',
  'cloudwatchLogsOptions',
  'match',
  'matchRelated',
]

export function indent(level: number, text: string): string {
  return '  '.repeat(level) + text
}

/** kubectl's nested form of any value: `Name:\tvalue` lines in order of the names, for alignTabs. */
export function memberLines(
  content: JsonObject,
  level: number,
  isUserKeyed = false,
): readonly string[] {
  return Object.keys(content)
    .filter((field) => content[field] !== undefined)
    .sort()
    .flatMap((field) => {
      const label = isUserKeyed ? field : labelOf(field)
      return valueLines(label, content[field], level, isUserKeyed || USER_KEYED.includes(field))
    })
}

/** A heading with what is under it, or one line for a scalar. */
export function valueLines(
  label: string,
  value: unknown,
  level: number,
  isUserKeyed = false,
): readonly string[] {
  const heading = indent(level, `${label}:`)
  if (Array.isArray(value)) {
    if (value.length === 0) return [`${heading}\t<none>`]
    return [heading, ...value.flatMap((item: unknown) => itemLines(item, level + 1, isUserKeyed))]
  }
  if (isJsonObject(value)) {
    if (Object.keys(value).length === 0) return [`${heading}\t<none>`]
    return [heading, ...memberLines(value, level + 1, isUserKeyed)]
  }
  const text = plainText(value)
  if (!text.includes('\n')) return [`${heading}\t${withoutTabs(text)}`]
  return [heading, ...textLines(text, level + 1)]
}

function itemLines(item: unknown, level: number, isUserKeyed: boolean): readonly string[] {
  if (isJsonObject(item)) return memberLines(item, level, isUserKeyed)
  return textLines(plainText(item), level)
}

function textLines(text: string, level: number): readonly string[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => indent(level, withoutTabs(line)))
}

/** A tab inside a value would open a column. */
export function withoutTabs(text: string): string {
  return escapeTerminal(text).replaceAll('\t', '  ')
}

/** A small table under a heading: header, dashes, rows; the cells are separated by tabs. */
export function tableLines(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  level: number,
): readonly string[] {
  const dashes = header.map((title) => '-'.repeat(title.length))
  return [header, dashes, ...rows].map((cells) =>
    indent(level, cells.map((cell) => withoutTabs(cell).replace(/\s*\n\s*/g, ' ')).join('\t')),
  )
}

/** How long ago an RFC 3339 time was. */
export function ageOf(time: unknown, nowMs: number): string {
  const atMs = typeof time === 'string' ? parseIsoTime(time) : undefined
  return atMs === undefined ? '<unknown>' : renderAge(nowMs - atMs)
}
