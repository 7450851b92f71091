import type { ContainerFacts, TaskRecord } from './task-record.ts'

export type LastStatus =
  | 'PROVISIONING'
  | 'PENDING'
  | 'ACTIVATING'
  | 'RUNNING'
  | 'DEACTIVATING'
  | 'STOPPING'
  | 'DEPROVISIONING'
  | 'STOPPED'

export interface Step {
  readonly atMs: number
  readonly status: LastStatus
}

export interface TaskMoment {
  readonly lastStatus: LastStatus
  readonly desiredStatus: 'RUNNING' | 'STOPPED'
  /** 1 for a new task; grows with every change of lastStatus or desiredStatus. */
  readonly version: number
}

const NEVER = Number.POSITIVE_INFINITY

/** What a task looks like at `nowMs`. */
export function taskAt(task: TaskRecord, nowMs: number): TaskMoment {
  const steps = timeline(task).filter((step) => step.atMs <= nowMs)
  const desiredStopped = task.stop !== undefined && task.stop.atMs <= nowMs
  return {
    lastStatus: steps.at(-1)?.status ?? 'PROVISIONING',
    desiredStatus: desiredStopped ? 'STOPPED' : 'RUNNING',
    version: Math.max(1, steps.length) + (desiredStopped && stopComesBeforeSignal(task) ? 1 : 0),
  }
}

/** A stop that the containers hear of later is a change of its own. */
function stopComesBeforeSignal(task: TaskRecord): boolean {
  return task.stop !== undefined && task.stop.atMs < task.stop.signalAtMs
}

/**
 * The earliest moment from `atMs` on at which something new may happen to the task: never within the
 * millisecond in which its last state began, so that every observable state has its own version.
 */
export function momentAfter(task: TaskRecord, atMs: number): number {
  const last = timeline(task).findLast((step) => step.atMs <= atMs)
  return last === undefined ? atMs : Math.max(atMs, last.atMs + 1)
}

/** The states that a task passes, as far as its facts tell, with the moment each begins. */
export function timeline(task: TaskRecord): readonly Step[] {
  const signalAtMs = task.stop?.signalAtMs ?? NEVER
  const steps: Step[] = [
    { atMs: task.createdAtMs, status: 'PROVISIONING' },
    { atMs: task.start.pendingAtMs, status: 'PENDING' },
    { atMs: task.start.activatingAtMs ?? NEVER, status: 'ACTIVATING' },
    { atMs: task.startedAtMs ?? NEVER, status: 'RUNNING' },
  ]
  const lived = steps.filter((step) => step.atMs < signalAtMs)
  return withoutInstants([...lived, ...ending(task)])
}

function ending(task: TaskRecord): readonly Step[] {
  if (!task.stop) return []
  const { signalAtMs } = task.stop
  const stoppingAtMs = signalAtMs + task.delays.deactivatingMs
  const endedAtMs = executionStoppedAtMs(task)
  const steps: Step[] = [
    { atMs: signalAtMs, status: 'DEACTIVATING' },
    { atMs: stoppingAtMs, status: 'STOPPING' },
  ]
  if (endedAtMs === undefined) return steps
  const deprovisioningAtMs = Math.max(stoppingAtMs, endedAtMs)
  const stoppedAtMs = deprovisioningAtMs + task.delays.deprovisioningMs
  return [
    ...steps,
    { atMs: deprovisioningAtMs, status: 'DEPROVISIONING' },
    { atMs: stoppedAtMs, status: 'STOPPED' },
  ]
}

/** Drops states that last no time: nobody can see them, and ECS counts no version for them. */
function withoutInstants(steps: readonly Step[]): readonly Step[] {
  return steps.filter((step, index) => {
    const next = steps[index + 1]
    return step.atMs !== NEVER && (next === undefined || next.atMs > step.atMs)
  })
}

/** When the last container of a stopping task ended; undefined while one still runs. */
export function executionStoppedAtMs(task: TaskRecord): number | undefined {
  if (!task.stop) return undefined
  let endedAtMs = task.stop.signalAtMs
  for (const container of task.containers) {
    if (container.exitedAtMs === undefined) return undefined
    endedAtMs = Math.max(endedAtMs, container.exitedAtMs)
  }
  return endedAtMs
}

/** When the task becomes STOPPED; undefined while that is not known. */
export function stoppedAtMs(task: TaskRecord): number | undefined {
  const last = timeline(task).at(-1)
  return last?.status === 'STOPPED' ? last.atMs : undefined
}

/** What a container looks like at `nowMs`. */
export function containerStatusAt(
  container: ContainerFacts,
  nowMs: number,
): 'PENDING' | 'RUNNING' | 'STOPPED' {
  if (container.exitedAtMs !== undefined && container.exitedAtMs <= nowMs) return 'STOPPED'
  if (container.startedAtMs !== undefined && container.startedAtMs <= nowMs) return 'RUNNING'
  return 'PENDING'
}
