import { classifyError } from '../../aws/errors.ts'
import { type FollowedEvent, type LogPosition, openCursor } from '../../aws/log-cursor.ts'
import { DRAIN_MS } from '../../aws/log-reader.ts'
import { type Reading, readMany, readOne } from '../../aws/many-logs.ts'
import type { AwsAccount, LogsPort } from '../../aws/ports.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../runtime/logger.ts'
import type { AttemptRow, Store } from '../../store/types.ts'
import { type OutputOfEveryTask, outputOf, outputsOf } from '../attempt-logs.ts'
import { type Followed, planReads, type Read } from './reads.ts'

export interface FollowerDeps {
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  readonly outputOfEveryTask?: OutputOfEveryTask | undefined
  /** Called for every new line, in order. */
  readonly print: (one: Followed, event: FollowedEvent) => void
}

/** How far a quiet stream may lag behind the busy streams of its group; lines that come later than that are missed. */
const LATE_MS = 10 * 60_000

/**
 * Knows which outputs are followed and how far each was read.
 *
 * - An output is in `#followed` from the first sight of its task until it was read to the end after the
 *   attempt ended; for exactly as long it has a row in the store, unless its run was deleted meanwhile.
 * - Lines are printed and their position is committed in the same turn of the event loop: only a death in
 *   between prints lines again, and none is lost.
 */
export class OutputFollower {
  readonly #deps: FollowerDeps
  readonly #followed = new Map<string, Followed>()
  /** Living outputs that may not be read. */
  #refused: ReadonlySet<string> = new Set()

  constructor(deps: FollowerDeps) {
    this.#deps = deps
  }

  /** Accounts of the outputs that are followed. */
  accounts(): ReadonlySet<string> {
    return new Set([...this.#followed.values()].map(({ attempt }) => attempt.account))
  }

  /** Takes up where an earlier process stopped. */
  restore(): void {
    const { store } = this.#deps
    for (const { clientToken, container, atMs, countAtMs } of store.followedLogs.all()) {
      const attempt = store.attempts.byClientToken(clientToken)
      if (!attempt) continue
      this.#follow(attempt, container, countAtMs > 0 ? { atMs, countAtMs } : undefined)
    }
    this.refresh()
  }

  /** Follows what has begun, and notes what has ended. */
  refresh(): void {
    const { store, clock, outputOfEveryTask } = this.#deps
    const live = store.upkeep.streamingAttempts()
    const begun = live.flatMap((attempt) =>
      outputsOf(attempt, outputOfEveryTask)
        .filter(({ container }) => this.#isNew(keyOf(attempt, container)))
        .map(({ container }) => ({ attempt, container })),
    )
    if (begun.length > 0) {
      store.transaction(() => {
        for (const { attempt, container } of begun) {
          store.followedLogs.begin(attempt.clientToken, container)
        }
      })
    }
    for (const { attempt, container } of begun) this.#follow(attempt, container, undefined)
    this.#refused = new Set(
      live
        .flatMap((attempt) =>
          outputsOf(attempt, outputOfEveryTask).map(({ container }) => keyOf(attempt, container)),
        )
        .filter((key) => this.#refused.has(key)),
    )
    const living = new Map(live.map((attempt) => [attempt.clientToken, attempt]))
    for (const one of this.#followed.values()) {
      const row = living.get(one.attempt.clientToken)
      if (!row) one.endedAtMs ??= clock.monotonicMs()
      else one.isStarted = row.observation?.['startedAtMs'] !== undefined
    }
  }

  /** Reads what is new in every output of the account. False when a call failed. */
  async round(account: AwsAccount, signal: AbortSignal): Promise<boolean> {
    const mine = [...this.#followed.values()].filter(
      ({ attempt }) => attempt.account === account.id,
    )
    let ok = true
    for (const read of planReads(mine)) {
      const startedAtMs = this.#deps.clock.monotonicMs()
      const reading = await perform(account.logs, read, signal)
      if (signal.aborted) return false
      this.#record(membersOf(read), reading, startedAtMs)
      if (reading.end.type === 'Failed') ok = false
    }
    return ok
  }

  #isNew(key: string): boolean {
    return !this.#followed.has(key) && !this.#refused.has(key)
  }

  #follow(attempt: AttemptRow, container: string, position: LogPosition | undefined): void {
    const location = outputOf(attempt, container, this.#deps.outputOfEveryTask)
    if (!location) return
    this.#followed.set(keyOf(attempt, container), {
      ...location,
      attempt,
      container,
      cursor: openCursor(position),
      exists: position !== undefined,
      readUpToMs: 0,
      isStarted: false,
      endedAtMs: undefined,
      looks: 0,
    })
  }

