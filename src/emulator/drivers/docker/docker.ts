import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../../../lib/clock.ts'
import type { Random } from '../../../lib/random.ts'
import {
  containerFiles,
  createTaskDirectory,
  hasBegun,
  readExit,
  readIfThere,
  removeTaskDirectory,
} from '../container-files.ts'
import type { ContainerHost } from '../container-host.ts'
import type { DriverTask, TaskDriver, TaskReport } from '../driver.ts'
import { TaskContainers } from '../task-containers.ts'
import { LABELS, ownVolumes } from './create-body.ts'
import { createEngine, type Engine, type EngineVersion, type ListedContainer } from './engine.ts'
import type { EngineAddress } from './engine-address.ts'
import { EngineContainer } from './engine-container.ts'

export interface DockerDriverOptions {
  readonly clock: Clock
  readonly random: Random
  /** Holds a directory for each task: how far its logs were read, its exit codes. */
  readonly directory: string
  readonly address: EngineAddress
}

export interface DockerDriver extends TaskDriver {
  /** Name and version of the engine. */
  readonly engineName: string
  /** Removes containers of an earlier process that no task has taken up. */
  removeStrays(): Promise<void>
  /** Stops watching; containers run on and can be adopted later, unless they are to be killed. */
  close(options?: { readonly kill?: boolean }): Promise<void>
}

/** Containers that are removed at the same time. */
const REMOVALS_AT_ONCE = 8
/** Bytes of the name that marks containers as this data directory's. */
const HOST_ID_BYTES = 8

/** Runs containers in Docker or Podman. Throws EngineUnreachable when nobody answers at the address. */
export async function createDockerDriver(options: DockerDriverOptions): Promise<DockerDriver> {
  const { clock, directory, address } = options
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const engine = createEngine({ address, clock })
  const version = await engine.version()
  const hostId = readHostId(options)
  const ownLabel = `${LABELS.host}=${hostId}`
  const left = new LeftContainers(await engine.list([ownLabel]))
  const shared = { engine, version, clock, hostId, directory, left }
  const tasks = new Map<string, { readonly task: DriverTask; readonly run: TaskContainers }>()

  const make = (task: DriverTask, report: TaskReport): TaskContainers => {
    const run = new TaskContainers({ clock, task, report, host: hostOf(shared, task) })
    tasks.set(task.id, { task, run })
    return run
  }

  return {
    engineName: version.name,
    start: (task, report) => make(task, report).start(),
    stop(task, order, report) {
      const known = tasks.get(task.id)?.run ?? make(task, report)
      known.stop(order)
    },
    adopt(task, report) {
      const run = make(task, report)
      if (hasBegun(directory, task.id)) return run.adopt()
      run.start()
      return true
    },
    forget(taskId) {
      const known = tasks.get(taskId)
      known?.run.release()
      tasks.delete(taskId)
      removeTaskDirectory(directory, taskId)
      if (known) void removeTask(engine, ownLabel, known.task).catch(() => {})
    },
    removeStrays: () => removeAll(left.rest(), (id) => engine.remove(id)),
    async close({ kill = false } = {}) {
      for (const { run } of tasks.values()) run.release()
      if (!kill) return
      const own = await engine.list([ownLabel])
      await removeAll(
        own.map(({ id }) => id),
        (id) => engine.remove(id),
      )
      const volumes = [...tasks.values()].flatMap(({ task }) => ownVolumes(task))
      await removeAll(volumes, (name) => engine.removeVolume(name))
    },
  }
}

/** Random, not the directory's path: a copy of the path on another machine is another host. */
function readHostId({ directory, random }: DockerDriverOptions): string {
  const path = join(directory, 'host-id')
  const known = readIfThere(path)?.trim()
  if (known) return known
  const made = random.hex(HOST_ID_BYTES)
  writeFileSync(path, `${made}\n`, { mode: 0o600 })
  return made
}

/** What an earlier process has left in the engine, each of which is taken up once. */
class LeftContainers {
  readonly #idOf: Map<string, string>

  constructor(listed: readonly ListedContainer[]) {
    this.#idOf = new Map(
      listed.map(({ id, labels }) => [
        keyOf(labels[LABELS.taskArn] ?? '', labels[LABELS.container] ?? ''),
        id,
      ]),
    )
  }

  take(taskArn: string, container: string): string | undefined {
    const key = keyOf(taskArn, container)
    const id = this.#idOf.get(key)
    this.#idOf.delete(key)
    return id
  }

  rest(): readonly string[] {
    return [...this.#idOf.values()]
  }
}

function keyOf(taskArn: string, container: string): string {
  return `${taskArn}/${container}`
}

interface Shared {
  readonly engine: Engine
  readonly version: EngineVersion
  readonly clock: Clock
  readonly hostId: string
  readonly directory: string
  readonly left: LeftContainers
}

function hostOf(shared: Shared, task: DriverTask): ContainerHost {
  const { directory, left } = shared
  return {
    prepare: () => createTaskDirectory(directory, task.id),

    start(container, events) {
      const files = containerFiles(directory, task.id, container.name)
      new EngineContainer({ ...shared, task, container, files, events }).start()
    },

    adopt(container, events) {
      const files = containerFiles(directory, task.id, container.name)
      const id = left.take(task.arn, container.name)
      if (id !== undefined) {
        new EngineContainer({ ...shared, task, container, files, events }).adopt(id)
        return true
      }
      if (!existsSync(files.directory)) return false
      // Removed after its end was stored; without one, somebody else has removed it.
      const exit = readExit(files)
      if (!exit) {
        events.lost()
        return true
      }
      events.started(exit.atMs)
      events.ended(exit)
      return true
    },
  }
}

/** What may be left of a task whose containers were removed when they ended. */
async function removeTask(engine: Engine, ownLabel: string, task: DriverTask): Promise<void> {
  const listed = await engine.list([ownLabel, `${LABELS.taskArn}=${task.arn}`])
  await removeAll(
    listed.map(({ id }) => id),
    (id) => engine.remove(id),
  )
  await removeAll(ownVolumes(task), (name) => engine.removeVolume(name))
}

async function removeAll(
  names: readonly string[],
  remove: (name: string) => Promise<void>,
): Promise<void> {
  for (let first = 0; first < names.length; first += REMOVALS_AT_ONCE) {
    const some = names.slice(first, first + REMOVALS_AT_ONCE)
    await Promise.allSettled(some.map(remove))
  }
}
