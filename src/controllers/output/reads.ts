import type { LogCursor } from '../../aws/log-cursor.ts'
import { MAX_STREAMS } from '../../aws/many-logs.ts'
import type { AttemptRow } from '../../store/types.ts'

/** One output that the controller's log follows. */
export interface Followed {
  /** Frozen members only; what changes is kept beside it. */
  readonly attempt: AttemptRow
  readonly container: string
  readonly group: string
  readonly stream: string
  readonly cursor: LogCursor
  /** Whether the stream was seen. FilterLogEvents refuses all streams when one of them is not there. */
  exists: boolean
  /** No new line can be older than this, epoch milliseconds by the clocks of the writers. */
  readUpToMs: number
  /** Whether the task was seen to run: before, there is no stream. */
  isStarted: boolean
  /** Monotonic milliseconds at which the end of the attempt was known; undefined: it lives. */
  endedAtMs: number | undefined
  /** Looks at a stream that was not there; those with the fewest go first. */
  looks: number
}

/** One call, or a few pages of it. */
export type Read =
  | { readonly type: 'One'; readonly one: Followed }
  | {
      readonly type: 'Many'
      readonly group: string
      readonly many: readonly Followed[]
      readonly startTimeMs: number
    }

/** Lines have the time of the host that wrote them, whose clock may be behind ours. */
const CLOCK_SKEW_MS = 5 * 60_000
/**
 * Streams whose places are further apart than this are read apart: a read begins at the earliest place of its
 * streams, and a quiet one far back must not bring the lines of busy ones again and again.
 */
const MAX_SPREAD_MS = 60_000
/** Streams that are looked for in one round: each costs a call, of a few a second that all readers share. */
const MAX_LOOKS = 3

/** The calls of one round: single streams by GetLogEvents, many of a group by FilterLogEvents, new ones one by one. */
export function planReads(followed: readonly Followed[]): readonly Read[] {
  const groups = Map.groupBy(
    followed.filter(({ exists }) => exists),
    ({ group }) => group,
  )
  const known = [...groups.values()].flatMap(readsOfGroup)
  const looks = followed
    .filter(({ exists, isStarted, endedAtMs }) => !exists && (isStarted || endedAtMs !== undefined))
    .toSorted((a, b) => a.looks - b.looks)
    .slice(0, MAX_LOOKS)
  return [...known, ...looks.map((one): Read => ({ type: 'One', one }))]
}

function readsOfGroup(members: readonly Followed[]): readonly Read[] {
  const newestFirst = members.toSorted((a, b) => startOf(b) - startOf(a))
  const reads: Read[] = []
  for (let rest = newestFirst; rest.length > 0; ) {
    const newestMs = startOf(rest[0])
    const near = rest.findIndex((one) => newestMs - startOf(one) > MAX_SPREAD_MS)
    const count = Math.min(MAX_STREAMS, near < 0 ? rest.length : near)
    reads.push(toRead(rest.slice(0, count)))
    rest = rest.slice(count)
  }
  return reads
}

function toRead(many: readonly Followed[]): Read {
  const [one] = many
  if (one && many.length === 1) return { type: 'One', one }
  const startTimeMs = Math.min(...many.map(startOf))
  return { type: 'Many', group: one?.group ?? '', many, startTimeMs }
}

function startOf(one: Followed | undefined): number {
  if (!one) return 0
  const { cursor, attempt, readUpToMs } = one
  return Math.max(cursor.position?.atMs ?? attempt.createdAtMs - CLOCK_SKEW_MS, readUpToMs)
}
