import type { AwsAccount, TaskSnapshot } from '../../aws/ports.ts'
import { type Clock, sleep } from '../../lib/clock.ts'
import { errorMessage } from '../../lib/errors.ts'
import type { Log } from '../../runtime/logger.ts'
import type { AttemptRow, Store } from '../../store/types.ts'
import type { AccountBook } from '../accounts.ts'
import { COALESCE_MS, LookQueue } from './look-queue.ts'
import { noneIfGone } from './no-cluster.ts'
import { recordObservation } from './observation.ts'
import { type ObserverPace, observeDelayMs } from './observer-schedule.ts'

export interface TaskObserverDeps {
  readonly store: Store
  readonly accounts: AccountBook
  readonly clock: Clock
  readonly log: Log
  readonly pace: ObserverPace
  /** Told of every task that a look found, before its run is woken. */
  readonly onLook?: (attempt: AttemptRow, task: TaskSnapshot) => void
  /** Called after a commit that changed what is known of its task. */
  readonly wake: (attempt: AttemptRow) => void
}

interface Watched {
  readonly attempt: AttemptRow
  readonly pollIntervalMs: number | undefined
  readonly stopping: boolean
  /** When the attempt was made, by the monotonic clock: no later setting of the other one counts. */
  readonly bornMs: number
  readonly firstMs: number
  /** When the task was first seen on its way to STOPPED; by the monotonic clock. */
  endingMs: number | undefined
  /** Someone waits for a look, also one that finds nothing new. */
  awaited: boolean
  /** Monotonic, so that nobody who sets the clock puts a look off. */
  dueMs: number
  lookedAtMs: number | undefined
  /** The same by the monotonic clock. */
  lookedMs: number | undefined
}

/** When a question was asked, by both clocks. */
type Asked = Pick<Watched, 'lookedAtMs' | 'lookedMs'>

export interface WatchOptions {
  /** The run's own bound on staleness. */
  readonly pollIntervalMs: number | undefined
  /** Look as soon as possible, and wake the run whatever is found. */
  readonly lookFirst: boolean
}

/** After a failed call the batch waits this long; the SDK has retried by then. */
const FAILED_CALL_DELAY_MS = 5_000

/** Of one answer in one commit: a few milliseconds of the event loop, where a hundred tasks are twenty. */
const RECORDED_AT_ONCE = 20

/**
 * Keeps the attempts' observations fresh, 100 tasks a call, and says which runs changed.
 *
 * A task is in `#watched` from the first `watch` until it was seen STOPPED, or was given up and is still
 * missing. `#queue` holds the same tasks, each at its `dueMs`. `#timer` stands at or before the earliest due
 * time of all of them while the observer runs.
 */
export class TaskObserver {
  readonly #deps: TaskObserverDeps
  readonly #watched = new Map<string, Watched>()
  readonly #queue = new LookQueue()
  readonly #inFlight = new Set<Promise<void>>()
  readonly #stopping = new AbortController()
  #timer: { readonly dueMs: number; readonly cancel: () => void } | undefined
  #running = false
  #lastSuccessMs: number

  constructor(deps: TaskObserverDeps) {
    this.#deps = deps
    this.#lastSuccessMs = deps.clock.monotonicMs()
  }

  /** From now on the task of this attempt is looked at, until it is seen STOPPED. Calling again updates it. */
  watch(attempt: AttemptRow, { pollIntervalMs, lookFirst }: WatchOptions): void {
    const { clock, pace } = this.#deps
    const nowMs = clock.monotonicMs()
    const known = this.#watched.get(attempt.clientToken)
    const before = known ?? {
      firstMs: nowMs,
      bornMs: nowMs - Math.max(0, clock.nowMs() - attempt.createdAtMs),
      endingMs: undefined,
      awaited: false,
      lookedAtMs: undefined,
      lookedMs: undefined,
    }
    const entry: Watched = {
      ...before,
      attempt,
      pollIntervalMs,
      stopping: attempt.stopCause !== undefined,
      awaited: lookFirst || before.awaited,
      dueMs: nowMs + pace.floorMs,
    }
    if (known) entry.dueMs = Math.min(known.dueMs, nextDueMs(pace, entry, nowMs))
    if (lookFirst) entry.dueMs = nowMs
    this.#watched.set(attempt.clientToken, entry)
    this.#schedule(entry, entry.dueMs)
    this.#arm(entry.dueMs)
  }