  /** Synchronous from the first printed line to the commit. */
  #record(members: readonly Followed[], { events, end }: Reading, startedAtMs: number): void {
    const { store, print } = this.#deps
    const byStream = new Map(members.map((one) => [one.stream, one]))
    const moved = new Set<Followed>()
    for (const event of events) {
      const one = byStream.get(event.event.stream)
      if (!one) continue
      print(one, event)
      moved.add(one)
    }
    const over = members.filter((one) => this.#isOver(one, end, startedAtMs))
    if (moved.size + over.length > 0) {
      store.transaction(() => {
        for (const one of moved) advanceRow(store, one)
        for (const one of over) store.followedLogs.end(one.attempt.clientToken, one.container)
      })
    }
    const keys = over.map((one) => keyOf(one.attempt, one.container))
    for (const key of keys) this.#followed.delete(key)
    if (end.type === 'Failed') this.#refused = new Set([...this.#refused, ...keys])
    const newestMs = Math.max(...members.map(({ cursor }) => cursor.position?.atMs ?? 0))
    for (const one of members) note(one, end, newestMs - LATE_MS)
    if (end.type === 'Failed' && end.error) this.#complain(members, end.error)
  }

  /** Read to the end (or not there at all) long enough after the attempt ended, or not readable for good. */
  #isOver(one: Followed, end: Reading['end'], startedAtMs: number): boolean {
    if (end.type === 'Failed') {
      return end.error !== undefined && classifyError(end.error).verdict === 'Terminal'
    }
    if (end.type === 'Partial' || one.endedAtMs === undefined) return false
    if (end.type === 'None' && one.exists) return false
    const drainMs = this.#deps.outputOfEveryTask ? 0 : DRAIN_MS
    return startedAtMs - one.endedAtMs >= drainMs
  }

  #complain(members: readonly Followed[], error: Parameters<typeof classifyError>[0]): void {
    const { advice, verdict } = classifyError(error)
    this.#deps.log.warn('output cannot be followed', {
      group: members[0]?.group,
      streams: members.length,
      isGivenUp: verdict === 'Terminal',
      advice,
    })
  }
}

function keyOf({ clientToken }: AttemptRow, container: string): string {
  return `${clientToken} ${container}`
}

function membersOf(read: Read): readonly Followed[] {
  return read.type === 'One' ? [read.one] : read.many
}

function perform(logs: LogsPort, read: Read, signal: AbortSignal): Promise<Reading> {
  if (read.type === 'One') {
    const { group, stream, cursor } = read.one
    return readOne(logs, { group, stream }, cursor, signal)
  }
  const cursors = new Map(read.many.map(({ stream, cursor }) => [stream, cursor]))
  return readMany(logs, read.group, { cursors, startTimeMs: read.startTimeMs }, signal)
}

function advanceRow(store: Store, { attempt, container, cursor }: Followed): void {
  if (!cursor.position) return
  store.followedLogs.advance({ clientToken: attempt.clientToken, container, ...cursor.position })
}

/** A stream that vanished, or one among many that did, is looked for by itself again. */
function note(one: Followed, end: Reading['end'], readUpToMs: number): void {
  if (end.type === 'None') {
    one.exists = false
    one.looks += 1
  }
  if (end.type !== 'Complete') return
  one.exists = true
  one.looks = 0
  one.readUpToMs = readUpToMs
}
