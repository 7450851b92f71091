import { join } from 'node:path'
import type { Clock } from '../lib/clock.ts'
import type { Random } from '../lib/random.ts'
import { type EmulatorConfig, localConfig } from './config.ts'
import { createEmulator, type Emulator } from './emulator.ts'
import type { FaultPlan } from './faults.ts'
import { openJournal } from './journal.ts'
import { keepDriver, type LocalDriver, openLocalDriver } from './local-driver.ts'
import { serveEmulator } from './server.ts'

export interface LocalEmulatorOptions {
  readonly clock: Clock
  readonly random: Random
  /** Where state, processes and output are kept. One process at a time may use it. */
  readonly directory: string
  /** Where containers run that name no directory of this machine. */
  readonly workingDirectory: string
  /** The only part of the host's environment that containers see: PATH, HOME, TMPDIR, LANG. */
  readonly baseEnvironment: Readonly<Record<string, string>>
  readonly config?: Partial<EmulatorConfig>
  readonly faults?: FaultPlan
  /** Processes when absent. */
  readonly driver?: LocalDriver
  readonly host?: string
  readonly port?: number
  /** When given, requests must be signed with this access key id. */
  readonly accessKeyId?: string
}

export interface LocalEmulator {
  readonly url: string
  readonly port: number
  readonly emulator: Emulator
  /** What runs the tasks, for people. */
  readonly driverName: string
  /** Stops serving and watching. Tasks run on and are taken up by the next start, unless they are to be killed. */
  close(options?: { readonly killTasks?: boolean }): Promise<void>
}

/** An emulated account whose tasks run on this machine, and which outlives this process. */
export async function startLocalEmulator(options: LocalEmulatorOptions): Promise<LocalEmulator> {
  const { clock, random, directory, config, faults, host, port, accessKeyId } = options
  const { driver, name, afterRestore, close } = await openLocalDriver(options)
  const journal = openJournal(join(directory, 'state.jsonl'))
  const emulator = createEmulator({
    clock,
    random,
    driver,
    config: { ...localConfig, ...config },
    ...(faults !== undefined && { faults }),
    sink: journal.sink,
    restore(state) {
      journal.restore(state)
      keepDriver(directory, options.driver?.type ?? 'Process', state)
    },
  })
  await afterRestore()
  const served = await serveEmulator({
    emulator,
    clock,
    random,
    ...(host !== undefined && { host }),
    ...(port !== undefined && { port }),
    ...(accessKeyId !== undefined && { accessKeyId }),
  })
  return {
    url: served.url,
    port: served.port,
    emulator,
    driverName: name,
    async close({ killTasks = false } = {}) {
      await served.close()
      await close(killTasks)
      journal.close()
    },
  }
}
