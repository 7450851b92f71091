import type { JsonObject } from '../lib/json.ts'
import { DueQueue } from './due-queue.ts'

/** A client token lives at most this long (API reference, "Ensuring idempotency"). */
const TOKEN_TTL_MS = 24 * 3_600_000
/** It dies earlier, this long after the last task of its call stopped. */
const TOKEN_AFTER_STOP_MS = 3_600_000
/** Failures are repeated for this long; later only their number is. */
const FAILURES_KEPT_MS = 3_600_000

/** What a call with a client token did. Plain data: the journal stores it as JSON. */
export interface TokenRecord {
  readonly clusterName: string
  readonly token: string
  /** SHA-256 of the call's parameters without the token: the text itself is larger than all the rest. */
  readonly parameters: string
  readonly taskArns: readonly string[]
  readonly failures: readonly JsonObject[]
  readonly createdAtMs: number
}

/** When the call's last task stopped: undefined while one has not, or when the call launched none. */
export type LastStop = (record: TokenRecord) => number | undefined

/** The client tokens of RunTask: scope is the cluster, life is bounded by the rules above. */
export class TokenTable {
  readonly #records = new Map<string, TokenRecord>()
  readonly #due = new DueQueue<TokenRecord>()

  /** The living record of a token. */
  find(
    clusterName: string,
    token: string,
    lastStop: LastStop,
    nowMs: number,
  ): TokenRecord | undefined {
    const record = this.#records.get(keyOf(clusterName, token))
    return record && nowMs < expiresAtMs(record, lastStop(record)) ? record : undefined
  }

  add(record: TokenRecord): void {
    this.#records.set(keyOf(record.clusterName, record.token), record)
    this.#due.add(record.createdAtMs + TOKEN_AFTER_STOP_MS, record)
  }

  all(): Iterable<TokenRecord> {
    return this.#records.values()
  }

  /** Drops tokens whose life is over, within an hour of its end. */
  settle(nowMs: number, lastStop: LastStop, onForgotten: (record: TokenRecord) => void): void {
    for (let record = this.#due.take(nowMs); record; record = this.#due.take(nowMs)) {
      const key = keyOf(record.clusterName, record.token)
      if (this.#records.get(key) !== record) continue
      const endsAtMs = expiresAtMs(record, lastStop(record))
      if (endsAtMs > nowMs) {
        this.#due.add(Math.min(endsAtMs, nowMs + TOKEN_AFTER_STOP_MS), record)
        continue
      }
      this.#records.delete(key)
      onForgotten(record)
    }
  }
}

function keyOf(clusterName: string, token: string): string {
  return `${clusterName} ${token}`
}

function expiresAtMs(record: TokenRecord, lastStopAtMs: number | undefined): number {
  const byAge = record.createdAtMs + TOKEN_TTL_MS
  return lastStopAtMs === undefined ? byAge : Math.min(byAge, lastStopAtMs + TOKEN_AFTER_STOP_MS)
}

/** Failures as a repeated call sees them: the entries at first, then only how many there were. */
export function repeatedFailures(record: TokenRecord, nowMs: number): readonly JsonObject[] {
  if (record.failures.length === 0) return []
  if (nowMs < record.createdAtMs + FAILURES_KEPT_MS) return record.failures
  return [{ reason: `${record.failures.length} failures` }]
}
