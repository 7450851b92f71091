import { crc32 } from 'node:zlib'
import { isJsonObject, type JsonObject } from '../lib/json.ts'
import type { HistoryRow } from './types.ts'

/** What stays of an ended run: enough to know that its content has run. Messages stay in the database. */
export type EndedRun = Omit<HistoryRow, 'message'>

export interface LaunchLogHeader {
  /** Whose launches these are; see IdentityStore.instanceId. */
  readonly instanceId: string
  /** Launches that the database had counted when the log was begun. */
  readonly sequence: number
  /** Whether a run that is not in the log was never launched. */
  readonly whole: boolean
}

/** What a launch log proves. */
export interface LaunchProofs extends LaunchLogHeader {
  /** Runs with a launch, and the number of the last one; 0 for launches from before the log was begun. */
  readonly launched: ReadonlyMap<string, number>
  /** Runs that ended and were not launched again. */
  readonly ended: ReadonlyMap<string, EndedRun>
  /** Lines that could not be read, a torn last one not counted: it was never acted upon. */
  readonly damagedLines: number
}

const VERSION = 1

export function headerLine({ instanceId, sequence, whole }: LaunchLogHeader): string {
  return toLine({ version: VERSION, instance: instanceId, sequence, whole })
}

/** `sequence`: which launch of the database this is; 0 when a log is begun from what the database says. */
export function launchLine(runUid: string, sequence: number): string {
  return toLine({ launch: runUid, sequence })
}

/** `sequence`, here as everywhere: launches that the database has counted until now. */
export function endLine(run: EndedRun, sequence: number): string {
  return toLine({ end: { ...run }, sequence })
}

/** From here on a run that is not in the log may have been launched. */
export function gapLine(sequence: number): string {
  return toLine({ whole: false, sequence })
}

function toLine(value: JsonObject): string {
  const text = JSON.stringify(value)
  return `${checksum(text)} ${text}\n`
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, '0')
}

/** The sequence that a whole line says; undefined when it cannot be read. */
export function sequenceOf(line: string): number | undefined {
  const sequence = parseLine(line)?.['sequence']
  return typeof sequence === 'number' ? sequence : undefined
}

export function parseHeaderLine(line: string): LaunchLogHeader | undefined {
  return parseHeader(parseLine(line))
}

/** Undefined when the text does not begin with a header that can be read: then it proves nothing. */
export function parseLaunchLog(text: string): LaunchProofs | undefined {
  const lines = text.split('\n')
  // After the last newline there is nothing, or a line that was being written when the process died.
  lines.pop()
  const [first = '', ...rest] = lines
  const header = parseHeaderLine(first)
  if (!header) return undefined
  const state = {
    ...header,
    launched: new Map<string, number>(),
    ended: new Map<string, EndedRun>(),
    damagedLines: 0,
  }
  for (const line of rest) takeIn(state, parseLine(line))
  return state
}

type State = { -readonly [Member in keyof LaunchProofs]: LaunchProofs[Member] } & {
  readonly launched: Map<string, number>
  readonly ended: Map<string, EndedRun>
}

function takeIn(state: State, value: JsonObject | undefined): void {
  const { launch, end, sequence } = value ?? {}
  if (typeof sequence !== 'number') {
    state.whole = false
    state.damagedLines += 1
    return
  }
  state.sequence = Math.max(state.sequence, sequence)
  if (typeof launch === 'string') {
    state.launched.set(launch, sequence)
    state.ended.delete(launch)
  } else if (isJsonObject(end)) {
    const run = end as unknown as EndedRun
    state.ended.set(run.uid, run)
  } else {
    state.whole = false
  }
}

function parseHeader(value: JsonObject | undefined): LaunchLogHeader | undefined {
  const { version, instance, sequence, whole } = value ?? {}
  if (version !== VERSION || typeof instance !== 'string' || typeof sequence !== 'number') {
    return undefined
  }
  return { instanceId: instance, sequence, whole: whole === true }
}

function parseLine(line: string): JsonObject | undefined {
  const text = line.slice(9)
  if (line.slice(0, 9) !== `${checksum(text)} `) return undefined
  const value: unknown = JSON.parse(text)
  return isJsonObject(value) ? value : undefined
}
