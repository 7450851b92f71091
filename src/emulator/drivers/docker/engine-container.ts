import { type Clock, sleep } from '../../../lib/clock.ts'
import { errorMessage } from '../../../lib/errors.ts'
import { type ContainerFiles, createContainerDirectory, writeExit } from '../container-files.ts'
import type { ContainerEvents, HealthListener, HostedContainer } from '../container-host.ts'
import type { DriverContainer, DriverHealthCheck, DriverTask } from '../driver.ts'
import { watchHealth } from '../health-check.ts'
import { containerName, toCreateBody } from './create-body.ts'
import type { Engine, EngineState, EngineVersion } from './engine.ts'
import { EngineRefusal, EngineUnreachable } from './engine-http.ts'
import { fullReference } from './image-reference.ts'
import { followLog } from './log-follower.ts'

export interface EngineContainerParts {
  readonly engine: Engine
  readonly version: EngineVersion
  readonly clock: Clock
  readonly hostId: string
  readonly task: DriverTask
  readonly container: DriverContainer
  readonly files: ContainerFiles
  readonly events: ContainerEvents
}

/** How long an engine that runs nothing any more is waited for: it may be restarted, with its containers alive. */
const OUTAGE_MS = 60_000
const RETRY_MS = 500
/** How long the log of an ended container is waited for. */
const LAST_LINES_MS = 5_000
/** Exit code of what SIGKILL ended. */
const KILLED = 137

/** One container of an engine, from its image to its removal. Everything is told by events; nothing throws. */
export class EngineContainer implements HostedContainer {
  readonly #parts: EngineContainerParts
  readonly #released = new AbortController()
  /** Aborts a pull that nobody needs any more. */
  readonly #unwanted = new AbortController()
  #isStoppedGracefully = true
  #id: string | undefined
  #isRunning = false

  constructor(parts: EngineContainerParts) {
    this.#parts = parts
  }

  /** Creates and starts it. */
  start(): void {
    this.#parts.events.begun(this)
    void this.#run()
  }

  /** Takes it up where an earlier process left it. */
  adopt(id: string): void {
    this.#id = id
    this.#parts.events.begun(this)
    void this.#guard(() => this.#resume(id))
  }

  stop(graceful: boolean): void {
    this.#isStoppedGracefully = graceful
    this.#unwanted.abort()
    this.#sendStop()
  }

  release(): void {
    this.#released.abort()
    this.#unwanted.abort()
  }

  watchHealth(check: DriverHealthCheck, onStatus: HealthListener): () => void {
    const { clock, engine } = this.#parts
    const id = this.#id ?? ''
    return watchHealth(clock, {
      check,
      onStatus,
      probe: async (command, timeoutMs) => {
        const code = await engine.exec(id, command, timeoutMs).catch(() => undefined)
        return code === 0
      },
    })
  }

  async #run(): Promise<void> {
    await this.#guard(async () => {
      const { engine, task, container, hostId, files, events, clock } = this.#parts
      if (!(await this.#haveImage())) return
      if (this.#gaveUp()) return
      createContainerDirectory(files)
      const name = containerName(task.id, container.name)
      const body = toCreateBody(task, container, hostId)
      const id = await asStep('CannotCreateContainerError', () => engine.create(name, body))
      this.#id = id
      // Left as it is, for whoever takes it up.
      if (this.#released.signal.aborted) return
      if (this.#gaveUp()) {
        await engine.remove(id)
        return
      }
      await this.#startCreated(id)
      events.started(clock.nowMs())
      await this.#watch(id)
    })
  }

  async #resume(id: string): Promise<void> {
    const { engine, events, clock } = this.#parts
    const state = await engine.inspect(id)
    if (state.status === 'created') await this.#startCreated(id)
    this.#isRunning = true
    events.started(state.startedAtMs ?? clock.nowMs())
    await this.#watch(id)
  }

  async #startCreated(id: string): Promise<void> {
    const { engine } = this.#parts
    try {
      await asStep('CannotStartContainerError', () => engine.start(id))
    } catch (error) {
      // Left as it is, for whoever takes it up.
      if (!this.#released.signal.aborted) await engine.remove(id).catch(() => {})
      throw error
    }
    this.#isRunning = true
  }

  /**
   * Before the container runs it is not sent; an engine that cannot be reached gets it once it is back. A container
   * that was released while its start was under way runs on.
   */
  #sendStop(): void {
    const { engine, container } = this.#parts
    const id = this.#id
    if (id === undefined || !this.#isRunning || this.#released.signal.aborted) return
    const seconds = Math.ceil(container.stopTimeoutMs / 1000)
    const call = this.#isStoppedGracefully ? engine.stop(id, seconds) : engine.kill(id)
    void call.catch(() => {})
  }

