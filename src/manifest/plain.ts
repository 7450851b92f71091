import {
  COLLECTION_STYLE,
  CORE_SCHEMA,
  EVENT_ID,
  type Event,
  getScalarValue,
  type MappingEvent,
  parseEvents,
  SCALAR_STYLE,
  type ScalarEvent,
  type SequenceEvent,
  YAMLException,
} from 'js-yaml'
import type { PathStep } from '../kinds/placeholder.ts'
import type { Json } from '../lib/json.ts'
import type { ParsedDocument } from './compose.ts'
import { indexOfKey } from './keys.ts'
import { positionIn } from './problem.ts'
import { FORBIDDEN_KEYS } from './to-json.ts'

/**
 * Reads plain YAML, which nearly all manifests are written in: maps, lists, scalars and comments. The parser
 * behind it takes a tenth of the time of the one for everything (compose.ts), which is asked about every text
 * that has more in it, or something that is or may be wrong. `plain.test.ts` compares the two.
 */

/** Shorter than this, and a text without aliases keeps every limit of structure.ts but those of depth and documents. */
const MAX_LENGTH = 16_384

/** These two are far below the limits of structure.ts. */
const MAX_DEPTH = 50
const MAX_DOCUMENTS = 50

/** Printable characters and line ends of one kind; no tabs, which the parsers take differently, nothing in two halves. */
const CHARACTERS = /^[\n -~\u00A1-\u1FFF]*$/

/** Lines that the parser takes more freely: directives it does not know, and what begins or ends a document. */
const ODD_LINE = /^(?:%| +(?:---|\.\.\.))/m

/** Where keys and values begin: for each member of a list or map two offsets. */
type Places = Map<Json, readonly number[]>

interface Reader {
  readonly text: string
  readonly events: readonly Event[]
  /** The index of the next event. */
  next: number
  readonly places: Places
}

/** Thrown where the other parser has to look. One object for all: making an error costs as much as reading a line. */
const NOT_PLAIN = new Error('more than plain YAML')

/** The documents of a text; undefined where the text is more than plain. Never throws. */
export function readPlain(text: string): readonly ParsedDocument[] | undefined {
  if (text.length > MAX_LENGTH || !CHARACTERS.test(text) || ODD_LINE.test(text)) return undefined
  try {
    const events = parseEvents(text, { maxDepth: MAX_DEPTH })
    return readDocuments({ text, events, next: 0, places: new Map() })
  } catch (error) {
    if (error === NOT_PLAIN || error instanceof YAMLException) return undefined
    throw error
  }
}

function readDocuments(reader: Reader): readonly ParsedDocument[] {
  const documents: ParsedDocument[] = []
  for (let count = 0; reader.next < reader.events.length; count += 1) {
    const event = take(reader)
    const isPlain = event.type === EVENT_ID.DOCUMENT && event.directives.length === 0
    if (!isPlain || event.explicitEnd || count > MAX_DOCUMENTS) throw NOT_PLAIN
    if (endsHere(reader)) continue
    const root = take(reader)
    const [at, value] = readNode(reader, root)
    if (root.type === EVENT_ID.SCALAR && (value !== null || at >= 0)) throw NOT_PLAIN
    if (!endsHere(reader)) throw NOT_PLAIN
    if (value !== null) documents.push(toDocument(reader, value, at))
  }
  return documents
}

function take(reader: Reader): Event {
  const event = reader.events[reader.next]
  if (!event) throw NOT_PLAIN
  reader.next += 1
  return event
}

/** Passes the end of a document, list or map. */
function endsHere(reader: Reader): boolean {
  const isEnd = reader.events[reader.next]?.type === EVENT_ID.POP
  if (isEnd) reader.next += 1
  return isEnd
}

/** Where a value begins and what it is; an empty one begins at -1. */
function readNode(reader: Reader, event: Event): readonly [at: number, value: Json] {
  if (!isNode(event) || event.anchorStart >= 0 || event.tagStart >= 0) throw NOT_PLAIN
  if (event.type === EVENT_ID.SCALAR) return readScalar(reader.text, event)
  const isBlock = event.style === COLLECTION_STYLE.BLOCK
  const value =
    event.type === EVENT_ID.MAPPING ? readMap(reader, isBlock) : readList(reader, isBlock)
  return [event.start, value]
}

function isNode(event: Event): event is ScalarEvent | MappingEvent | SequenceEvent {
  const { type } = event
  return type === EVENT_ID.SCALAR || type === EVENT_ID.MAPPING || type === EVENT_ID.SEQUENCE
}

function readList(reader: Reader, isBlock: boolean): readonly Json[] {
  const list: Json[] = []
  const places: number[] = []
  while (!endsHere(reader)) {
    const [at, value] = readNode(reader, take(reader))
    if (at < 0 || (isBlock && !beginsLine(reader.text, at))) throw NOT_PLAIN
    places.push(at, at)
    list.push(value)
  }
  reader.places.set(list, places)
  return list
}

