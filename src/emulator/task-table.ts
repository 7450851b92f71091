import { DueQueue } from './due-queue.ts'
import { SequenceList } from './sequence-list.ts'
import type { TaskRecord } from './task-record.ts'
import { stoppedAtMs } from './task-state.ts'

export interface TaskFilter {
  readonly clusterName: string
  readonly startedBy?: string | undefined
  readonly family?: string | undefined
}

export interface TaskTableEvents {
  /** The task became STOPPED: what it held is free again. */
  readonly onStopped: (task: TaskRecord) => void
  /** The retention time is over: the service no longer knows the task. */
  readonly onForgotten: (task: TaskRecord) => void
}

/** The tasks that the service still knows, with the indexes that its operations need. */
export class TaskTable {
  readonly #retentionMs: number
  readonly #events: TaskTableEvents
  readonly #byId = new Map<string, TaskRecord>()
  readonly #lists = new Map<string, SequenceList<TaskRecord>>()
  readonly #unstopped = new Set<TaskRecord>()
  readonly #due = new DueQueue<TaskRecord>()

  constructor(retentionMs: number, events: TaskTableEvents) {
    this.#retentionMs = retentionMs
    this.#events = events
  }

  get size(): number {
    return this.#byId.size
  }

  add(task: TaskRecord): void {
    this.#byId.set(task.id, task)
    this.#unstopped.add(task)
    for (const key of indexKeys(task)) this.#list(key).add(task)
    this.reschedule(task)
  }

  get(id: string): TaskRecord | undefined {
    return this.#byId.get(id)
  }

  /** Tasks that are not STOPPED yet, as of the last settle(). */
  unstopped(): Iterable<TaskRecord> {
    return this.#unstopped
  }

  all(): Iterable<TaskRecord> {
    return this.#byId.values()
  }

  /** Tasks of a cluster after `sequence`, in order of creation, by the narrowest index. */
  scan(filter: TaskFilter, sequence: number): Iterable<TaskRecord> {
    return this.#lists.get(scanKey(filter))?.after(sequence) ?? []
  }

  /** To be called whenever the facts that decide the task's end have changed. */
  reschedule(task: TaskRecord): void {
    const atMs = stoppedAtMs(task)
    if (atMs !== undefined) this.#due.add(atMs, task)
  }

  /** Lets everything happen that fell due up to `nowMs`. */
  settle(nowMs: number): void {
    for (let task = this.#due.take(nowMs); task; task = this.#due.take(nowMs)) {
      this.#settleTask(task, nowMs)
    }
  }

  #settleTask(task: TaskRecord, nowMs: number): void {
    const atMs = stoppedAtMs(task)
    if (atMs === undefined || atMs > nowMs || this.#byId.get(task.id) !== task) return
    if (this.#unstopped.delete(task)) this.#events.onStopped(task)
    const forgetAtMs = atMs + this.#retentionMs
    if (forgetAtMs > nowMs) {
      this.#due.add(forgetAtMs, task)
      return
    }
    this.#byId.delete(task.id)
    for (const key of indexKeys(task)) this.#remove(key, task)
    this.#events.onForgotten(task)
  }

  #list(key: string): SequenceList<TaskRecord> {
    const known = this.#lists.get(key)
    if (known) return known
    const created = new SequenceList<TaskRecord>()
    this.#lists.set(key, created)
    return created
  }

  #remove(key: string, task: TaskRecord): void {
    const tasks = this.#lists.get(key)
    tasks?.remove(task)
    if (tasks?.size === 0) this.#lists.delete(key)
  }
}

function indexKeys(task: TaskRecord): readonly string[] {
  const { clusterName, startedBy, family } = task
  const keys = [scanKey({ clusterName }), scanKey({ clusterName, family })]
  return startedBy === undefined ? keys : [...keys, scanKey({ clusterName, startedBy })]
}

function scanKey({ clusterName, startedBy, family }: TaskFilter): string {
  if (startedBy !== undefined) return `${clusterName} startedBy ${startedBy}`
  return family === undefined ? clusterName : `${clusterName} family ${family}`
}
