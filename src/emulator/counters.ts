import type { EmulatorReply } from './emulator.ts'

/** How often each operation was called, and how the calls ended. */
export interface CallCount {
  readonly calls: number
  readonly throttled: number
  /** Other errors, and broken connections. */
  readonly failed: number
}

export interface Counters {
  of(operation: string): CallCount
  all(): ReadonlyMap<string, CallCount>
  add(operation: string, reply: EmulatorReply): void
}

const NONE: CallCount = { calls: 0, throttled: 0, failed: 0 }

/** Names of operations come from clients: beyond these nothing new is counted. */
const MAX_OPERATIONS = 256

export function createCounters(): Counters {
  const counts = new Map<string, CallCount>()
  return {
    of: (operation) => counts.get(operation) ?? NONE,
    all: () => counts,
    add(operation, reply) {
      if (!counts.has(operation) && counts.size >= MAX_OPERATIONS) return
      const { calls, throttled, failed } = counts.get(operation) ?? NONE
      const isThrottled =
        reply.type === 'Error' && /Rate exceeded|RequestLimitExceeded/.test(reply.error.message)
      const isFailed = reply.type !== 'Ok' && !isThrottled
      counts.set(operation, {
        calls: calls + 1,
        throttled: throttled + (isThrottled ? 1 : 0),
        failed: failed + (isFailed ? 1 : 0),
      })
    },
  }
}
