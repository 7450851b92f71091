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
import {
  adoptContainer,
  type ContainerExit,
  type ContainerProcess,
  findRemains,
  spawnContainer,
} from './container-process.ts'
import { type ContainerPhase, readiness } from './dependencies.ts'
import type { DriverContainer, DriverTask, StopOrder, TaskReport } from './driver.ts'
import { findProgram } from './find-program.ts'
import { watchHealth } from './health-check.ts'
import type { OutputTail } from './output-tail.ts'

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

/** A stop that an exit brings about is dated a millisecond after it. */
const IMMEDIATE_MS = 1

const WAITING: ContainerPhase = { type: 'Waiting' }

/** One task whose containers are processes of this machine. */
export class ProcessTask {
  readonly #host: ProcessHost
  readonly #task: DriverTask
  readonly #report: TaskReport
  readonly #phases = new Map<string, ContainerPhase>()
  readonly #processes = new Map<string, ContainerProcess>()
  readonly #healthChecks = new Map<string, () => void>()
  readonly #cancels = new Set<() => void>()
  #stopping = false

  constructor(host: ProcessHost, task: DriverTask, report: TaskReport) {
    this.#host = host
    this.#task = task
    this.#report = report
  }

  /** Starts the containers when their time has come. */
  start(): void {
    this.#at(this.#task.startAtMs, () => {
      this.#attempt(() => {
        createTaskDirectory(this.#host.directory, this.#task.id)
        this.#startReady()
      })
    })
  }

  /** Takes up containers that run or have ended; false when an essential one is lost. */
  adopt(): boolean {
    for (const container of this.#task.containers) this.#adoptContainer(container)
    const lost = this.#task.containers.some(
      ({ name, essential }) => essential && this.#isLost(name),
    )
    if (lost) this.#abandon()
    else this.#startReady()
    return !lost
  }

  stop({ atMs, graceful, open }: StopOrder): void {
    this.#at(atMs, () => {
      this.#stopping = true
      for (const container of this.#task.containers) {
        if (open.includes(container.name)) this.#stopContainer(container, graceful)
      }
      this.#releaseIfOver()
    })
  }

  /** Stops watching; what runs goes on running. */
  release(): void {
    for (const cancel of [...this.#cancels, ...this.#healthChecks.values()]) cancel()
    this.#cancels.clear()
    this.#healthChecks.clear()
    for (const running of this.#processes.values()) running.release()
  }

  /** Kills what runs, without a word to anybody. */
  kill(): void {
    for (const running of this.#processes.values()) running.kill('SIGKILL')
  }

  /** Acts at a moment; at once when that is now, so that nothing starts in between. */
  #at(atMs: number, act: () => void): void {
    const delayMs = atMs - this.#host.clock.nowMs()
    if (delayMs <= IMMEDIATE_MS) {
      act()
      return
    }
    const cancel = this.#host.clock.after(delayMs, () => {
      this.#cancels.delete(cancel)
      act()
    })
    this.#cancels.add(cancel)
  }

  #phaseOf(name: string): ContainerPhase {
    return this.#phases.get(name) ?? WAITING
  }

  /** Starts every container whose dependencies allow it by now. */
  #startReady(): void {
    for (const container of this.#task.containers) {
      if (this.#stopping || this.#phaseOf(container.name).type !== 'Waiting') continue
      const ready = readiness(container, (name) => this.#phaseOf(name))
      if (ready.type === 'Ready') this.#attempt(() => this.#startContainer(container))
      if (ready.type === 'Impossible') this.#fail(ready.reason)
    }
  }

  #startContainer(container: DriverContainer): void {
    const files = this.#filesOf(container.name)
    const [program] = container.command
    if (program === undefined) {
      this.#pretend(container, files)
      return
    }
    const environment = { ...this.#host.baseEnvironment, ...container.environment }
    const workingDirectory = this.#workingDirectoryOf(container)
    const found = findProgram(program, environment['PATH'] ?? '', workingDirectory)
    if (found.type === 'NotFound') {
      this.#fail(cannotStart(found.problem))
      return
    }
    const command = [found.path, ...container.command.slice(1)]
    const request = { files, command, environment, workingDirectory }
    const running = spawnContainer(this.#host.clock, request, {
      onExit: (exit) => this.#ended(container, exit),
      onError: (error) => this.#fail(cannotStart(errorMessage(error))),
    })
    this.#running(container, running)
    for (const name of container.secretNames) {
      this.#say(container, `${name} is not set: secrets cannot be read here`)
    }
  }

  /** Without a command only the image knows what to run, and images are not run here. */
  #pretend(container: DriverContainer, files: ContainerFiles): void {
    const { clock } = this.#host
    createContainerDirectory(files)
    writeExit(files, 0)
    this.#report.started(container.name, clock.nowMs())
    this.#say(
      container,
      `no command is set, and the image ${container.image} is not run here: taken as a success`,
    )
    this.#ended(container, { atMs: clock.nowMs(), exitCode: 0 })
  }

  #running(container: DriverContainer, running: ContainerProcess): void {
    const { clock, tail } = this.#host
    const { name, healthCheck: check } = container
    this.#processes.set(name, running)
    this.#phases.set(name, { type: 'Running', healthy: false })
    this.#report.started(name, clock.nowMs())
    tail.open(this.#filesOf(name), (line) => this.#say(container, line))
    if (!check) return
    const environment = { ...this.#host.baseEnvironment, ...container.environment }
    const workingDirectory = this.#workingDirectoryOf(container)
    const onStatus = (status: 'HEALTHY' | 'UNHEALTHY'): void => this.#health(name, status)
    const stop = watchHealth(clock, { check, environment, workingDirectory, onStatus })
    this.#healthChecks.set(name, stop)
  }

  #health(name: string, status: 'HEALTHY' | 'UNHEALTHY'): void {
    if (this.#phaseOf(name).type !== 'Running') return
    this.#phases.set(name, { type: 'Running', healthy: status === 'HEALTHY' })
    this.#report.health(name, status)
    this.#startReady()
  }

  #ended(container: DriverContainer, exit: ContainerExit): void {
    const { name } = container
    this.#host.tail.close(this.#filesOf(name))
    this.#processes.delete(name)
    this.#healthChecks.get(name)?.()
    this.#healthChecks.delete(name)
    this.#phases.set(name, { type: 'Ended', exitCode: exit.exitCode })
    this.#report.exited(name, exit)
    this.#startReady()
    this.#releaseIfOver()
  }

  #releaseIfOver(): void {
    if (this.#task.containers.every(({ name }) => this.#phaseOf(name).type === 'Ended')) {
      this.release()
    }
  }

  #stopContainer(container: DriverContainer, graceful: boolean): void {
    const running = this.#processes.get(container.name)
    if (!running) {
      if (this.#phaseOf(container.name).type === 'Ended') return
      this.#phases.set(container.name, { type: 'Ended', exitCode: undefined })
      this.#report.exited(container.name, { atMs: this.#host.clock.nowMs() })
      return
    }
    running.kill(graceful ? 'SIGTERM' : 'SIGKILL')
    if (!graceful) return
    this.#at(this.#host.clock.nowMs() + container.stopTimeoutMs, () => {
      this.#processes.get(container.name)?.kill('SIGKILL')
    })
  }

  #adoptContainer(container: DriverContainer): void {
    const files = this.#filesOf(container.name)
    if (!statSync(files.directory, { throwIfNoEntry: false })) return
    const remains = findRemains(files)
    if (remains.type === 'Lost') {
      this.#phases.set(container.name, { type: 'Ended', exitCode: undefined })
      return
    }
    if (remains.type === 'Running') {
      const onExit = (exit: ContainerExit): void => this.#ended(container, exit)
      this.#running(container, adoptContainer(this.#host.clock, files, remains.identity, onExit))
      return
    }
    this.#report.started(container.name, remains.exit.atMs)
    this.#host.tail.open(files, (line) => this.#say(container, line))
    this.#ended(container, remains.exit)
  }

  #isLost(name: string): boolean {
    const phase = this.#phaseOf(name)
    return phase.type === 'Ended' && phase.exitCode === undefined
  }

  /** What the machine refuses (no space, no processes) fails the task, not the host. */
  #attempt(act: () => void): void {
    try {
      act()
    } catch (error) {
      this.#fail(cannotStart(errorMessage(error)))
    }
  }

  #fail(reason: string): void {
    if (this.#stopping) return
    this.#stopping = true
    for (const { name } of this.#task.containers) {
      if (!this.#processes.has(name)) this.#phases.set(name, { type: 'Ended', exitCode: undefined })
    }
    this.kill()
    this.#report.failedToStart(this.#host.clock.nowMs(), reason)
    this.#releaseIfOver()
  }

  /** Ends what is left of a task that counts as lost. */
  #abandon(): void {
    this.#stopping = true
    this.kill()
    for (const name of this.#processes.keys()) this.#host.tail.close(this.#filesOf(name))
    this.release()
  }

  #say(container: DriverContainer, line: string): void {
    this.#report.output(container.name, line, this.#host.clock.nowMs())
  }

  #filesOf(name: string): ContainerFiles {
    return containerFiles(this.#host.directory, this.#task.id, name)
  }

  #workingDirectoryOf({ workingDirectory }: DriverContainer): string {
    if (workingDirectory === undefined) return this.#host.workingDirectory
    const stat = statSync(workingDirectory, { throwIfNoEntry: false })
    return stat?.isDirectory() ? workingDirectory : this.#host.workingDirectory
  }
}

function cannotStart(problem: string): string {
  return `CannotStartContainerError: Error response from daemon: failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: ${problem}`
}
