import type { Sql } from './sql.ts'

/** The last sign of life of each attempt that has given one. A row goes with its attempt. */
export interface BeatStore {
  /** Wall time, epoch milliseconds; undefined: it has not beaten yet, or nobody wrote it down before dying. */
  lastAtMs(clientToken: string): number | undefined
  /** Does nothing when the attempt is gone. */
  put(clientToken: string, lastAtMs: number): void
}

export function createBeatStore(sql: Sql): BeatStore {
  const find = sql.one<[string], { lastAtMs: number }>(
    'SELECT last_at_ms AS lastAtMs FROM beats WHERE client_token = ?',
  )
  const put = sql.write<[object]>(
    `INSERT INTO beats (client_token, last_at_ms)
     SELECT @clientToken, @lastAtMs WHERE EXISTS
       (SELECT 1 FROM attempts WHERE client_token = @clientToken)
     ON CONFLICT (client_token) DO UPDATE SET last_at_ms = excluded.last_at_ms`,
  )
  return {
    lastAtMs: (clientToken) => find(clientToken)?.lastAtMs,
    put: (clientToken, lastAtMs) => {
      put({ clientToken, lastAtMs: Math.round(lastAtMs) })
    },
  }
}
