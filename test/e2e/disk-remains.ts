import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import Database from 'better-sqlite3'
import type { Sandbox } from './program.ts'

/** What is looked at in the data directory `data-NAME` of a controller that has ended, whatever ended it. */

export const FILES = ['capstan.db', 'capstan.db-wal', 'capstan.db-journal'] as const

export interface Remains {
  /** Tasks that were launched though no committed intent stands behind them. */
  readonly unrecorded: readonly string[]
  /** What SQLite's full check complains of; `ok`: nothing. */
  readonly damage: unknown
}

/** What the faults left, looked at in a copy: opening the files would mend them. */
export function inspect(sandbox: Sandbox, name: string): Remains {
  const copy = `copy-${name}`
  mkdirSync(sandbox.path(copy))
  for (const file of FILES) {
    const path = sandbox.path(`data-${name}`, file)
    if (existsSync(path)) cpSync(path, sandbox.path(copy, file))
  }
  const tokens = tokensOf(sandbox, name)
  if (!existsSync(sandbox.path(copy, FILES[0]))) return { unrecorded: tokens, damage: 'ok' }
  const database = new Database(sandbox.path(copy, FILES[0]))
  const damage = database.pragma('integrity_check', { simple: true })
  const known = new Set(
    hasTable(database, 'attempts')
      ? database.prepare<[], string>('SELECT client_token FROM attempts').pluck().all()
      : [],
  )
  database.close()
  return { unrecorded: tokens.filter((token) => !known.has(token)), damage }
}

function hasTable(database: Database.Database, name: string): boolean {
  const query = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?"
  return database.prepare<[string]>(query).get(name) !== undefined
}

/** Client tokens of all tasks that the embedded endpoint has made. */
export function tokensOf(sandbox: Sandbox, name: string): readonly string[] {
  const path = sandbox.path(`data-${name}`, 'local', 'state.jsonl')
  if (!existsSync(path)) return []
  const entries = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map(
      (line) => JSON.parse(line) as { kind: string; key: string; value?: { clientToken: string } },
    )
  const tasks = new Map(
    entries.flatMap(({ kind, key, value }) =>
      kind === 'task' && value ? [[key, value.clientToken] as const] : [],
    ),
  )
  return [...tasks.values()]
}
