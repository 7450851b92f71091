import type { EndedRun } from './launch-log-lines.ts'
import { type Nullable, type Sql, toPresent } from './sql.ts'

/** What a launch log is begun with: all that the database knows of launches. */
export interface LaunchSummaryStore {
  /** Unfinished runs that were launched. */
  launchedRunUids(): readonly string[]
  /** Ended runs by uid, after the one given; empty at the end. */
  endedRuns(afterUid: string, limit: number): readonly EndedRun[]
}

export function createLaunchSummaryStore(sql: Sql): LaunchSummaryStore {
  const launched = sql.many<[], { uid: string }>(
    `SELECT uid FROM objects WHERE unfinished = 1
        AND EXISTS (SELECT 1 FROM attempts WHERE attempts.run_uid = objects.uid)`,
  )
  const ended = sql.many<[string, number], Nullable<EndedRun>>(
    `SELECT uid, namespace, name, content_hash AS contentHash, deployment, work_pool AS workPool,
            state_type AS stateType, state_name AS stateName, exit_code AS exitCode, attempts,
            created_at_ms AS createdAtMs, started_at_ms AS startedAtMs, finished_at_ms AS finishedAtMs
       FROM history WHERE uid > +? ORDER BY uid LIMIT +?`,
  )
  return {
    launchedRunUids: () => launched().map(({ uid }) => uid),
    endedRuns: (afterUid, limit) => ended(afterUid, limit).map((row) => toPresent<EndedRun>(row)),
  }
}