  /** When this process asked the latest of its questions about the attempt's task that ECS has answered, epoch milliseconds. */
  lookedAtMs(attempt: AttemptRow): number | undefined {
    return this.#watched.get(attempt.clientToken)?.lookedAtMs
  }

  /** Milliseconds since it was asked, by a clock that nobody sets. */
  lookedAgoMs(attempt: AttemptRow): number | undefined {
    const lookedMs = this.#watched.get(attempt.clientToken)?.lookedMs
    return lookedMs === undefined ? undefined : this.#deps.clock.monotonicMs() - lookedMs
  }

  /** Milliseconds since the attempt was first watched, by a clock that nobody sets. */
  knownForMs(attempt: AttemptRow): number | undefined {
    const known = this.#watched.get(attempt.clientToken)
    return known && this.#deps.clock.monotonicMs() - known.firstMs
  }

  /** Number of tasks being watched. */
  get size(): number {
    return this.#watched.size
  }

  /** Milliseconds since the last successful look, while there is something to look at; 0 otherwise. */
  staleMs(): number {
    if (this.#watched.size === 0) return 0
    return this.#deps.clock.monotonicMs() - this.#lastSuccessMs
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
    const delayMs = Math.max(0, dueMs - clock.monotonicMs()) + COALESCE_MS
    const cancel = clock.after(delayMs, () => {
      this.#timer = undefined
      this.#tick()
    })
    this.#timer = { dueMs, cancel }
  }

  #tick(): void {
    const nowMs = this.#deps.clock.monotonicMs()
    for (const tokens of this.#queue.takeDue(nowMs)) {
      const batch = tokens.flatMap((token) => this.#watched.get(token) ?? [])
      for (const entry of batch) this.#schedule(entry, nextDueMs(this.#deps.pace, entry, nowMs))
      const look = this.#lookAt(batch).finally(() => this.#inFlight.delete(look))
      this.#inFlight.add(look)
    }
    this.#arm(this.#queue.firstMs)
  }

  #schedule(entry: Watched, dueMs: number): void {
    entry.dueMs = dueMs
    this.#queue.set(placeOf(entry), entry.attempt.clientToken, dueMs)
  }

