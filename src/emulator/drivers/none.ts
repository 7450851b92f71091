import type { Clock } from '../../lib/clock.ts'
import type { DriverContainer, DriverTask, TaskDriver } from './driver.ts'

/** What a simulated container does. */
export interface Behaviour {
  /** How long it runs, milliseconds; absent: until it is stopped. */
  readonly runMs?: number
  readonly exitCode?: number
  readonly reason?: string
  /** Lines it writes, each `atMs` after its start. */
  readonly output?: readonly { readonly atMs: number; readonly message: string }[]
  /** When it gives a sign of life, each so long after its start; none after its end. */
  readonly beatsAtMs?: readonly number[]
  /** How it answers SIGTERM: after `afterMs` with `exitCode`; absent: at once with 143. */
  readonly onStop?: { readonly afterMs: number; readonly exitCode: number }
  /** The task fails to start with this reason. */
  readonly failsToStart?: string
}

/** Environment variables by which `behaviourFromEnvironment` is steered. */
export const RUN_MS_VARIABLE = 'EMULATOR_RUN_MS'
export const EXIT_CODE_VARIABLE = 'EMULATOR_EXIT_CODE'

const DEFAULT_RUN_MS = 1_000
/** Exit codes of a process ended by SIGTERM and by SIGKILL. */
const TERMINATED = 143
const KILLED = 137

/** Runs for EMULATOR_RUN_MS (1,000 ms; `forever`: until stopped) and exits with EMULATOR_EXIT_CODE (0). */
export function behaviourFromEnvironment(container: DriverContainer): Behaviour {
  const run = container.environment[RUN_MS_VARIABLE]
  const exitCode = Number(container.environment[EXIT_CODE_VARIABLE] ?? 0)
  if (run === 'forever') return { exitCode }
  return { runMs: run === undefined ? DEFAULT_RUN_MS : Number(run), exitCode }
}

/** What a simulated container does to the world outside of it. */
export interface Effects {
  readonly clock: Clock
  /** A sign of life: whom it is given to stands in the container's environment. */
  readonly beat: (container: DriverContainer, task: DriverTask) => void
}

/**
 * A driver that runs nothing: what each container does is decided when its task is launched, and
 * reported with future times. Only signs of life, which somebody hears when they are given, need a timer; they
 * are all that it remembers. Containers that are not essential run until the task ends unless their behaviour
 * says otherwise.
 */
export function createNoneDriver(
  behave: (container: DriverContainer, task: DriverTask) => Behaviour = behaviourFromEnvironment,
  effects?: Effects,
): TaskDriver {
  const silence = new Map<string, () => void>()
  return {
    start(task, report) {
      const plans = task.containers.map((container) => ({
        container,
        behaviour: behave(container, task),
      }))
      const failure = plans.find(({ behaviour }) => behaviour.failsToStart !== undefined)
      if (failure?.behaviour.failsToStart !== undefined) {
        report.failedToStart(task.startAtMs, failure.behaviour.failsToStart)
        return
      }
      for (const { container } of plans) report.started(container.name, task.startAtMs)
      for (const { container, behaviour } of plans) {
        for (const { atMs, message } of behaviour.output ?? []) {
          report.output(container.name, message, task.startAtMs + atMs)
        }
        if (effects && behaviour.beatsAtMs) {
          const times = behaviour.beatsAtMs.filter((ms) => ms < (behaviour.runMs ?? ms + 1))
          silence.set(task.id, beatAt(effects, { container, task, times }))
        }
        if (behaviour.runMs === undefined) continue
        const { exitCode = 0, reason } = behaviour
        const atMs = task.startAtMs + behaviour.runMs
        report.exited(container.name, { atMs, exitCode, ...(reason !== undefined && { reason }) })
      }
    },

    stop(task, { atMs, graceful, open }, report) {
      silence.get(task.id)?.()
      silence.delete(task.id)
      for (const container of task.containers.filter(({ name }) => open.includes(name))) {
        if (!graceful) {
          report.exited(container.name, { atMs, exitCode: KILLED })
          continue
        }
        const { afterMs, exitCode } = behave(container, task).onStop ?? {
          afterMs: 0,
          exitCode: TERMINATED,
        }
        const killed = afterMs > container.stopTimeoutMs
        report.exited(container.name, {
          atMs: atMs + Math.min(afterMs, container.stopTimeoutMs),
          exitCode: killed ? KILLED : exitCode,
        })
      }
    },

    adopt: () => true,

    forget(taskId) {
      silence.get(taskId)?.()
      silence.delete(taskId)
    },
  }
}

/** One timer at a time. Returns what ends it: whoever is stopped has nothing more to say. */
function beatAt(
  { clock, beat }: Effects,
  of: {
    readonly container: DriverContainer
    readonly task: DriverTask
    readonly times: readonly number[]
  },
): () => void {
  const { container, task, times } = of
  let cancel = (): void => {}
  const next = (index: number): void => {
    const atMs = times[index]
    if (atMs === undefined) return
    cancel = clock.after(task.startAtMs + atMs - clock.nowMs(), () => {
      beat(container, task)
      next(index + 1)
    })
  }
  next(0)
  return () => cancel()
}
