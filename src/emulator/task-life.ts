import type { Clock } from '../lib/clock.ts'
import { toDriverTask } from './driver-task.ts'
import type { ContainerEnd, DriverTask, TaskDriver, TaskReport } from './drivers/driver.ts'
import type { EmulatorState } from './state.ts'
import type { TaskOutput } from './task-output.ts'
import type { ContainerFacts, StopCode, TaskRecord } from './task-record.ts'
import { momentAfter } from './task-state.ts'

/** Why and when a task is to end. */
export interface Interruption {
  readonly code: StopCode
  readonly reason: string
  readonly atMs: number
  /** How much later the containers hear of it. */
  readonly lagMs?: number
  /** False: the host is gone, the containers with it. */
  readonly graceful?: boolean
}

export interface TaskLifeParts {
  readonly clock: Clock
  readonly state: EmulatorState
  readonly driver: TaskDriver
  readonly output: TaskOutput
}

/**
 * What begins, changes and ends the facts of tasks. Invariant: a fact is set before any caller could
 * have observed its moment, so what was answered once is never answered differently later.
 */
export class TaskLife {
  readonly #clock: Clock
  readonly #state: EmulatorState
  readonly #driver: TaskDriver
  readonly #output: TaskOutput

  constructor({ clock, state, driver, output }: TaskLifeParts) {
    this.#clock = clock
    this.#state = state
    this.#driver = driver
    this.#output = output
  }

  /** Starts the containers of a new task; `failure` makes it fail when its images are pulled. */
  launch(task: TaskRecord, failure?: string): void {
    const { activatingAtMs, startAtMs } = task.start
    if (activatingAtMs === undefined || startAtMs === undefined) return
    const problem = failure ?? this.#output.problem(task)
    if (problem !== undefined) this.#failedToStart(task, activatingAtMs, problem)
    else this.#driver.start(this.#describe(task), this.#reportOf(task))
  }

  /** Takes up the tasks of an earlier process of the host, or ends them as a lost host would. */
  resume(): void {
    const nowMs = this.#clock.nowMs()
    for (const task of this.#state.tasks.unstopped()) {
      if (openContainers(task, nowMs).length === 0 || task.start.startAtMs === undefined) continue
      if (!this.#driver.adopt?.(this.#describe(task), this.#reportOf(task))) this.#loseHost(task)
      else if (task.stop) this.#order(task, task.stop.signalAtMs, true)
    }
  }

  /** Ends a task, unless something has ended it before that moment. */
  interrupt(task: TaskRecord, how: Interruption): void {
    if (task.stop && task.stop.atMs <= how.atMs) return
    const signalAtMs = this.#unseen(task, how.atMs + (how.lagMs ?? 0))
    task.stop = { code: how.code, reason: how.reason, atMs: how.atMs, signalAtMs }
    withdrawStarts(task, signalAtMs)
    this.#changed(task)
    this.#order(task, signalAtMs, how.graceful !== false)
  }

  /** StopTask removes the tags of its task. */
  dropTags(task: TaskRecord): void {
    task.tags = []
    this.#state.sink.put('task', task.id, task)
  }

  /** Has the driver end the containers that still run at that moment. */
  #order(task: TaskRecord, atMs: number, graceful: boolean): void {
    const open = openContainers(task, atMs)
    if (open.length === 0) return
    this.#driver.stop(this.#describe(task), { atMs, graceful, open }, this.#reportOf(task))
  }

