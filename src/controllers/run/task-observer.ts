import type { AwsAccount, TaskSnapshot } from '../../aws/ports.ts'
import type { Clock } from '../../lib/clock.ts'
import { errorMessage } from '../../lib/errors.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { Log } from '../../runtime/logger.ts'
import type { AttemptRow, Store } from '../../store/types.ts'
import type { AccountBook } from '../accounts.ts'
import { type ObserverPace, observeDelayMs } from './observer-schedule.ts'

export interface TaskObserverDeps {
  readonly store: Store
  readonly accounts: AccountBook
  readonly clock: Clock
  readonly log: Log
  readonly pace: ObserverPace
  /** Called after a commit that changed what is known of its task. */
  readonly wake: (attempt: AttemptRow) => void
}

interface Watched {
  readonly attempt: AttemptRow
  readonly pollIntervalMs: number | undefined
  readonly stopping: boolean
  dueMs: number
}

/** DescribeTasks takes at most 100 tasks of one cluster. */
const BATCH = 100
/** Tasks that become due within this time are looked at together. */
const COALESCE_MS = 50
/** After a failed call the batch waits this long; the SDK has retried by then. */
const FAILED_CALL_DELAY_MS = 5_000

/**
 * Keeps the attempts' observations fresh, 100 tasks a call, and says which runs changed.
 *
 * A task is in `#watched` from the first `watch` until it was seen STOPPED. `#timer` stands at or before
 * the earliest due time of all of them while the observer runs.
 */
export class TaskObserver {
  readonly #deps: TaskObserverDeps
  readonly #watched = new Map<string, Watched>()
  readonly #inFlight = new Set<Promise<void>>()
  readonly #stopping = new AbortController()
  #timer: { readonly dueMs: number; readonly cancel: () => void } | undefined
  #running = false
  #lastSuccessMs: number

  constructor(deps: TaskObserverDeps) {
    this.#deps = deps
    this.#lastSuccessMs = deps.clock.nowMs()
  }

  /** From now on the task of this attempt is looked at, until it is seen STOPPED. Calling again updates it. */
  watch(attempt: AttemptRow, pollIntervalMs: number | undefined): void {
    const { clock, pace } = this.#deps
    const nowMs = clock.nowMs()
    const known = this.#watched.get(attempt.clientToken)
    const stopping = attempt.stopCause !== undefined
    const entry: Watched = { attempt, pollIntervalMs, stopping, dueMs: nowMs + pace.floorMs }
    if (known) entry.dueMs = Math.min(known.dueMs, nextDueMs(pace, entry, nowMs))
    this.#watched.set(attempt.clientToken, entry)
    this.#arm(entry.dueMs)
  }

  /** Number of tasks being watched. */
  get size(): number {
    return this.#watched.size
  }

