import { isJsonObject, type Json, type JsonObject } from '../lib/json.ts'

const RESET = '\u001b[0m'
const COLOURS: Readonly<Record<string, string>> = {
  debug: '\u001b[2m',
  info: '\u001b[32m',
  warn: '\u001b[33m',
  error: '\u001b[31m',
}

/** A JSON log line for people: `12:00:00.000 INFO  message key=value`, with texts of many lines and an error's stack below. */
export function renderPretty(line: string, colour: boolean): string {
  const record: JsonObject = JSON.parse(line)
  const { level, time, message, ...fields } = record
  const error = isJsonObject(fields['error']) ? fields['error'] : undefined
  const head = `${toText(time).slice(11, 23)} ${renderLevel(toText(level), colour)} ${toText(message)}`
  const members = Object.entries(fields)
  const short = members.filter(([, value]) => !hasManyLines(value))
  const words = short.map(([name, value]) => ` ${name}=${renderField(value)}`)
  const blocks = members.flatMap(([, value]) => (hasManyLines(value) ? [`${value}\n`] : []))
  return `${head}${words.join('')}\n${blocks.join('')}${renderStack(error)}`
}

function hasManyLines(value: Json | undefined): value is string {
  return typeof value === 'string' && value.includes('\n')
}

function renderLevel(level: string, colour: boolean): string {
  const word = level.toUpperCase().padEnd(5)
  return colour ? `${COLOURS[level] ?? ''}${word}${RESET}` : word
}

function renderField(value: Json | undefined): string {
  if (isJsonObject(value) && typeof value['message'] === 'string') {
    return JSON.stringify(value['message'])
  }
  if (typeof value === 'string' && /^[\w./:@-]+$/.test(value)) return value
  return JSON.stringify(value)
}

function renderStack(error: JsonObject | undefined): string {
  const stack = error?.['stack']
  if (typeof stack !== 'string') return ''
  const frames = stack.split('\n').filter((frame) => frame.startsWith('    at '))
  return frames.map((frame) => `${frame}\n`).join('')
}

function toText(value: Json | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? '')
}
