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
  /** Someone waits for a look, also one that finds nothing new. */
  awaited: boolean
  dueMs: number
  lookedAtMs: number | undefined
}

export interface WatchOptions {
  /** The run's own bound on staleness. */
  readonly pollIntervalMs: number | undefined
  /** Look as soon as possible, and wake the run whatever is found. */
  readonly lookFirst: boolean
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
 * A task is in `#watched` from the first `watch` until it was seen STOPPED, or was given up and is still
 * missing. `#timer` stands at or before
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
  watch(attempt: AttemptRow, { pollIntervalMs, lookFirst }: WatchOptions): void {
    const { clock, pace } = this.#deps
    const nowMs = clock.nowMs()
    const known = this.#watched.get(attempt.clientToken)
    const entry: Watched = {
      attempt,
      pollIntervalMs,
      stopping: attempt.stopCause !== undefined,
      awaited: lookFirst || (known?.awaited ?? false),
      dueMs: nowMs + pace.floorMs,
      lookedAtMs: known?.lookedAtMs,
    }
    if (known) entry.dueMs = Math.min(known.dueMs, nextDueMs(pace, entry, nowMs))
    if (lookFirst) entry.dueMs = nowMs
    this.#watched.set(attempt.clientToken, entry)
    this.#arm(entry.dueMs)
  }

  /** When this process asked the latest of its questions about the attempt's task that ECS has answered, epoch milliseconds. */
  lookedAtMs(attempt: AttemptRow): number | undefined {
    return this.#watched.get(attempt.clientToken)?.lookedAtMs
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
    const askedAtMs = this.#deps.clock.nowMs()
    try {
      const account = accountOf(this.#deps.accounts, accountId)
      const arns = batch.flatMap(({ attempt }) => attempt.taskArn ?? [])
      const young = batch.some((entry) => entry.stopping || entry.awaited)
      const answer = await account.ecs.describeTasks(
        cluster,
        arns,
        this.#stopping.signal,
        young ? 'Young' : 'Normal',
      )
      this.#lastSuccessMs = this.#deps.clock.nowMs()
      this.#record(batch, answer.tasks, askedAtMs)
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

  /** An answer tells how things stood when it was asked for: it may come late. */
  #record(batch: readonly Watched[], tasks: readonly TaskSnapshot[], askedAtMs: number): void {
    const { store, clock, wake } = this.#deps
    const nowMs = clock.nowMs()
    const byArn = new Map(tasks.map((task) => [task.taskArn, task]))
    const changed = store.transaction(() =>
      batch.filter(({ attempt }) =>
        recordOne(store, attempt, byArn.get(attempt.taskArn ?? ''), nowMs),
      ),
    )
    const awaited = batch.filter((entry) => entry.awaited && !changed.includes(entry))
    for (const { attempt } of batch) {
      const task = byArn.get(attempt.taskArn ?? '')
      const current = this.#watched.get(attempt.clientToken)
      if (current) Object.assign(current, { lookedAtMs: askedAtMs, awaited: false })
      const isOver = task ? task.lastStatus === 'STOPPED' : !isLaunched(store, attempt)
      if (isOver) this.#watched.delete(attempt.clientToken)
    }
    for (const { attempt } of [...changed, ...awaited]) wake(attempt)
  }
}

/** False once its run has given the task up, or is gone. */
function isLaunched(store: Store, attempt: AttemptRow): boolean {
  return store.attempts.byClientToken(attempt.clientToken)?.phase === 'Launched'
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
  if (row?.phase !== 'Launched' || row.missingSinceMs !== undefined) return false
  store.attempts.update(attempt.clientToken, { missingSinceMs: nowMs })
  return true
}
