import type { ContainerEngineEnvironment, TaskDriverName } from '../config.ts'
import { findEngine } from '../emulator/drivers/docker/engine-address.ts'
import { EngineUnreachable } from '../emulator/drivers/docker/engine-http.ts'
import {
  type LocalEmulator,
  type LocalEmulatorOptions,
  startLocalEmulator,
} from '../emulator/local.ts'
import { type LocalDriver, OtherDriverRuns } from '../emulator/local-driver.ts'
import { StartProblem } from './start-problem.ts'

export interface DriverChoice {
  readonly driver: TaskDriverName
  readonly containerEngine: ContainerEngineEnvironment
}

/** The embedded endpoint with the driver that was asked for. Throws StartProblem when its engine cannot be used. */
export async function openLocalEmulator(
  choice: DriverChoice,
  options: Omit<LocalEmulatorOptions, 'driver'>,
): Promise<LocalEmulator> {
  try {
    return await startLocalEmulator({ ...options, driver: toLocalDriver(choice) })
  } catch (error) {
    throw toProblem(error)
  }
}

function toProblem(error: unknown): unknown {
  if (error instanceof EngineUnreachable) {
    return new StartProblem(`--driver docker: ${error.message}`, { cause: error })
  }
  if (!(error instanceof OtherDriverRuns)) return error
  const earlier = error.driver.toLowerCase()
  const message = `tasks that were started with --driver ${earlier} still run: start with --driver ${earlier} until they have ended, or name another directory with --data`
  return new StartProblem(message, { cause: error })
}

function toLocalDriver({ driver, containerEngine }: DriverChoice): LocalDriver {
  if (driver === 'process') return { type: 'Process' }
  if (driver === 'none') return { type: 'None' }
  const found = findEngine(containerEngine.host, containerEngine.sockets)
  if (!found.ok) throw new StartProblem(`--driver docker: ${found.message}`)
  return { type: 'Docker', address: found.address }
}
