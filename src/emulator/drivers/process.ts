import { mkdirSync } from 'node:fs'
import type { Clock } from '../../lib/clock.ts'
import { hasBegun, removeTaskDirectory } from './container-files.ts'
import type { DriverTask, TaskDriver, TaskReport } from './driver.ts'
import { OutputTail } from './output-tail.ts'
import { ProcessContainers, type ProcessHost } from './process-containers.ts'
import { TaskContainers } from './task-containers.ts'

export interface ProcessDriverOptions {
  readonly clock: Clock
  /** Where processes, exit codes and output are kept, so that tasks survive this process. */
  readonly directory: string
  /** Where containers run that name no directory of this machine. */
  readonly workingDirectory: string
  /** The only part of the host's environment that containers see: PATH, HOME, TMPDIR, LANG. */
  readonly baseEnvironment: Readonly<Record<string, string>>
}

export interface ProcessDriver extends TaskDriver {
  /** Stops watching all tasks. Their processes run on and can be adopted later, unless they are to be killed. */
  readonly close: (options?: { readonly kill?: boolean }) => void
}

/** Runs containers as processes of this machine: their command, without their image. */
export function createProcessDriver(options: ProcessDriverOptions): ProcessDriver {
  mkdirSync(options.directory, { recursive: true, mode: 0o700 })
  const tail = new OutputTail(options.clock)
  const host: ProcessHost = { ...options, tail }
  const tasks = new Map<string, TaskContainers>()

  const make = (task: DriverTask, report: TaskReport): TaskContainers => {
    const containers = new ProcessContainers(host, task.id)
    const made = new TaskContainers({ clock: options.clock, host: containers, task, report })
    tasks.set(task.id, made)
    return made
  }

  return {
    start: (task, report) => make(task, report).start(),

    stop(task, order, report) {
      const known = tasks.get(task.id) ?? make(task, report)
      known.stop(order)
    },

    adopt(task, report) {
      const made = make(task, report)
      if (hasBegun(options.directory, task.id)) return made.adopt()
      made.start()
      return true
    },

    flush: () => tail.flush(),

    forget(taskId) {
      tasks.get(taskId)?.release()
      tasks.delete(taskId)
      removeTaskDirectory(options.directory, taskId)
    },

    close({ kill = false } = {}) {
      for (const task of tasks.values()) {
        if (kill) task.kill()
        task.release()
      }
      tail.closeAll()
    },
  }
}
