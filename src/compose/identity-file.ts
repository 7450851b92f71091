import { isJsonObject } from '../lib/json.ts'
import { replaceFile } from '../store/durable-file.ts'
import type { FileIdentities } from '../store/stale-wal.ts'
import { readJsonFile } from './json-file.ts'
import { StartProblem } from './start-problem.ts'

/** Beside the database, so that a lost, exchanged or older database is noticed. */
export interface IdentityFile {
  readonly instanceId: string
  /** Starts that were counted. */
  readonly epoch: number
  /** Absent: unknown. */
  readonly files?: FileIdentities | undefined
}

/** Undefined: there is none. Throws StartProblem when it cannot be read as one. */
export function readIdentity(path: string): IdentityFile | undefined {
  const file = readJsonFile(path)
  if (!file) return undefined
  const { instanceId, epoch, files } = file.content ?? {}
  if (typeof instanceId === 'string' && typeof epoch === 'number') {
    return { instanceId, epoch, files: parseFiles(files) }
  }
  throw new StartProblem(
    `${path} cannot be read as the identity of a data directory: put it back from a backup, or remove it to start without proof of what has run`,
  )
}

export function writeIdentity(path: string, identity: IdentityFile): void {
  replaceFile(path, [`${JSON.stringify(identity)}\n`])
}

function parseFiles(value: unknown): FileIdentities | undefined {
  if (!isJsonObject(value)) return undefined
  const { database, wal } = value
  return typeof database === 'string' && typeof wal === 'string' ? { database, wal } : undefined
}
