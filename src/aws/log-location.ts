import type { RegisterTaskDefinitionBody } from './ports.ts'

/** Where CloudWatch keeps the output of one container of one task. */
export interface LogLocation {
  readonly group: string
  readonly stream: string
}

/** A container that writes to CloudWatch Logs, and where: the part of its location that all its tasks share. */
export interface ContainerLog {
  readonly container: string
  readonly group: string
  readonly prefix: string
}

/**
 * The containers of a definition whose streams have names that can be told: those with the awslogs driver
 * and a stream prefix (without one, the stream has the container's runtime id).
 */
export function containerLogs(body: RegisterTaskDefinitionBody): readonly ContainerLog[] {
  return (body.containerDefinitions ?? []).flatMap(({ name, logConfiguration }) => {
    const options = logConfiguration?.logDriver === 'awslogs' ? logConfiguration.options : undefined
    const group = options?.['awslogs-group']
    const prefix = options?.['awslogs-stream-prefix']
    if (name === undefined || group === undefined || prefix === undefined) return []
    return [{ container: name, group, prefix }]
  })
}

/** The stream of a container in one task: prefix, container and task id (awslogs-stream-prefix). */
export function logLocation(log: ContainerLog, taskArn: string): LogLocation {
  return { group: log.group, stream: `${log.prefix}/${log.container}/${taskIdOf(taskArn)}` }
}

/** The last part of a task ARN, with which its log stream ends. */
function taskIdOf(taskArn: string): string {
  return taskArn.slice(taskArn.lastIndexOf('/') + 1)
}
