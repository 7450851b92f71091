import type { TemplateSpec } from '../kinds/generated.ts'
import type { Container } from './ecs-shapes.ts'
import { type TemplateProblem, templateError } from './template-problem.ts'

/** Log group of tasks whose template names none. */
export const DEFAULT_LOG_GROUP = 'capstan'

/** Whether the template asks for CloudWatch logs; streaming the output needs them. */
export function wantsLogs(template: TemplateSpec): boolean {
  return template.configureCloudwatchLogs ?? template.streamOutput ?? false
}

/** Options of the awslogs driver: Capstan's own, the template's over them. */
export function logOptions(
  template: TemplateSpec,
  names: { readonly region: string; readonly logPrefix: string },
): Record<string, string> {
  return {
    'awslogs-create-group': 'true',
    'awslogs-group': DEFAULT_LOG_GROUP,
    'awslogs-region': names.region,
    'awslogs-stream-prefix': template.cloudwatchLogsPrefix ?? names.logPrefix,
    ...template.cloudwatchLogsOptions,
  }
}

/** The container with the template's log configuration, which replaces one that it has. */
export function withLogs(
  container: Container,
  template: TemplateSpec,
  names: { readonly region: string; readonly logPrefix: string },
): Container {
  if (!wantsLogs(template)) return container
  const options = logOptions(template, names)
  return { ...container, logConfiguration: { logDriver: 'awslogs', options } }
}

/** What can be wrong about the log settings of a template whose definition has this execution role. */
export function logProblems(
  template: TemplateSpec,
  executionRoleArn: string | undefined,
): readonly TemplateProblem[] {
  const options = Object.keys(template.cloudwatchLogsOptions ?? {})
  if (!wantsLogs(template)) {
    if (options.length === 0) return []
    const message =
      'cloudwatchLogsOptions without logs: set configureCloudwatchLogs: true, or remove the options'
    return [templateError(['cloudwatchLogsOptions'], message)]
  }
  const problems: TemplateProblem[] = []
  if (executionRoleArn === undefined) {
    const message =
      'logs need an execution role: set executionRoleArn to a role that may write to CloudWatch Logs'
    problems.push(templateError(['executionRoleArn'], message))
  }
  if (
    options.includes('awslogs-datetime-format') &&
    options.includes('awslogs-multiline-pattern')
  ) {
    const message = 'awslogs-datetime-format and awslogs-multiline-pattern exclude each other'
    problems.push(templateError(['cloudwatchLogsOptions'], message))
  }
  return problems
}
