import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../lib/clock.ts'
import type { Random } from '../lib/random.ts'
import { readIfThere } from './drivers/container-files.ts'
import { createDockerDriver } from './drivers/docker/docker.ts'
import type { EngineAddress } from './drivers/docker/engine-address.ts'
import type { TaskDriver } from './drivers/driver.ts'
import { createNoneDriver } from './drivers/none.ts'
import { createProcessDriver } from './drivers/process.ts'
import type { EmulatorState } from './state.ts'

/** What runs the containers: processes of this machine, Docker or Podman, or nothing but time. */
export type LocalDriver =
  | { readonly type: 'Process' }
  | { readonly type: 'Docker'; readonly address: EngineAddress }
  | { readonly type: 'None' }

export interface LocalDriverOptions {
  readonly clock: Clock
  readonly random: Random
  readonly directory: string
  readonly workingDirectory: string
  readonly baseEnvironment: Readonly<Record<string, string>>
  readonly driver?: LocalDriver
}

/** Tasks of another driver still run, and this one could not even see them. */
export class OtherDriverRuns extends Error {
  override readonly name = 'OtherDriverRuns'
  readonly driver: LocalDriver['type']
  constructor(driver: LocalDriver['type']) {
    super(`tasks of the driver ${driver} have not ended yet`)
    this.driver = driver
  }
}

const DRIVERS: readonly LocalDriver['type'][] = ['Process', 'Docker', 'None']

/**
 * Writes down which driver the tasks of a state belong to. Throws OtherDriverRuns while tasks of another one have not ended: this one would start them a second time.
 */
export function keepDriver(
  directory: string,
  driver: LocalDriver['type'],
  state: EmulatorState,
): void {
  const path = join(directory, 'driver')
  const written = readIfThere(path)?.trim() ?? 'Process'
  const earlier = DRIVERS.find((known) => known === written)
  if (earlier === driver) return
  const open = [...state.tasks.unstopped()].some(({ containers }) =>
    containers.some(({ exitedAtMs }) => exitedAtMs === undefined),
  )
  if (earlier && open) throw new OtherDriverRuns(earlier)
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  writeFileSync(path, `${driver}\n`)
}

export interface OpenLocalDriver {
  readonly driver: TaskDriver
  readonly name: string
  /** When the tasks of an earlier process have been taken up. */
  readonly afterRestore: () => Promise<void>
  readonly close: (kill: boolean) => Promise<void>
}

/** Throws EngineUnreachable when the engine of containers does not answer. */
export async function openLocalDriver(options: LocalDriverOptions): Promise<OpenLocalDriver> {
  const { clock, random, driver: wanted = { type: 'Process' } } = options
  const directory = join(options.directory, 'tasks')
  switch (wanted.type) {
    case 'Process': {
      const driver = createProcessDriver({ ...options, directory })
      const close = (kill: boolean): Promise<void> => Promise.resolve(driver.close({ kill }))
      return { driver, name: 'processes', afterRestore: nothing, close }
    }
    case 'Docker': {
      const { address } = wanted
      // Beside those of the other driver: what one has left is not the other's.
      const containers = join(options.directory, 'containers')
      const driver = await createDockerDriver({ clock, random, directory: containers, address })
      const name = `containers of ${driver.engineName}`
      const close = (kill: boolean): Promise<void> => driver.close({ kill })
      return { driver, name, afterRestore: () => driver.removeStrays(), close }
    }
    case 'None':
      return {
        driver: createNoneDriver(),
        name: 'simulated',
        afterRestore: nothing,
        close: nothing,
      }
  }
}

function nothing(): Promise<void> {
  return Promise.resolve()
}
