import type { ApiLimits } from '../kinds/generated.ts'
import type { Clock } from '../lib/clock.ts'
import {
  BUCKET_NAMES,
  BUCKETS_OF_OPERATION,
  type BucketName,
  type BucketUser,
  limitOf,
  reserveOf,
} from './bucket-table.ts'
import { LOCAL_CODES } from './error-texts.ts'
import { AwsError } from './errors.ts'
import {
  type BucketLimit,
  type BucketState,
  canTake,
  fullBucket,
  refill,
  slowDown,
  take,
  waitMs,
} from './token-bucket.ts'

/** Who goes first where calls share a bucket: stops, young tasks, the rest, housekeeping. */
export const CALL_PRIORITIES = ['Urgent', 'Young', 'Normal', 'Low'] as const
export type CallPriority = (typeof CALL_PRIORITIES)[number]

export interface CallTicket {
  readonly user: BucketUser
  readonly priority: CallPriority
  readonly signal?: AbortSignal | undefined
}

/** How a call ended, as far as the buckets care. */
export interface CallResult {
  /** Requests that went out, the SDK's own retries included. */
  readonly attempts: number
  readonly throttled: boolean
}

export interface BucketMetrics {
  readonly bucket: BucketName
  readonly tokens: number
  /** Calls that wait for this bucket. */
  readonly waiting: number
  /** Share of the rate in use: below 1 after throttling. */
  readonly factor: number
  readonly granted: number
  readonly throttled: number
}

/** The rate buckets of one account and region. */
export interface RateBuckets {
  /** Resolves when the call may go. Rejects with AwsError: aborted, closed, or too many wait already. */
  acquire(ticket: CallTicket): Promise<void>
  /** To be told of every call that was let through. */
  settled(user: BucketUser, result: CallResult): void
  /** Replaces the limits of `WorkPool.spec.apiLimits`; what is in the buckets stays. */
  configure(limits: ApiLimits): void
  metrics(): readonly BucketMetrics[]
  /** Rejects all that wait. */
  close(): void
}

/** Most calls that wait in one lane: twice the largest backlog that is planned for. More are refused and come back later. */
const MAX_WAITING = 20_000

interface Waiter {
  readonly ticket: CallTicket
  readonly go: () => void
  readonly fail: (error: AwsError) => void
}

/** Waiting calls with the same buckets and priority, oldest first. */
interface Lane {
  readonly priority: CallPriority
  readonly buckets: readonly BucketName[]
  readonly waiters: Set<Waiter>
}

interface Bucket {
  limit: BucketLimit
  state: BucketState
  granted: number
  throttled: number
}

export function createRateBuckets(clock: Clock, limits: ApiLimits): RateBuckets {
  return new Buckets(clock, limits)
}

/** Invariant: a timer is set exactly while somebody waits. */
class Buckets implements RateBuckets {
  readonly #clock: Clock
  readonly #buckets = new Map<BucketName, Bucket>()
  /** In the order in which they are served. */
  readonly #lanes: Lane[] = []
  #cancelTimer: (() => void) | undefined
  #closed = false

  constructor(clock: Clock, limits: ApiLimits) {
    this.#clock = clock
    for (const name of BUCKET_NAMES) {
      const limit = limitOf(name, limits)
      const state = fullBucket(limit, clock.monotonicMs())
      this.#buckets.set(name, { limit, state, granted: 0, throttled: 0 })
    }
  }