  #exited(task: TaskRecord, container: ContainerFacts, end: ContainerEnd): void {
    const atMs = this.#exitMoment(task, container, end.atMs)
    if (container.exitedAtMs !== undefined && container.exitedAtMs <= atMs) return
    container.exitedAtMs = atMs
    const ran = container.startedAtMs !== undefined
    container.exitCode = ran ? end.exitCode : undefined
    container.reason = end.reason
    this.#changed(task)
    if (!container.essential) return
    this.interrupt(task, {
      code: 'EssentialContainerExited',
      reason: 'Essential container in task exited',
      atMs,
    })
  }

  /** After the start, and after the signal when it was the signal that ended the container. */
  #exitMoment(task: TaskRecord, container: ContainerFacts, endMs: number): number {
    const atMs = Math.max(endMs, (container.startedAtMs ?? 0) + 1)
    const signalAtMs = task.stop?.signalAtMs ?? Number.POSITIVE_INFINITY
    return signalAtMs <= atMs ? Math.max(atMs, signalAtMs + 1) : this.#unseen(task, atMs)
  }

  #failedToStart(task: TaskRecord, atMs: number, reason: string): void {
    const failedAtMs = this.#unseen(task, atMs)
    const open = task.containers.filter((container) => container.exitedAtMs === undefined)
    for (const container of open) container.exitedAtMs = failedAtMs
    const culprit = open.find((container) => container.essential) ?? open[0]
    if (culprit) culprit.reason = reason
    this.interrupt(task, { code: 'TaskFailedToStart', reason, atMs: failedAtMs })
  }

  /** Ends what nobody runs any more. */
  #loseHost(task: TaskRecord): void {
    const nowMs = this.#clock.nowMs()
    for (const container of task.containers) container.exitedAtMs ??= nowMs
    this.interrupt(task, {
      code: 'TerminationNotice',
      reason: hostTerminated(task),
      atMs: nowMs,
      graceful: false,
    })
    this.#changed(task)
  }

  #started(task: TaskRecord, container: ContainerFacts, atMs: number): void {
    this.#output.open(task, container.name)
    if (container.startedAtMs !== undefined) return
    container.startedAtMs = this.#unseen(task, atMs)
    const essentials = task.containers.filter(({ essential }) => essential)
    if (essentials.every(({ startedAtMs }) => startedAtMs !== undefined)) {
      task.startedAtMs ??= Math.max(...essentials.map((each) => each.startedAtMs ?? 0))
    }
    this.#changed(task)
  }

  #reportOf(task: TaskRecord): TaskReport {
    const on = (name: string, act: (container: ContainerFacts) => void): void => {
      const container = task.containers.find((each) => each.name === name)
      if (container) act(container)
    }
    return {
      started: (name, atMs) => on(name, (container) => this.#started(task, container, atMs)),
      exited: (name, end) => on(name, (container) => this.#exited(task, container, end)),
      failedToStart: (atMs, reason) => this.#failedToStart(task, atMs, reason),
      lost: () => this.#loseHost(task),
      health: (name, status) =>
        on(name, (container) => {
          if (container.healthStatus === status) return
          container.healthStatus = status
          this.#changed(task)
        }),
      output: (name, message, atMs) => {
        this.#output.write(task, name, { timestampMs: atMs, message })
      },
    }
  }

  /** Each change of a task ends here: its end may have moved, and it has to be stored. */
  #changed(task: TaskRecord): void {
    this.#state.tasks.reschedule(task)
    this.#state.sink.put('task', task.id, task)
  }

  /** A moment that nobody can have observed yet. */
  #unseen(task: TaskRecord, atMs: number): number {
    return atMs > this.#clock.nowMs() ? atMs : momentAfter(task, atMs)
  }

  #describe(task: TaskRecord): DriverTask {
    return toDriverTask(task, this.#state.definitions.get(task.definitionArn))
  }
}

/** Text of ECS for a task whose host went away. */
export function hostTerminated(task: TaskRecord): string {
  return `Host EC2 (instance i-${task.id.slice(0, 17)}) terminated.`
}

/** A container that had not started by then never will. */
function withdrawStarts(task: TaskRecord, atMs: number): void {
  if (task.startedAtMs !== undefined && task.startedAtMs > atMs) delete task.startedAtMs
  for (const container of task.containers) {
    if (container.startedAtMs === undefined || container.startedAtMs <= atMs) continue
    delete container.startedAtMs
    delete container.exitedAtMs
  }
}

function openContainers(task: TaskRecord, atMs: number): readonly string[] {
  return task.containers
    .filter(({ exitedAtMs }) => exitedAtMs === undefined || exitedAtMs > atMs)
    .map(({ name }) => name)
}
