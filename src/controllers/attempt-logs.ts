import { type ContainerLog, type LogLocation, logLocation } from '../aws/log-location.ts'
import type { AttemptRow } from '../store/types.ts'

/** Where an endpoint keeps the output of every task, whatever its log settings say. */
export interface OutputOfEveryTask {
  readonly group: string
  readonly prefix: string
}

/** One container's output. */
export interface ContainerOutput {
  readonly container: string
  readonly location: LogLocation
}

/** Every output of an attempt that can be found; none before its task is known. */
export function outputsOf(
  row: AttemptRow,
  every: OutputOfEveryTask | undefined,
): readonly ContainerOutput[] {
  const { taskArn } = row
  if (taskArn === undefined) return []
  const configured = row.logs?.containers ?? []
  const isMainThere = configured.some(({ container }) => container === row.containerName)
  const main = every && !isMainThere ? [{ ...every, container: row.containerName }] : []
  return [...configured, ...main].map((log) => ({
    container: log.container,
    location: logLocation(log, taskArn),
  }))
}

/** Where one container's output is; undefined: it goes nowhere that is known. */
export function outputOf(
  row: AttemptRow,
  container: string,
  every?: OutputOfEveryTask,
): LogLocation | undefined {
  if (row.taskArn === undefined) return undefined
  const configured: ContainerLog | undefined = row.logs?.containers.find(
    (log) => log.container === container,
  )
  const log = configured ?? (every && { ...every, container })
  return log && logLocation(log, row.taskArn)
}