  /** Milliseconds since the last successful look, while there is something to look at; 0 otherwise. */
  staleMs(): number {
    if (this.#watched.size === 0) return 0
    return Math.max(0, this.#deps.clock.nowMs() - this.#lastSuccessMs)
  }

  start(): void {
    this.#running = true
    this.#tick()
  }

  async stop(): Promise<void> {
    this.#running = false
    this.#timer?.cancel()
    this.#stopping.abort(new Error('the observer was stopped'))
    await Promise.allSettled(this.#inFlight)
  }

  #arm(dueMs: number): void {
    if (!this.#running || dueMs >= (this.#timer?.dueMs ?? Number.POSITIVE_INFINITY)) return
    this.#timer?.cancel()
    const { clock } = this.#deps
    const delayMs = Math.max(0, dueMs - clock.nowMs()) + COALESCE_MS
    const cancel = clock.after(delayMs, () => {
      this.#timer = undefined
      this.#tick()
    })
    this.#timer = { dueMs, cancel }
  }

  #tick(): void {
    const nowMs = this.#deps.clock.nowMs()
    let earliestMs = Number.POSITIVE_INFINITY
    for (const batch of dueBatches([...this.#watched.values()], nowMs)) {
      for (const entry of batch) entry.dueMs = nextDueMs(this.#deps.pace, entry, nowMs)
      const look = this.#lookAt(batch).finally(() => this.#inFlight.delete(look))
      this.#inFlight.add(look)
    }
    for (const { dueMs } of this.#watched.values()) earliestMs = Math.min(earliestMs, dueMs)
    this.#arm(earliestMs)
  }

  async #lookAt(batch: readonly Watched[]): Promise<void> {
    const [first] = batch
    if (!first) return
    const { account: accountId, cluster } = first.attempt
    try {
      const account = accountOf(this.#deps.accounts, accountId)
      const arns = batch.flatMap(({ attempt }) => attempt.taskArn ?? [])
      const answer = await account.ecs.describeTasks(cluster, arns, this.#stopping.signal)
      this.#lastSuccessMs = this.#deps.clock.nowMs()
      this.#record(batch, answer.tasks)
    } catch (error) {
      if (this.#stopping.signal.aborted) return
      this.#deps.log.warn('tasks could not be observed', {
        cluster,
        account: accountId,
        tasks: batch.length,
        error: errorMessage(error),
      })
      const retryMs = this.#deps.clock.nowMs() + FAILED_CALL_DELAY_MS
      for (const entry of batch) entry.dueMs = Math.max(entry.dueMs, retryMs)
    }
  }

  #record(batch: readonly Watched[], tasks: readonly TaskSnapshot[]): void {
    const { store, clock, wake } = this.#deps
    const nowMs = clock.nowMs()
    const byArn = new Map(tasks.map((task) => [task.taskArn, task]))
    const changed = store.transaction(() =>
      batch.filter(({ attempt }) =>
        recordOne(store, attempt, byArn.get(attempt.taskArn ?? ''), nowMs),
      ),
    )
    for (const { attempt } of batch) {
      const stopped = byArn.get(attempt.taskArn ?? '')?.lastStatus === 'STOPPED'
      if (stopped) this.#watched.delete(attempt.clientToken)
    }
    for (const { attempt } of changed) wake(attempt)
  }
}

function accountOf(accounts: AccountBook, id: string): AwsAccount {
  const account = accounts.byId(id)
  if (!account) throw new Error(`no settings are known for AWS account ${id}`)
  return account
}

function nextDueMs(pace: ObserverPace, entry: Watched, nowMs: number): number {
  const { attempt, pollIntervalMs, stopping } = entry
  const ageMs = nowMs - attempt.createdAtMs
  return nowMs + observeDelayMs(pace, { ageMs, stopping, pollIntervalMs })
}

/** Groups of at most 100 tasks of one cluster, each with at least one that is due; free places go to those that are due next. */
function dueBatches(entries: readonly Watched[], nowMs: number): readonly (readonly Watched[])[] {
  const byCluster = Map.groupBy(entries, ({ attempt }) => `${attempt.account} ${attempt.cluster}`)
  return [...byCluster.values()].flatMap((group) => {
    const due = group.filter((entry) => entry.dueMs <= nowMs + COALESCE_MS).length
    if (due === 0) return []
    const ordered = group.toSorted((a, b) => a.dueMs - b.dueMs)
    const batches = Math.ceil(due / BATCH)
    return Array.from({ length: batches }, (_, i) => ordered.slice(i * BATCH, (i + 1) * BATCH))
  })
}

/** True when something new is known of the task. An absent task is only noted: absence alone proves nothing. */
function recordOne(
  store: Store,
  attempt: AttemptRow,
  task: TaskSnapshot | undefined,
  nowMs: number,
): boolean {
  if (task) {
    return store.attempts.observe(attempt.clientToken, {
      taskArn: task.taskArn,
      clusterArn: task.clusterArn,
      version: task.version,
      snapshot: task as unknown as JsonObject,
      observedAtMs: nowMs,
    })
  }
  const row = store.attempts.byClientToken(attempt.clientToken)
  if (!row || row.missingSinceMs !== undefined || row.phase !== 'Launched') return false
  store.attempts.update(attempt.clientToken, { missingSinceMs: nowMs })
  return true
}
