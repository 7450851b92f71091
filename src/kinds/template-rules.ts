import type { ResolvedTemplate } from './resolve.ts'

/** A sentence about a merged template that does not hold. */
export interface RuleProblem {
  readonly code: string
  /** The field that is to be changed. */
  readonly field: string
  readonly message: string
}

interface Rule {
  readonly code: string
  readonly field: string
  readonly broken: (template: ResolvedTemplate) => boolean
  readonly message: string
}

/** What no single field can say about itself; every rule that is broken is reported. */
const RULES: readonly Rule[] = [
  {
    code: 'TaskDefinitionTwice',
    field: 'taskDefinitionArn',
    broken: ({ taskDefinition, taskDefinitionArn }) =>
      taskDefinition !== undefined && taskDefinitionArn !== undefined,
    message:
      'taskDefinition and taskDefinitionArn exclude each other; remove one, or set the inherited one to null',
  },
  {
    code: 'ImageMissing',
    field: 'image',
    broken: (template) => template.image === undefined && !definitionNamesImage(template),
    message: 'no image: set image, or a taskDefinition or taskDefinitionArn that names one',
  },
  {
    code: 'LogOptionsWithoutLogs',
    field: 'cloudwatchLogsOptions',
    broken: (template) => template.cloudwatchLogsOptions !== undefined && !logsAreOn(template),
    message:
      'cloudwatchLogsOptions have no effect while logs are off; set configureCloudwatchLogs: true',
  },
  {
    code: 'LogsWithoutRole',
    field: 'executionRoleArn',
    broken: (template) => logsAreOn(template) && !mayHaveExecutionRole(template),
    message: 'sending logs to CloudWatch needs executionRoleArn',
  },
  {
    code: 'SecretsWithoutRole',
    field: 'executionRoleArn',
    broken: (template) => template.secrets !== undefined && !mayHaveExecutionRole(template),
    message: 'reading secrets needs executionRoleArn',
  },
  {
    code: 'SecretsWithUseAsIs',
    field: 'secrets',
    broken: (template) =>
      template.secrets !== undefined &&
      template.taskDefinitionArn !== undefined &&
      template.taskDefinitionArnMode === 'UseAsIs',
    message:
      'secrets belong to the task definition, which UseAsIs leaves as it is; use taskDefinitionArnMode: CopyOnChange',
  },
  {
    code: 'HealthCheckMissing',
    field: 'heartbeat',
    broken: (template) =>
      template.heartbeat?.source === 'ContainerHealth' &&
      template.healthCheck === undefined &&
      template.taskDefinition === undefined &&
      template.taskDefinitionArn === undefined,
    message: 'heartbeat.source ContainerHealth needs a healthCheck',
  },
  {
    code: 'HeartbeatLogsMissing',
    field: 'heartbeat',
    broken: (template) =>
      template.heartbeat?.source === 'Logs' &&
      !logsAreOn(template) &&
      template.taskDefinition === undefined &&
      template.taskDefinitionArn === undefined,
    message: 'heartbeat.source Logs needs logs; set configureCloudwatchLogs: true',
  },
]

/** The rules that a merged and rendered template breaks, in the order of the table. */
export function checkRules(template: ResolvedTemplate): readonly RuleProblem[] {
  return RULES.filter((rule) => rule.broken(template)).map(({ code, field, message }) => ({
    code,
    field,
    message,
  }))
}

function logsAreOn({ configureCloudwatchLogs, streamOutput }: ResolvedTemplate): boolean {
  return configureCloudwatchLogs ?? streamOutput ?? false
}

/** A linked definition may have a role of its own, which is seen only when it is read. */
function mayHaveExecutionRole(template: ResolvedTemplate): boolean {
  return (
    template.executionRoleArn !== undefined ||
    template.taskDefinitionArn !== undefined ||
    template.taskDefinition?.executionRoleArn !== undefined
  )
}

function definitionNamesImage({ taskDefinition, taskDefinitionArn }: ResolvedTemplate): boolean {
  const containers = taskDefinition?.containerDefinitions ?? []
  return taskDefinitionArn !== undefined || containers.some(({ image }) => image !== undefined)
}
