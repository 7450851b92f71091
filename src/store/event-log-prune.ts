import type { Lane } from './event-log.ts'
import type { Sql } from './sql.ts'

interface Limit {
  readonly rows: number
  /** Of the bodies, which are nearly all of a row. */
  readonly bytes: number
}

const MIB = 2 ** 20

/**
 * What is kept. Own: some ten events each of the last ten thousand runs. Outside: enough for a busy
 * fleet's last hours, whatever single events weigh. Beat: the latest of every run of a large fleet.
 * Automation: the last thousands of firings with their actions.
 */
export const LANE_LIMITS: Readonly<Record<Lane, Limit>> = {
  Own: { rows: 100_000, bytes: 96 * MIB },
  Outside: { rows: 30_000, bytes: 48 * MIB },
  Beat: { rows: 20_000, bytes: 16 * MIB },
  Automation: { rows: 20_000, bytes: 32 * MIB },
}

/** Kept of what one run has sent, or one automation did, so that a talkative one pushes out nobody else's. */
export const SENDER_LIMITS: Readonly<Record<Exclude<Lane, 'Own'>, number>> = {
  Outside: 1_000,
  Beat: 20,
  Automation: 1_000,
}

/** Old rows go in bulk, so that the usual event pays nothing for it. */
const PRUNE_EVERY_ROWS = 1_000
const PRUNE_EVERY_BYTES = 4 * MIB

/** Share of a lane's rows that goes at once while the lane is too heavy. */
const BULK_SHARE = 0.1

export interface AddedRow {
  readonly seq: number
  readonly lane: Lane
  /** Whose limit counts: the run that sent it, or the resource of the automation that did it. */
  readonly sender: string | undefined
  readonly bytes: number
}

