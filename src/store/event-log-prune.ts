import type { Lane } from './event-log.ts'
import type { Sql } from './sql.ts'

interface Limit {
  readonly rows: number
  /** Of bodies, which are all but the whole of it. */
  readonly bytes: number
}

const MIB = 2 ** 20

/**
 * What is kept. Own: some ten events each of the last ten thousand runs. Outside: enough for a busy
 * fleet's last hours, whatever single events weigh. Beat: the latest of every run of a large fleet.
 */
export const LANE_LIMITS: Readonly<Record<Lane, Limit>> = {
  Own: { rows: 100_000, bytes: 96 * MIB },
  Outside: { rows: 30_000, bytes: 48 * MIB },
  Beat: { rows: 20_000, bytes: 16 * MIB },
}

/** Kept of what one run has sent, so that a talkative one pushes out nobody else's. */
export const SENDER_LIMITS: Readonly<Record<Exclude<Lane, 'Own'>, number>> = {
  Outside: 1_000,
  Beat: 20,
}

/** Old rows go in bulk, so that the usual event pays nothing for it. */
const PRUNE_EVERY_ROWS = 1_000
const PRUNE_EVERY_BYTES = 4 * MIB

/** What part of its rows goes at once while a lane is too heavy. */
const BULK_SHARE = 0.1

interface AddedRow {
  readonly seq: number
  readonly lane: Lane
  readonly runUid: string | undefined
  readonly bytes: number
}

/** Forgets old events, lane by lane. The newest row of all always stays: positions are never given out twice. */
export function createEventLogPrune(sql: Sql) {
  const pruneSender = createSenderPrune(sql)
  const pruneLane = createLanePrune(sql)
  const bytesSince: Record<Lane, number> = { Own: 0, Outside: 0, Beat: 0 }
  return {
    /** Does what is due after this row; to be called inside its transaction. */
    added({ seq, lane, runUid, bytes }: AddedRow): void {
      if (lane !== 'Own' && runUid !== undefined) pruneSender(lane, runUid)
      bytesSince[lane] += bytes
      if (seq % PRUNE_EVERY_ROWS === 0) for (const one of LANES) pruneLane(one)
      else if (bytesSince[lane] >= PRUNE_EVERY_BYTES) {
        bytesSince[lane] = 0
        pruneLane(lane)
      }
    },
    all: (): number => LANES.reduce((gone, lane) => gone + pruneLane(lane), 0),
  }
}

const LANES: readonly Lane[] = ['Own', 'Outside', 'Beat']

function createSenderPrune(sql: Sql) {
  const prune = sql.write<[{ lane: Lane; runUid: string; keep: number }]>(
    `DELETE FROM event_log WHERE lane = +@lane AND lane <> 'Own' AND run_uid = +@runUid AND seq <= (
       SELECT seq FROM event_log
        WHERE lane = +@lane AND lane <> 'Own' AND run_uid = +@runUid
        ORDER BY seq DESC LIMIT 1 OFFSET +@keep
     )`,
  )
  return (lane: Exclude<Lane, 'Own'>, runUid: string): void => {
    prune({ lane, runUid, keep: SENDER_LIMITS[lane] })
  }
}

function createLanePrune(sql: Sql): (lane: Lane) => number {
  const weigh = sql.one<[Lane], { rows: number; bytes: number }>(
    'SELECT count(*) AS rows, coalesce(sum(bytes), 0) AS bytes FROM event_log WHERE lane = ?',
  )
  const remove = sql.write<[{ lane: Lane; count: number }]>(
    `DELETE FROM event_log WHERE seq IN (
       SELECT seq FROM event_log WHERE lane = +@lane ORDER BY seq LIMIT +@count
     ) AND seq < (SELECT max(seq) FROM event_log)`,
  )
  return (lane) => {
    const limit = LANE_LIMITS[lane]
    let gone = 0
    for (let last = 1; last > 0; gone += last) {
      const { rows, bytes } = weigh(lane) ?? { rows: 0, bytes: 0 }
      const excess = Math.max(
        rows - limit.rows,
        bytes > limit.bytes ? Math.ceil(rows * BULK_SHARE) : 0,
      )
      last = excess > 0 ? remove({ lane, count: excess }).changes : 0
    }
    return gone
  }
}
