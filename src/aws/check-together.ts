import type { TemplateSpec } from '../kinds/generated.ts'
import type { Container } from './ecs-shapes.ts'
import type { RegisterTaskDefinitionBody } from './ports.ts'
import { type TemplatePath, type TemplateProblem, templateError } from './template-problem.ts'

/** What ECS would refuse about containers that have to do with one another. */
export function togetherProblems(
  body: RegisterTaskDefinitionBody,
  template: TemplateSpec,
): readonly TemplateProblem[] {
  const containers = body.containerDefinitions ?? []
  const path: TemplatePath = template.taskDefinition
    ? ['taskDefinition', 'containerDefinitions']
    : ['sidecars']
  return [cycleProblem(containers), fireLensProblem(containers)].flatMap((message) =>
    message === undefined ? [] : [templateError(path, message)],
  )
}

/** Containers are started in the order of their dependencies, so there has to be one. */
function cycleProblem(containers: readonly Container[]): string | undefined {
  let waiting = containers
  for (;;) {
    const names = new Set(waiting.map(({ name }) => name))
    const blocked = waiting.filter(({ dependsOn = [] }) =>
      dependsOn.some(({ containerName }) => names.has(containerName)),
    )
    if (blocked.length === 0) return undefined
    if (blocked.length === waiting.length) {
      const all = blocked.map(({ name }) => name).join(', ')
      return `the dependencies of these containers go round in a circle: ${all}`
    }
    waiting = blocked
  }
}

function fireLensProblem(containers: readonly Container[]): string | undefined {
  const sender = containers.find(
    ({ logConfiguration }) => logConfiguration?.logDriver === 'awsfirelens',
  )
  const router = containers.find(({ firelensConfiguration }) => firelensConfiguration !== undefined)
  if (sender && !router) {
    return `container ${sender.name}: log driver awsfirelens needs a container with firelensConfiguration`
  }
  if (!router || sender) return undefined
  return `container ${router.name}: firelensConfiguration needs a container whose log driver is awsfirelens`
}
