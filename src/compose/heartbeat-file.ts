import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isJsonObject } from '../lib/json.ts'
import type { Random } from '../lib/random.ts'
import { StartProblem } from './start-problem.ts'

/**
 * What tasks that run hold in their hands: tokens made with this key, and the port that they beat at. It is kept
 * outside of the database, so that losing that one silences nobody.
 */
export interface HeartbeatFile {
  readonly key: Uint8Array
  /** Of the listener that Capstan chose a port for; undefined: never chosen. */
  readonly port: number | undefined
  savePort(port: number): void
}

const FILE_NAME = 'heartbeat.json'
const KEY_BYTES = 32

/** Reads the file of the data directory, or makes it. Throws StartProblem for one that cannot be read. */
export function openHeartbeatFile(dataDir: string, random: Random): HeartbeatFile {
  const path = join(dataDir, FILE_NAME)
  const known = read(path)
  const key = known?.key ?? random.hex(KEY_BYTES)
  if (!known) write(path, { key, port: undefined })
  return {
    key: Buffer.from(key, 'hex'),
    port: known?.port,
    savePort: (port) => write(path, { key, port }),
  }
}

interface Content {
  readonly key: string
  readonly port: number | undefined
}

function read(path: string): Content | undefined {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
  const content = parse(text)
  if (content) return content
  throw new StartProblem(
    `${path} is damaged: delete it, and tasks that run now can no longer send heartbeats`,
  )
}

function parse(text: string): Content | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (!isJsonObject(value)) return undefined
    const { key, port } = value
    if (typeof key !== 'string' || !/^[0-9a-f]{64}$/.test(key)) return undefined
    return { key, port: typeof port === 'number' ? port : undefined }
  } catch {
    return undefined
  }
}

/** Whole or not at all, and for the owner alone. */
function write(path: string, content: Content): void {
  const temporary = `${path}.new`
  writeFileSync(temporary, `${JSON.stringify(content)}\n`, { mode: 0o600, flush: true })
  renameSync(temporary, path)
}
