import { join } from 'node:path'
import type { Random } from '../lib/random.ts'
import { replaceFile } from '../store/durable-file.ts'
import { readJsonFile } from './json-file.ts'
import { StartProblem } from './start-problem.ts'

/**
 * What running tasks rely on: tokens made with this key, and the port that they beat at. Kept outside of the
 * database, so that losing it silences nobody.
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
  const file = readJsonFile(path)
  if (!file) return undefined
  const { key, port } = file.content ?? {}
  if (typeof key === 'string' && /^[0-9a-f]{64}$/.test(key)) {
    return { key, port: typeof port === 'number' ? port : undefined }
  }
  throw new StartProblem(
    `${path} is damaged: delete it, and tasks that run now can no longer send heartbeats`,
  )
}

function write(path: string, content: Content): void {
  replaceFile(path, [`${JSON.stringify(content)}\n`])
}
