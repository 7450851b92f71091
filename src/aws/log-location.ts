import type { TemplateSpec } from '../kinds/generated.ts'
import { logOptions, wantsLogs } from './definition-logs.ts'
import type { RegisterTaskDefinitionBody } from './ports.ts'
import { findContainer } from './task-definition.ts'

/** Where CloudWatch keeps the output of one container of one task. */
export interface LogLocation {
  readonly group: string
  readonly stream: string
}

export interface LogSource {
  readonly template: TemplateSpec
  /** The definition that ran, where it is known; else the one of the template counts. */
  readonly definition?: RegisterTaskDefinitionBody | undefined
  readonly taskArn: string
  readonly containerName: string
  /** Prefix when the template names none. */
  readonly prefix: string
}

/** Undefined when the container does not write to CloudWatch Logs, or without a stream prefix. */
export function logLocation(source: LogSource): LogLocation | undefined {
  const options = optionsOf(source)
  const group = options?.['awslogs-group']
  const prefix = options?.['awslogs-stream-prefix']
  if (group === undefined || prefix === undefined) return undefined
  return { group, stream: `${prefix}/${source.containerName}/${taskIdOf(source.taskArn)}` }
}

/** The last part of a task ARN, with which its log stream ends. */
export function taskIdOf(taskArn: string): string {
  return taskArn.slice(taskArn.lastIndexOf('/') + 1)
}

function optionsOf(source: LogSource): Readonly<Record<string, string>> | undefined {
  const { template, definition, containerName, prefix } = source
  if (!definition && wantsLogs(template)) {
    return logOptions(template, { region: '', logPrefix: prefix })
  }
  const body = definition ?? (template.taskDefinition as RegisterTaskDefinitionBody | undefined)
  const configuration = body && findContainer(body, containerName)?.logConfiguration
  return configuration?.logDriver === 'awslogs' ? configuration.options : undefined
}
