import type { ContainerEngineEnvironment, TaskDriverName } from '../config.ts'
import { findEngine } from '../emulator/drivers/docker/engine-address.ts'
import { EngineUnreachable } from '../emulator/drivers/docker/engine-http.ts'
import type { FaultPlan } from '../emulator/faults.ts'
import {
  type LocalEmulator,
  type LocalEmulatorOptions,
  startLocalEmulator,
} from '../emulator/local.ts'
import { type LocalDriver, OtherDriverRuns } from '../emulator/local-driver.ts'
import { StartProblem } from './start-problem.ts'

/** What people say about the embedded endpoint. */
export interface LocalChoice {
  readonly driver: TaskDriverName
  readonly containerEngine: ContainerEngineEnvironment
  /** A fault plan, or the path of one. */
  readonly faults: string | undefined
}

/** The embedded endpoint as it was asked for. Throws StartProblem when its engine, or the fault plan, cannot be used. */
export async function openLocalEmulator(
  choice: LocalChoice,
  options: Omit<LocalEmulatorOptions, 'driver' | 'faults'>,
): Promise<LocalEmulator> {
  try {
    const faults = await readFaults(choice)
    return await startLocalEmulator({ ...options, faults, driver: toLocalDriver(choice) })
  } catch (error) {
    throw toProblem(error)
  }
}

/** Reading YAML takes longer to load than the rest of the endpoint, and few ask for faults. */
async function readFaults({ faults }: LocalChoice): Promise<FaultPlan> {
  if (faults === undefined) return { rules: [] }
  const { readFaultPlan } = await import('./read-fault-plan.ts')
  return readFaultPlan(faults)
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

function toLocalDriver({ driver, containerEngine }: LocalChoice): LocalDriver {
  if (driver === 'process') return { type: 'Process' }
  if (driver === 'none') return { type: 'None' }
  const found = findEngine(containerEngine.host, containerEngine.sockets)
  if (!found.ok) throw new StartProblem(`--driver docker: ${found.message}`)
  return { type: 'Docker', address: found.address }
}