  acquire(ticket: CallTicket): Promise<void> {
    const { signal } = ticket
    if (this.#closed || signal?.aborted) return Promise.reject(aborted(ticket))
    const lane = this.#laneOf(ticket)
    if (lane.waiters.size >= MAX_WAITING) return Promise.reject(queueFull(ticket))
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        lane.waiters.delete(waiter)
        this.#serve()
        reject(aborted(ticket))
      }
      const waiter: Waiter = {
        ticket,
        go: () => {
          signal?.removeEventListener('abort', onAbort)
          resolve()
        },
        fail: (error) => {
          signal?.removeEventListener('abort', onAbort)
          reject(error)
        },
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      lane.waiters.add(waiter)
      this.#serve()
    })
  }

  settled(user: BucketUser, result: CallResult): void {
    const names = BUCKETS_OF_OPERATION[user]
    const uncharged = Math.max(0, result.attempts - 1)
    for (const name of uncharged > 0 ? names : []) {
      const bucket = this.#bucket(name)
      bucket.state = take(bucket.state, uncharged)
    }
    const blamed = names.at(-1)
    if (!result.throttled || blamed === undefined) return
    const bucket = this.#bucket(blamed)
    bucket.throttled += 1
    bucket.state = slowDown(bucket.state, this.#clock.monotonicMs())
    this.#serve()
  }

  configure(limits: ApiLimits): void {
    for (const [name, bucket] of this.#buckets) {
      this.#bucket(name)
      bucket.limit = limitOf(name, limits)
      bucket.state = refill(bucket.limit, bucket.state, this.#clock.monotonicMs())
    }
    this.#serve()
  }

  metrics(): readonly BucketMetrics[] {
    return BUCKET_NAMES.map((name) => {
      const { state, granted, throttled } = this.#bucket(name)
      const lanes = this.#lanes.filter((lane) => lane.buckets.includes(name))
      const waiting = lanes.reduce((total, lane) => total + lane.waiters.size, 0)
      return {
        bucket: name,
        tokens: state.tokens,
        waiting,
        factor: state.factor,
        granted,
        throttled,
      }
    })
  }

  close(): void {
    this.#closed = true
    this.#cancelTimer?.()
    for (const lane of this.#lanes) {
      for (const waiter of lane.waiters) waiter.fail(aborted(waiter.ticket))
      lane.waiters.clear()
    }
  }

  /** Lets every call go that may, the more urgent first, and comes back when the next one may. */
  #serve(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    let nextMs = Number.POSITIVE_INFINITY
    for (const lane of this.#lanes) {
      for (const waiter of lane.waiters) {
        const delayMs = this.#delayMs(lane)
        if (delayMs > 0) {
          nextMs = Math.min(nextMs, delayMs)
          break
        }
        this.#grant(lane, waiter)
      }
    }
    if (nextMs < Number.POSITIVE_INFINITY) {
      this.#cancelTimer = this.#clock.after(nextMs, () => this.#serve())
    }
  }

  /** Milliseconds until the lane's first call may go; 0 when it may go now. */
  #delayMs(lane: Lane): number {
    const delays = lane.buckets.map((name) => {
      const { limit, state } = this.#bucket(name)
      const reserve = lane.priority === 'Urgent' ? 0 : reserveOf(name, limit)
      return canTake(state, reserve) ? 0 : Math.max(1, waitMs(limit, state, reserve))
    })
    return Math.max(...delays)
  }

  #grant(lane: Lane, waiter: Waiter): void {
    lane.waiters.delete(waiter)
    for (const name of lane.buckets) {
      const bucket = this.#bucket(name)
      bucket.state = take(bucket.state, 1)
      bucket.granted += 1
    }
    waiter.go()
  }

  /** The bucket as it is now. */
  #bucket(name: BucketName): Bucket {
    const bucket = this.#buckets.get(name)
    if (!bucket) throw new Error(`no bucket ${name}`)
    bucket.state = refill(bucket.limit, bucket.state, this.#clock.monotonicMs())
    return bucket
  }

  #laneOf({ user, priority }: CallTicket): Lane {
    const buckets = BUCKETS_OF_OPERATION[user]
    const found = this.#lanes.find((lane) => lane.priority === priority && lane.buckets === buckets)
    if (found) return found
    const lane: Lane = { priority, buckets, waiters: new Set() }
    this.#lanes.push(lane)
    this.#lanes.sort((a, b) => rank(a.priority) - rank(b.priority))
    return lane
  }
}

function rank(priority: CallPriority): number {
  return CALL_PRIORITIES.indexOf(priority)
}

function aborted({ user, signal }: CallTicket): AwsError {
  const message = 'the call was given up before it was sent'
  return new AwsError({
    operation: operationOf(user),
    code: 'AbortError',
    message,
    sent: false,
    cause: signal?.reason,
  })
}

function queueFull({ user }: CallTicket): AwsError {
  const message = `${MAX_WAITING} calls wait for ${user} already`
  return new AwsError({
    operation: operationOf(user),
    code: LOCAL_CODES.queueFull,
    message,
    sent: false,
  })
}

/** The name that ECS knows. */
export function operationOf(user: BucketUser): string {
  return user === 'RunTaskOnFargate' ? 'RunTask' : user
}