  /** False: it is to be stopped, and will never run. */
  async #haveImage(): Promise<boolean> {
    const { engine, container } = this.#parts
    const { image } = container
    try {
      if (!(await engine.hasImage(image))) await engine.pull(image, this.#unwanted.signal)
      return true
    } catch (error) {
      if (this.#gaveUp()) return false
      throw new StartFailure(cannotPull(image, errorMessage(error)), { cause: error })
    }
  }

  /** Whether it was stopped before it ran; then that is its end. */
  #gaveUp(): boolean {
    if (!this.#unwanted.signal.aborted) return false
    const { events, clock } = this.#parts
    if (!this.#released.signal.aborted) events.ended({ atMs: clock.nowMs() })
    return true
  }

  /** Follows the log and waits for the end, through short outages of the engine. */
  async #watch(id: string): Promise<void> {
    const { clock } = this.#parts
    let lastSeenMs = clock.monotonicMs()
    for (;;) {
      const startedMs = clock.monotonicMs()
      const problem = await this.#watchOnce(id)
      if (problem === undefined || this.#released.signal.aborted) return
      if (problem instanceof EngineRefusal && problem.status === 404) throw problem
      // What was waited for longer than a retry was there.
      if (clock.monotonicMs() - startedMs > RETRY_MS * 4) lastSeenMs = clock.monotonicMs()
      if (clock.monotonicMs() - lastSeenMs > OUTAGE_MS) throw problem
      await sleep(clock, RETRY_MS, this.#released.signal)
    }
  }

  /** Undefined: it has ended, and that was told. */
  async #watchOnce(id: string): Promise<Error | undefined> {
    const { engine, files, events } = this.#parts
    const round = new AbortController()
    const signal = AbortSignal.any([round.signal, this.#released.signal])
    if (this.#unwanted.signal.aborted) this.#sendStop()
    const log = followLog({ engine, id, files, emit: events.output, signal }).catch(() => {})
    try {
      await engine.wait(id, signal)
      await this.#lastLines(log)
      const state = await engine.inspect(id)
      round.abort()
      if (!this.#released.signal.aborted) await this.#end(id, state)
      return undefined
    } catch (error) {
      round.abort()
      await log
      return error instanceof Error ? error : new Error(errorMessage(error))
    }
  }

  async #lastLines(log: Promise<void>): Promise<void> {
    const limit = new AbortController()
    const late = sleep(this.#parts.clock, LAST_LINES_MS, limit.signal).catch(() => {})
    await Promise.race([log, late])
    limit.abort()
  }

  /** The code is on disk before anybody hears of the end, and the container goes after that. */
  async #end(id: string, state: EngineState): Promise<void> {
    const { engine, files, events, clock } = this.#parts
    this.#isRunning = false
    writeExit(files, state.exitCode)
    events.ended({
      atMs: Math.min(state.finishedAtMs ?? clock.nowMs(), clock.nowMs()),
      exitCode: state.exitCode,
      ...(this.#ranOutOfMemory(state) && { reason: OUT_OF_MEMORY }),
    })
    await engine.remove(id).catch(() => {})
  }

  /** From an engine that does not tell, SIGKILL that was not ours counts as the memory limit's. */
  #ranOutOfMemory({ isOutOfMemory, exitCode }: EngineState): boolean {
    const { version, task, container } = this.#parts
    if (isOutOfMemory || version.tellsOutOfMemory) return isOutOfMemory
    const isLimited = (container.limits.memoryMiB ?? task.memoryMiB) !== undefined
    return exitCode === KILLED && isLimited && !this.#unwanted.signal.aborted
  }

  /** What goes wrong becomes an event. */
  async #guard(act: () => Promise<void>): Promise<void> {
    const { events } = this.#parts
    try {
      await act()
    } catch (error) {
      if (this.#released.signal.aborted) return
      if (error instanceof StartFailure) events.failed(error.message)
      else if (this.#isRunning) events.lost()
      else events.failed(`CannotStartContainerError: ${errorMessage(error)}`)
    }
  }
}

/** A step of the start failed; the message is ECS's. */
class StartFailure extends Error {
  override readonly name = 'StartFailure'
}

async function asStep<T>(errorName: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    const said = errorMessage(error)
    const text = error instanceof EngineUnreachable ? said : `Error response from daemon: ${said}`
    throw new StartFailure(`${errorName}: ${text}`, { cause: error })
  }
}

/** ECS's text for a container that was killed by its memory limit. */
const OUT_OF_MEMORY = 'OutOfMemoryError: Container killed due to memory usage'

/** ECS's text for an image that cannot be had. */
function cannotPull(image: string, problem: string): string {
  return `CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref ${fullReference(image)}: ${problem}`
}