  async #lookAt(batch: readonly Watched[]): Promise<void> {
    const [first] = batch
    if (!first) return
    const { account: accountId, cluster } = first.attempt
    const { clock } = this.#deps
    const asked: Asked = { lookedAtMs: clock.nowMs(), lookedMs: clock.monotonicMs() }
    try {
      const account = accountOf(this.#deps.accounts, accountId)
      const arns = batch.flatMap(({ attempt }) => attempt.taskArn ?? [])
      const young = batch.some((entry) => entry.stopping || entry.awaited)
      const answer = account.ecs.describeTasks(
        cluster,
        arns,
        this.#stopping.signal,
        young ? 'Young' : 'Normal',
      )
      const tasks = await answer.then((described) => described.tasks, noneIfGone)
      this.#lastSuccessMs = this.#deps.clock.monotonicMs()
      await this.#recordAll(batch, tasks, asked)
    } catch (error) {
      if (this.#stopping.signal.aborted) return
      this.#deps.log.warn('tasks could not be observed', {
        cluster,
        account: accountId,
        tasks: batch.length,
        error: errorMessage(error),
      })
      const retryMs = this.#deps.clock.monotonicMs() + FAILED_CALL_DELAY_MS
      for (const { attempt } of batch) {
        const current = this.#watched.get(attempt.clientToken)
        if (current) this.#schedule(current, Math.max(current.dueMs, retryMs))
      }
    }
  }

  #noteLook(entry: Watched, asked: Asked): void {
    const current = this.#watched.get(entry.attempt.clientToken)
    // Whoever asked for a look meanwhile waits for one that comes after.
    if (current) Object.assign(current, asked, { awaited: current.awaited && current !== entry })
  }

  #forget(entry: Watched): void {
    this.#watched.delete(entry.attempt.clientToken)
    this.#queue.delete(placeOf(entry), entry.attempt.clientToken)
  }

  /** A task that is seen ending is looked at as a new one is, and not after a share of its whole age. */
  #awaitEnd({ clientToken }: AttemptRow): void {
    const entry = this.#watched.get(clientToken)
    if (!entry) return
    const nowMs = this.#deps.clock.monotonicMs()
    entry.endingMs ??= nowMs
    const dueMs = nextDueMs(this.#deps.pace, entry, nowMs)
    if (dueMs >= entry.dueMs) return
    this.#schedule(entry, dueMs)
    this.#arm(dueMs)
  }

  /** An answer tells how things stood when it was asked for: it may come late. */
  async #recordAll(
    batch: readonly Watched[],
    tasks: readonly TaskSnapshot[],
    asked: Asked,
  ): Promise<void> {
    const byArn = new Map(tasks.map((task) => [task.taskArn, task]))
    for (let start = 0; start < batch.length; start += RECORDED_AT_ONCE) {
      if (start > 0) await sleep(this.#deps.clock, 0, this.#stopping.signal)
      this.#record(batch.slice(start, start + RECORDED_AT_ONCE), byArn, asked)
    }
  }

  #record(batch: readonly Watched[], byArn: ReadonlyMap<string, TaskSnapshot>, asked: Asked): void {
    const { store, clock, wake, onLook } = this.#deps
    const nowMs = clock.nowMs()
    const changed = store.transaction(
      () =>
        batch.filter(({ attempt }) =>
          recordOne(store, attempt, byArn.get(attempt.taskArn ?? ''), nowMs),
        ),
      'Later',
    )
    // The last look at a task: whoever wrote what it shows, its run must hear of it.
    const isLast = ({ attempt }: Watched): boolean =>
      byArn.get(attempt.taskArn ?? '')?.lastStatus === 'STOPPED'
    const told = batch.filter(
      (entry) => !changed.includes(entry) && (entry.awaited || isLast(entry)),
    )
    for (const entry of batch) {
      const { attempt } = entry
      const task = byArn.get(attempt.taskArn ?? '')
      this.#noteLook(entry, asked)
      if (task) onLook?.(attempt, task)
      const isOver = task ? task.lastStatus === 'STOPPED' : !isLaunched(store, attempt)
      if (isOver) this.#forget(entry)
      else if (task?.desiredStatus === 'STOPPED') this.#awaitEnd(attempt)
    }
    for (const { attempt } of [...changed, ...told]) wake(attempt)
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
  const { bornMs, endingMs = bornMs, pollIntervalMs, stopping } = entry
  return nowMs + observeDelayMs(pace, { ageMs: nowMs - endingMs, stopping, pollIntervalMs })
}

function placeOf({ attempt }: Watched): string {
  return `${attempt.account} ${attempt.cluster}`
}

/** The usual look finds what the last one did, and thousands of tasks are looked at: no need to ask the store. */
function isKnown({ version, missingSinceMs }: AttemptRow, task: TaskSnapshot): boolean {
  return missingSinceMs === undefined && version !== undefined && task.version <= version
}

/** True when something new is known of the task. An absent task is only noted: absence alone proves nothing. */
function recordOne(
  store: Store,
  attempt: AttemptRow,
  task: TaskSnapshot | undefined,
  nowMs: number,
): boolean {
  if (task) {
    if (isKnown(attempt, task)) return false
    return recordObservation(store, attempt, task, nowMs)
  }
  const row = store.attempts.byClientToken(attempt.clientToken)
  if (row?.phase !== 'Launched' || row.missingSinceMs !== undefined) return false
  store.attempts.update(attempt.clientToken, { missingSinceMs: nowMs })
  return true
}
