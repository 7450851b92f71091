import { execFile } from 'node:child_process'
import { statSync } from 'node:fs'
import type { Clock } from '../../lib/clock.ts'
import { errorMessage } from '../../lib/errors.ts'
import {
  type ContainerFiles,
  containerFiles,
  createContainerDirectory,
  createTaskDirectory,
  writeExit,
} from './container-files.ts'
import type { ContainerEvents, ContainerHost, HostedContainer } from './container-host.ts'
import {
  adoptContainer,
  type ContainerExit,
  type ContainerProcess,
  findRemains,
  spawnContainer,
} from './container-process.ts'
import type { DriverContainer } from './driver.ts'
import { findProgram } from './find-program.ts'
import { type HealthProbe, watchHealth } from './health-check.ts'
import type { OutputTail } from './output-tail.ts'
import { cannotStart } from './task-containers.ts'

export interface ProcessHost {
  readonly clock: Clock
  readonly tail: OutputTail
  /** Holds a directory for each task. */
  readonly directory: string
  /** Where containers without a usable working directory of their own run. */
  readonly workingDirectory: string
  /** What every container's environment begins with. */
  readonly baseEnvironment: Readonly<Record<string, string>>
}

/** The containers of one task as processes of this machine. */
export class ProcessContainers implements ContainerHost {
  readonly #host: ProcessHost
  readonly #taskId: string

  constructor(host: ProcessHost, taskId: string) {
    this.#host = host
    this.#taskId = taskId
  }

  prepare(): void {
    createTaskDirectory(this.#host.directory, this.#taskId)
  }

  start(container: DriverContainer, events: ContainerEvents): void {
    const files = this.#filesOf(container)
    const [program] = container.command
    if (program === undefined) {
      this.#pretend(container, files, events)
      return
    }
    const environment = this.#environmentOf(container)
    const workingDirectory = this.#workingDirectoryOf(container)
    const found = findProgram(program, environment['PATH'] ?? '', workingDirectory)
    if (found.type === 'NotFound') {
      events.failed(cannotStart(found.problem))
      return
    }
    const command = [found.path, ...container.command.slice(1)]
    const request = { files, command, environment, workingDirectory }
    const running = spawnContainer(this.#host.clock, request, {
      onExit: (exit) => this.#ended(files, exit, events),
      onError: (error) => events.failed(cannotStart(errorMessage(error))),
    })
    this.#watch(container, running, events)
  }

  adopt(container: DriverContainer, events: ContainerEvents): boolean {
    const files = this.#filesOf(container)
    if (!statSync(files.directory, { throwIfNoEntry: false })) return false
    const remains = findRemains(files)
    if (remains.type === 'Lost') {
      events.lost()
      return true
    }
    const onExit = (exit: ContainerExit): void => this.#ended(files, exit, events)
    if (remains.type === 'Running') {
      const running = adoptContainer(this.#host.clock, files, remains.identity, onExit)
      this.#watch(container, running, events)
      return true
    }
    events.started(remains.exit.atMs)
    this.#host.tail.open(files, events.output)
    onExit(remains.exit)
    return true
  }

  /** Without a command only the image knows what to run, and images are not run here. */
  #pretend({ image }: DriverContainer, files: ContainerFiles, events: ContainerEvents): void {
    const { clock } = this.#host
    createContainerDirectory(files)
    writeExit(files, 0)
    events.started(clock.nowMs())
    events.output(`no command is set, and the image ${image} is not run here: taken as a success`)
    events.ended({ atMs: clock.nowMs(), exitCode: 0 })
  }

  #watch(container: DriverContainer, running: ContainerProcess, events: ContainerEvents): void {
    const { clock, tail } = this.#host
    const files = this.#filesOf(container)
    events.begun(this.#hosted(container, running))
    tail.open(files, events.output)
    events.started(clock.nowMs())
  }

  #ended(files: ContainerFiles, exit: ContainerExit, events: ContainerEvents): void {
    this.#host.tail.close(files)
    events.ended(exit)
  }

  #hosted(container: DriverContainer, running: ContainerProcess): HostedContainer {
    const { clock, tail } = this.#host
    let cancelKill = (): void => {}
    return {
      stop(graceful) {
        running.kill(graceful ? 'SIGTERM' : 'SIGKILL')
        if (!graceful) return
        cancelKill()
        cancelKill = clock.after(container.stopTimeoutMs, () => running.kill('SIGKILL'))
      },
      release: () => {
        cancelKill()
        running.release()
        tail.drop(this.#filesOf(container))
      },
      watchHealth: (check, onStatus) =>
        watchHealth(clock, { check, probe: this.#probeOf(container), onStatus }),
    }
  }

  #probeOf(container: DriverContainer): HealthProbe {
    const options = {
      env: this.#environmentOf(container),
      cwd: this.#workingDirectoryOf(container),
    }
    return ([file = 'false', ...args], timeout) =>
      new Promise((resolve) => {
        execFile(file, args, { ...options, timeout }, (error) => resolve(error === null))
      })
  }

  #environmentOf({ environment }: DriverContainer): Record<string, string> {
    return { ...this.#host.baseEnvironment, ...environment }
  }

  #filesOf({ name }: DriverContainer): ContainerFiles {
    return containerFiles(this.#host.directory, this.#taskId, name)
  }

  #workingDirectoryOf({ workingDirectory }: DriverContainer): string {
    if (workingDirectory === undefined) return this.#host.workingDirectory
    const stat = statSync(workingDirectory, { throwIfNoEntry: false })
    return stat?.isDirectory() ? workingDirectory : this.#host.workingDirectory
  }
}