/** Forgets old events, lane by lane. The newest row of all always stays: positions are never given out twice. */
export function createEventLogPrune(sql: Sql) {
  const pruneSender = createSenderPrune(sql)
  const pruneOwn = createOwnPrune(sql)
  const pruneOthers = createLanePrune(sql)
  const pruneLane = (lane: Lane): number => (lane === 'Own' ? pruneOwn() : pruneOthers(lane))
  const bytesSince: Record<Lane, number> = { Own: 0, Outside: 0, Beat: 0, Automation: 0 }
  return {
    /** Does what is due after this row; to be called inside its transaction. */
    added({ seq, lane, sender, bytes }: AddedRow): void {
      if (lane !== 'Own' && sender !== undefined) pruneSender(lane, sender)
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

const LANES: readonly Lane[] = ['Own', 'Outside', 'Beat', 'Automation']

function createSenderPrune(sql: Sql) {
  const ofRun = sql.write<[{ lane: Lane; sender: string; keep: number }]>(
    `DELETE FROM event_log WHERE lane = +@lane AND lane <> 'Own' AND run_uid = +@sender AND seq <= (
       SELECT seq FROM event_log
        WHERE lane = +@lane AND lane <> 'Own' AND run_uid = +@sender
        ORDER BY seq DESC LIMIT 1 OFFSET +@keep
     )`,
  )
  const ofAutomation = sql.write<[{ sender: string; keep: number }]>(
    `DELETE FROM event_log WHERE lane = 'Automation' AND resource_id = +@sender AND seq <= (
       SELECT seq FROM event_log WHERE lane = 'Automation' AND resource_id = +@sender
        ORDER BY seq DESC LIMIT 1 OFFSET +@keep
     )`,
  )
  return (lane: Exclude<Lane, 'Own'>, sender: string): void => {
    const keep = SENDER_LIMITS[lane]
    if (lane === 'Automation') ofAutomation({ sender, keep })
    else ofRun({ lane, sender, keep })
  }
}

/** How many rows are to go of a lane that is so full. */
function excessOf(lane: Lane, { rows, bytes }: Weight): number {
  const limit = LANE_LIMITS[lane]
  return Math.max(rows - limit.rows, bytes > limit.bytes ? Math.ceil(rows * BULK_SHARE) : 0)
}

interface Weight {
  readonly rows: number
  readonly bytes: number
}

/** Rows that others sent: they are few, so an index keeps their order and weight. */
function createLanePrune(sql: Sql): (lane: Exclude<Lane, 'Own'>) => number {
  const weigh = sql.one<[Lane], Weight>(
    `SELECT count(*) AS rows, coalesce(sum(bytes), 0) AS bytes FROM event_log
      WHERE lane = ? AND lane <> 'Own'`,
  )
  const remove = sql.write<[{ lane: Lane; count: number }]>(
    `DELETE FROM event_log WHERE seq IN (
       SELECT seq FROM event_log WHERE lane = +@lane AND lane <> 'Own' ORDER BY seq LIMIT +@count
     ) AND seq < (SELECT max(seq) FROM event_log)`,
  )
  return (lane) => {
    let gone = 0
    for (let last = 1; last > 0; gone += last) {
      const excess = excessOf(lane, weigh(lane) ?? { rows: 0, bytes: 0 })
      last = excess > 0 ? remove({ lane, count: excess }).changes : 0
    }
    return gone
  }
}

/** Capstan's own rows between two positions, both in. */
interface OwnRows extends Weight {
  readonly fromSeq: number
  readonly untilSeq: number
}

/**
 * Capstan's own rows are most of the log, and an index of them would cost each change a page. Instead
 * their weight is kept from one time to the next, and only what came since is added.
 */
function createOwnPrune(sql: Sql): () => number {
  const known = sql.one<[], OwnRows>(
    `SELECT from_seq AS fromSeq, until_seq AS untilSeq, rows, bytes FROM event_log_own`,
  )
  const weigh = sql.one<[number], Weight & { untilSeq: number | null }>(
    `SELECT count(*) AS rows, coalesce(sum(bytes), 0) AS bytes, max(seq) AS untilSeq
       FROM event_log WHERE seq > ? AND lane = 'Own'`,
  )
  const oldest = sql.one<[number, number], Weight & { untilSeq: number | null }>(
    `SELECT count(*) AS rows, coalesce(sum(bytes), 0) AS bytes, max(seq) AS untilSeq FROM (
       SELECT seq, bytes FROM event_log WHERE seq >= +? AND lane = 'Own' ORDER BY seq LIMIT +?)`,
  )
  const remove = sql.write<[number, number]>(
    `DELETE FROM event_log WHERE seq BETWEEN ? AND ? AND lane = 'Own'`,
  )
  const keep = sql.write<[OwnRows]>(
    `UPDATE event_log_own
        SET from_seq = @fromSeq, until_seq = @untilSeq, rows = @rows, bytes = @bytes`,
  )

  function withNew(): OwnRows {
    const before = known() ?? { fromSeq: 0, untilSeq: 0, rows: 0, bytes: 0 }
    const added = weigh(before.untilSeq)
    return {
      fromSeq: before.fromSeq,
      untilSeq: added?.untilSeq ?? before.untilSeq,
      rows: before.rows + (added?.rows ?? 0),
      bytes: before.bytes + (added?.bytes ?? 0),
    }
  }

  return () => {
    let all = withNew()
    let gone = 0
    for (;;) {
      // The newest of them stays, as it may be the newest row of all.
      const excess = Math.min(excessOf('Own', all), all.rows - 1)
      const old = excess > 0 ? oldest(all.fromSeq, excess) : undefined
      if (!old || old.untilSeq === null) break
      gone += remove(all.fromSeq, old.untilSeq).changes
      const { rows, bytes } = all
      all = {
        ...all,
        fromSeq: old.untilSeq + 1,
        rows: rows - old.rows,
        bytes: bytes - old.bytes,
      }
    }
    keep(all)
    return gone
  }
}
