import type { Sql } from './sql.ts'

/** Frozen with the intent: the template may say something else by the time the output is read. */
export interface AttemptLogs {
  /** Whether the controller's own log follows the output. */
  readonly streamOutput: boolean
  /** The containers that write to CloudWatch Logs under a stream prefix. */
  readonly containers: readonly {
    readonly container: string
    readonly group: string
    readonly prefix: string
  }[]
}

/** How far the output of one container was followed: how many events with that very time were printed. */
export interface FollowedLogRow {
  readonly clientToken: string
  readonly container: string
  /** Epoch milliseconds; 0: from the head. */
  readonly atMs: number
  readonly countAtMs: number
}

/** Outputs that are being followed. A row goes when its output was read to the end, or with its attempt. */
export interface FollowedLogStore {
  all(): readonly FollowedLogRow[]
  /** Begins at the head; one that is followed already keeps its place. */
  begin(clientToken: string, container: string): void
  /** Does nothing when the attempt is gone. */
  advance(row: FollowedLogRow): void
  end(clientToken: string, container: string): void
}

export function createFollowedLogStore(sql: Sql): FollowedLogStore {
  const begin = sql.write<[string, string]>(
    `INSERT OR IGNORE INTO followed_logs (client_token, container, at_ms, count_at_ms)
      VALUES (?, ?, 0, 0)`,
  )
  const advance = sql.write<[object]>(
    `UPDATE followed_logs SET at_ms = @atMs, count_at_ms = @countAtMs
      WHERE client_token = @clientToken AND container = @container`,
  )
  const end = sql.write<[string, string]>(
    'DELETE FROM followed_logs WHERE client_token = ? AND container = ?',
  )
  return {
    all: sql.many<[], FollowedLogRow>(
      `SELECT client_token AS clientToken, container, at_ms AS atMs, count_at_ms AS countAtMs
        FROM followed_logs ORDER BY client_token, container`,
    ),
    begin: (clientToken, container) => {
      begin(clientToken, container)
    },
    advance: (row) => {
      advance(row)
    },
    end: (clientToken, container) => {
      end(clientToken, container)
    },
  }
}
