import type { Tag, TaskRecord } from './task-record.ts'
import { stoppedAtMs } from './task-state.ts'

export interface LedgerEntry {
  /** The facts of the task; they go on being written while it lives. */
  readonly task: TaskRecord
  /** Its tags at launch: StopTask removes them from the task. */
  readonly launchTags: readonly Tag[]
}

/** Every task ever made, also those that the service has forgotten: what tests count launches by. */
export class Ledger {
  readonly #limit: number
  readonly #entries = new Map<string, LedgerEntry>()

  constructor(limit: number) {
    this.#limit = limit
  }

  get size(): number {
    return this.#entries.size
  }

  add(task: TaskRecord): void {
    this.#entries.set(task.arn, { task, launchTags: task.tags })
    if (this.#entries.size <= this.#limit) return
    for (const arn of this.#entries.keys()) {
      this.#entries.delete(arn)
      return
    }
  }

  /** In order of creation. */
  entries(): readonly LedgerEntry[] {
    return [...this.#entries.values()]
  }

  get(taskArn: string): LedgerEntry | undefined {
    return this.#entries.get(taskArn)
  }

  /** When the last of these tasks stopped or will stop; undefined while that is not known of one. Dropped entries count as stopped long ago. */
  lastStopAtMs(taskArns: readonly string[]): number | undefined {
    if (taskArns.length === 0) return undefined
    let lastMs = Number.NEGATIVE_INFINITY
    for (const arn of taskArns) {
      const entry = this.#entries.get(arn)
      if (!entry) continue
      const atMs = stoppedAtMs(entry.task)
      if (atMs === undefined) return undefined
      lastMs = Math.max(lastMs, atMs)
    }
    return lastMs
  }
}