function readMap(reader: Reader, isBlock: boolean): Json {
  const map: Record<string, Json> = {}
  const places: number[] = []
  while (!endsHere(reader)) {
    const [keyAt, key] = readNode(reader, take(reader))
    const [at, value] = readNode(reader, take(reader))
    if (!isPlainKey(key) || Object.hasOwn(map, key)) throw NOT_PLAIN
    if (isBlock && !beginsLine(reader.text, keyAt)) throw NOT_PLAIN
    places.push(keyAt, at < 0 ? keyAt : at)
    map[key] = value
  }
  reader.places.set(map, places)
  return map
}

/** Whether nothing but spaces and dashes is before it; the parser lets a member follow another one. */
function beginsLine(text: string, offset: number): boolean {
  let at = offset - 1
  while (text[at] === ' ' || text[at] === '-') at -= 1
  return at < 0 || text[at] === '\n'
}

/** Words that stand in the order of the text, which JavaScript keeps for all but numbers. */
function isPlainKey(key: Json): key is string {
  return typeof key === 'string' && KEY.test(key) && !FORBIDDEN_KEYS.includes(key)
}

const KEY = /^[A-Za-z_./][\w./-]{0,200}$/

function readScalar(text: string, event: ScalarEvent): readonly [at: number, value: Json] {
  const { style, valueStart, valueEnd } = event
  if (style === SCALAR_STYLE.PLAIN) {
    return valueStart < 0 ? [-1, null] : [valueStart, resolve(getScalarValue(text, event))]
  }
  if (!WRITTEN[style]?.test(text.slice(valueStart, valueEnd))) throw NOT_PLAIN
  const isUnderBar = style === SCALAR_STYLE.LITERAL_BLOCK
  const at = isUnderBar ? barBefore(text, valueStart) : valueStart - 1
  return [at, getScalarValue(text, event)]
}

/** Where the bar stands that the lines of a text follow. */
function barBefore(text: string, linesAt: number): number {
  const from = text.lastIndexOf('\n', linesAt - 2) + 1
  const found = /[:-] (\|-?)$/.exec(text.slice(from, linesAt - 1))
  if (!found?.[1]) throw NOT_PLAIN
  return linesAt - 1 - found[1].length
}

/**
 * Between quotes one line, with the escapes of JSON but for \u, which can make half a character. Under a bar lines
 * that say something or nothing at all, as a line of spaces is read in two ways.
 */
const WRITTEN: Readonly<Partial<Record<number, RegExp>>> = {
  [SCALAR_STYLE.SINGLE_QUOTED]: /^[^\n]*$/,
  [SCALAR_STYLE.DOUBLE_QUOTED]: /^(?:[^\\\n]|\\["\\/bfnrt])*$/,
  [SCALAR_STYLE.LITERAL_BLOCK]: /^ +[^ \n][^\n]*\n(?:(?: +[^ \n][^\n]*)?\n)*$/,
}

const PLAIN_TAGS = CORE_SCHEMA.implicitScalarTags

/** What text without quotes stands for. Numbers that would be written back differently are no plain matter. */
function resolve(text: string): Json {
  if (text.includes('\n') || text === '<<') throw NOT_PLAIN
  for (const tag of PLAIN_TAGS) {
    const value: unknown = tag.resolve(text, false, tag.tagName)
    if (value === null || typeof value === 'boolean') return value
    if (typeof value !== 'number') continue
    if (String(value) !== text || Math.abs(value) > Number.MAX_SAFE_INTEGER) throw NOT_PLAIN
    return value
  }
  // A number that the parser does not keep as one.
  if (!Number.isNaN(Number(text))) throw NOT_PLAIN
  return text
}

function toDocument({ text, places }: Reader, root: Json, rootAt: number): ParsedDocument {
  return {
    value: root,
    rewrittenNumbers: [],
    locate(path, atKey = false) {
      let value = root
      let place = { keyAt: rootAt, valueAt: rootAt }
      let reached = 0
      for (const step of path) {
        const index = indexOf(value, step)
        const [keyAt, valueAt] = places.get(value)?.slice(2 * index, 2 * index + 2) ?? []
        if (index < 0 || keyAt === undefined || valueAt === undefined) break
        place = { keyAt, valueAt }
        value = Object.values(value as object)[index]
        reached += 1
      }
      return positionIn(text, atKey && reached === path.length ? place.keyAt : place.valueAt)
    },
  }
}

function indexOf(value: Json, step: PathStep): number {
  if (Array.isArray(value)) return typeof step === 'number' ? step : -1
  return typeof value === 'object' && value !== null
    ? indexOfKey(Object.keys(value), String(step))
    : -1
}
