import type { Clock } from '../../lib/clock.ts'
import { errorMessage } from '../../lib/errors.ts'
import type { ContainerEvents, ContainerHost, HostedContainer } from './container-host.ts'
import { type ContainerPhase, readiness } from './dependencies.ts'
import type { ContainerEnd, DriverContainer, DriverTask, StopOrder, TaskReport } from './driver.ts'

export interface TaskContainersParts {
  readonly clock: Clock
  readonly host: ContainerHost
  readonly task: DriverTask
  readonly report: TaskReport
}

/** A stop that an exit brings about is dated a millisecond after it. */
const IMMEDIATE_MS = 1

const WAITING: ContainerPhase = { type: 'Waiting' }

/** The containers of one task: in which order they start, and what each means for the others. */
export class TaskContainers {
  readonly #clock: Clock
  readonly #host: ContainerHost
  readonly #task: DriverTask
  readonly #report: TaskReport
  readonly #phases = new Map<string, ContainerPhase>()
  readonly #begun = new Set<string>()
  readonly #hosted = new Map<string, HostedContainer>()
  readonly #healthChecks = new Map<string, () => void>()
  readonly #cancels = new Set<() => void>()
  /** Nothing may start: the task ends, or it is not known yet what runs already. */
  #startsNothing = false
  /** An essential container is lost, and the task with it. */
  #isAbandoned = false

  constructor({ clock, host, task, report }: TaskContainersParts) {
    this.#clock = clock
    this.#host = host
    this.#task = task
    this.#report = report
  }

  /** Starts the containers when their time has come. */
  start(): void {
    this.#at(this.#task.startAtMs, () => {
      this.#attempt(() => {
        this.#host.prepare()
        this.#startReady()
      })
    })
  }

  /** Takes up containers that run or have ended; false when an essential one is lost. */
  adopt(): boolean {
    this.#startsNothing = true
    for (const container of this.#task.containers) {
      if (this.#host.adopt(container, this.#eventsOf(container))) this.#begun.add(container.name)
    }
    if (this.#isAbandoned) return false
    this.#startsNothing = false
    this.#startReady()
    return true
  }

  stop({ atMs, graceful, open }: StopOrder): void {
    this.#at(atMs, () => {
      this.#startsNothing = true
      for (const { name } of this.#task.containers) {
        if (open.includes(name)) this.#stopContainer(name, graceful)
      }
      this.#releaseIfOver()
    })
  }

  /** Stops watching; what runs goes on running. */
  release(): void {
    for (const cancel of [...this.#cancels, ...this.#healthChecks.values()]) cancel()
    this.#cancels.clear()
    this.#healthChecks.clear()
    for (const hosted of this.#hosted.values()) hosted.release()
  }

  /** Kills what runs, without a word to anybody. */
  kill(): void {
    for (const hosted of this.#hosted.values()) hosted.stop(false)
  }

  /** Acts at a moment; at once when that is now, so that nothing starts in between. */
  #at(atMs: number, act: () => void): void {
    const delayMs = atMs - this.#clock.nowMs()
    if (delayMs <= IMMEDIATE_MS) {
      act()
      return
    }
    const cancel = this.#clock.after(delayMs, () => {
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
      if (this.#startsNothing) return
      if (this.#begun.has(container.name)) continue
      const ready = readiness(container, (name) => this.#phaseOf(name))
      if (ready.type === 'Impossible') this.#fail(ready.reason)
      if (ready.type !== 'Ready') continue
      this.#begun.add(container.name)
      this.#attempt(() => this.#host.start(container, this.#eventsOf(container)))
    }
  }

  #eventsOf(container: DriverContainer): ContainerEvents {
    const { name } = container
    return {
      begun: (hosted) => {
        this.#hosted.set(name, hosted)
      },
      started: (atMs) => this.#started(container, atMs),
      output: (line) => this.#say(name, line),
      ended: (end) => this.#ended(name, end),
      failed: (reason) => this.#failed(name, reason),
      lost: () => this.#lost(container),
    }
  }

  #started({ name, secretNames, healthCheck }: DriverContainer, atMs: number): void {
    this.#phases.set(name, { type: 'Running', healthy: false })
    this.#report.started(name, atMs)
    for (const secret of secretNames) {
      this.#say(name, `${secret} is not set: secrets cannot be read here`)
    }
    const hosted = this.#hosted.get(name)
    if (healthCheck && hosted) {
      const stop = hosted.watchHealth(healthCheck, (status) => this.#health(name, status))
      this.#healthChecks.set(name, stop)
    }
    this.#startReady()
  }

  #health(name: string, status: 'HEALTHY' | 'UNHEALTHY'): void {
    if (this.#phaseOf(name).type !== 'Running') return
    this.#phases.set(name, { type: 'Running', healthy: status === 'HEALTHY' })
    this.#report.health(name, status)
    this.#startReady()
  }

  #ended(name: string, end: ContainerEnd): void {
    this.#over(name, end.exitCode)
    this.#report.exited(name, end)
    this.#startReady()
    this.#releaseIfOver()
  }

  #failed(name: string, reason: string): void {
    this.#hosted.delete(name)
    if (this.#startsNothing) this.#ended(name, { atMs: this.#clock.nowMs() })
    else this.#fail(reason)
  }

  /** An essential container takes its task with it, as a host that goes away does. */
  #lost({ name, essential }: DriverContainer): void {
    if (!essential) {
      this.#ended(name, { atMs: this.#clock.nowMs() })
      return
    }
    this.#over(name, undefined)
    this.#isAbandoned = true
    this.#startsNothing = true
    this.kill()
    this.release()
    this.#report.lost()
  }

  #over(name: string, exitCode: number | undefined): void {
    this.#hosted.delete(name)
    this.#healthChecks.get(name)?.()
    this.#healthChecks.delete(name)
    this.#phases.set(name, { type: 'Ended', exitCode })
  }

  #releaseIfOver(): void {
    if (this.#task.containers.every(({ name }) => this.#phaseOf(name).type === 'Ended')) {
      this.release()
    }
  }

  #stopContainer(name: string, graceful: boolean): void {
    const hosted = this.#hosted.get(name)
    if (hosted) {
      hosted.stop(graceful)
      return
    }
    if (this.#phaseOf(name).type === 'Ended') return
    this.#ended(name, { atMs: this.#clock.nowMs() })
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
    if (this.#startsNothing) return
    this.#startsNothing = true
    for (const { name } of this.#task.containers) {
      if (!this.#hosted.has(name)) this.#phases.set(name, { type: 'Ended', exitCode: undefined })
    }
    this.kill()
    this.#report.failedToStart(this.#clock.nowMs(), reason)
    this.#releaseIfOver()
  }

  #say(name: string, line: string): void {
    this.#report.output(name, line, this.#clock.nowMs())
  }
}

/** ECS's text for a container that its runtime could not start. */
export function cannotStart(problem: string): string {
  return `CannotStartContainerError: Error response from daemon: failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: ${problem}`
}
