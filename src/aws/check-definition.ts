import type { TemplateSpec } from '../kinds/generated.ts'
import { chooseCapacity, isOnFargate } from './capacity.ts'
import { type ContainerContext, containerProblems } from './check-container.ts'
import { platformProblems } from './check-platform.ts'
import { sizeProblems } from './check-size.ts'
import { togetherProblems } from './check-together.ts'
import { volumeProblems } from './check-volumes.ts'
import { logProblems } from './definition-logs.ts'
import type { RegisterTaskDefinitionBody } from './ports.ts'
import { tagListProblems } from './tags.ts'
import { type TemplatePath, type TemplateProblem, templateError } from './template-problem.ts'

/** Limits of a task definition (API_RegisterTaskDefinition, and the service quotas of ECS). */
const MAX_CONTAINERS = 10
const MAX_DOCUMENT_BYTES = 65_536

interface Scope {
  readonly template: TemplateSpec
  readonly rung: number
  readonly containerName: string
}

/** What ECS would refuse about a definition that is about to be registered or run (validate first, register after). */
export function definitionProblems(
  body: RegisterTaskDefinitionBody,
  scope: Scope,
): readonly TemplateProblem[] {
  const { template, containerName, rung } = scope
  const capacity = chooseCapacity(template, rung)
  const onFargate = isOnFargate(capacity, body)
  // ECS registers a definition that names FARGATE by Fargate's rules, wherever it is launched.
  const isFargates = onFargate || (body.requiresCompatibilities ?? []).includes('FARGATE')
  const context: ContainerContext = { template, body, containerName, onFargate: isFargates }
  const containers = body.containerDefinitions ?? []
  return [
    ...familyProblems(body, template),
    ...containerListProblems(context),
    ...containers.flatMap((container) => containerProblems(container, context)),
    ...togetherProblems(body, template),
    ...volumeProblems(body, { template, onFargate: isFargates }),
    ...sizeProblems(body, template, onFargate),
    ...platformProblems({ body, template, capacity, onFargate, isFargates }),
    ...roleProblems(context),
    ...tagListProblems(body.tags ?? [], () => ['taskDefinition', 'tags']),
    ...lengthProblems(body, template),
  ]
}

function familyProblems(
  body: RegisterTaskDefinitionBody,
  template: TemplateSpec,
): readonly TemplateProblem[] {
  if ((body.family ?? '') !== '') return []
  const path: TemplatePath =
    template.family === undefined ? ['taskDefinition', 'family'] : ['family']
  const message = 'no character of the family can be used: it has letters, digits, - and _'
  return [templateError(path, message)]
}

function containerListProblems({
  body,
  template,
  containerName,
}: ContainerContext): readonly TemplateProblem[] {
  const containers = body.containerDefinitions ?? []
  const problems: TemplateProblem[] = []
  if (!containers.some((container) => container.name === containerName)) {
    const names = containers.map(({ name }) => name ?? '').join(', ')
    const message = `container ${containerName} is not in the task definition, which has: ${names}; a further container belongs in sidecars`
    problems.push(templateError(['containerName'], message))
  }
  if (containers.length > MAX_CONTAINERS) {
    const message = `${containers.length} containers; ECS takes ${MAX_CONTAINERS}`
    problems.push(templateError(['sidecars'], message))
  }
  if (containers.length > 0 && containers.every((container) => container.essential === false)) {
    const path: TemplatePath = template.taskDefinition
      ? ['taskDefinition', 'containerDefinitions']
      : []
    problems.push(templateError(path, 'at least one container must be essential'))
  }
  const double = template.sidecars?.findIndex(({ name }) => name === containerName) ?? -1
  if (double >= 0) {
    const message = `${containerName} is the container of the run; a sidecar needs another name`
    problems.push(templateError(['sidecars', double, 'name'], message))
  }
  return problems
}

/** Logs, secrets and private registries are the work of the execution role. */
function roleProblems({ body, template }: ContainerContext): readonly TemplateProblem[] {
  const role = body.executionRoleArn ?? template.executionRoleArn
  // Log settings have no effect on a definition that is used as it is.
  const asIs =
    template.taskDefinitionArn !== undefined && template.taskDefinitionArnMode === 'UseAsIs'
  const problems = asIs ? [] : logProblems(template, role)
  if (role !== undefined) return problems
  const containers = body.containerDefinitions ?? []
  const path: TemplatePath = ['executionRoleArn']
  const refuse = (what: string): TemplateProblem =>
    templateError(
      path,
      `${what} need an execution role: set executionRoleArn to a role that may read them`,
    )
  return [
    ...problems,
    ...(containers.some(({ secrets = [] }) => secrets.length > 0) ? [refuse('secrets')] : []),
    ...(containers.some(({ repositoryCredentials }) => repositoryCredentials !== undefined)
      ? [refuse('repositoryCredentials')]
      : []),
  ]
}

function lengthProblems(
  body: RegisterTaskDefinitionBody,
  template: TemplateSpec,
): readonly TemplateProblem[] {
  const bytes = Buffer.byteLength(JSON.stringify(body))
  if (bytes <= MAX_DOCUMENT_BYTES) return []
  const path: TemplatePath = template.taskDefinition ? ['taskDefinition'] : ['sidecars']
  const message = `the task definition has ${bytes} bytes; ECS takes ${MAX_DOCUMENT_BYTES}`
  return [templateError(path, message)]
}
