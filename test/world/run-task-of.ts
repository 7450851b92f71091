import { type BuiltRunTask, buildRunTask, type RunTaskInput } from '../../src/aws/run-task.ts'
import { buildTaskDefinition } from '../../src/aws/task-definition.ts'
import type { TemplateSpec } from '../../src/kinds/generated.ts'

export const ARN = 'arn:aws:ecs:eu-west-1:1:task-definition/f:1'

export const NETWORK = {
  awsvpcConfiguration: {
    subnets: ['subnet-1'],
    securityGroups: [],
    assignPublicIp: 'ENABLED' as const,
  },
}

const OWN_TAGS = { 'capstan.dev/run': 'default/hello' }

export function build(template: TemplateSpec, changes: Partial<RunTaskInput> = {}): BuiltRunTask {
  const names = { region: 'eu-west-1', family: 'f', logPrefix: 'p' }
  const rung = changes.rung ?? 0
  const { body, containerName } = buildTaskDefinition({
    template: { image: 'x', ...template },
    rung,
    ...names,
  })
  return buildRunTask({
    template,
    rung,
    taskDefinition: ARN,
    definition: body,
    containerName,
    network: body.networkMode === 'awsvpc' ? NETWORK : undefined,
    tags: OWN_TAGS,
    clientToken: 'a'.repeat(64),
    startedBy: 'capstan-0123456789',
    ...changes,
  })
}
