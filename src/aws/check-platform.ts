import type { TemplateSpec } from '../kinds/generated.ts'
import type { Capacity } from './capacity.ts'
import { fargateSizeProblem } from './fargate.ts'
import type { RegisterTaskDefinitionBody } from './ports.ts'
import { parseTaskCpu, parseTaskMemory } from './task-size.ts'
import { type TemplatePath, type TemplateProblem, templateError } from './template-problem.ts'

/** Limits of ECS (API_RegisterTaskDefinition, API_EphemeralStorage). */
const MAX_PLACEMENT_CONSTRAINTS = 10
const EPHEMERAL_STORAGE_GIB = { min: 21, max: 200 }

interface PlatformContext {
  readonly body: RegisterTaskDefinitionBody
  readonly template: TemplateSpec
  readonly capacity: Capacity
  readonly onFargate: boolean
  /** It runs on Fargate, or names FARGATE: ECS registers it by Fargate's rules. */
  readonly isFargates: boolean
}

/** Settings of the definition that the launch type does not take. */
export function platformProblems(context: PlatformContext): readonly TemplateProblem[] {
  return [
    ...networkModeProblems(context),
    ...compatibilityProblems(context),
    ...fargateAsWellProblems(context),
    ...storageProblems(context),
    ...placementProblems(context),
    ...namespaceProblems(context),
  ]
}

/** Fargate tasks share no namespace with a host. */
function namespaceProblems({
  body,
  template,
  isFargates,
}: PlatformContext): readonly TemplateProblem[] {
  if (!isFargates) return []
  const refuse = (field: string, message: string): TemplateProblem =>
    templateError(definitionPath(template, field), message)
  return [
    ...(body.ipcMode === undefined ? [] : [refuse('ipcMode', 'Fargate does not take ipcMode')]),
    ...(body.pidMode === 'host' ? [refuse('pidMode', 'Fargate takes pidMode task only')] : []),
  ]
}

function networkModeProblems(context: PlatformContext): readonly TemplateProblem[] {
  const { body, template, capacity, onFargate } = context
  const networkMode = body.networkMode ?? 'bridge'
  const path = definitionPath(template, 'networkMode')
  if (onFargate && networkMode !== 'awsvpc') {
    const message = `network mode ${networkMode} does not go with Fargate: use awsvpc, or launchType: EC2`
    return [templateError(path, message)]
  }
  if (capacity.platform === 'External' && networkMode === 'awsvpc') {
    return [templateError(path, 'network mode awsvpc does not go with EXTERNAL')]
  }
  return []
}

function compatibilityProblems(context: PlatformContext): readonly TemplateProblem[] {
  const { body, template, capacity, onFargate } = context
  const compatibilities = body.requiresCompatibilities ?? []
  const launchType = onFargate ? 'FARGATE' : capacity.launchType
  if (compatibilities.length === 0 || !launchType) return []
  if (compatibilities.includes(launchType)) return []
  const message = `requiresCompatibilities has ${compatibilities.join(', ')}, not ${launchType}: change one of the two`
  return [templateError(definitionPath(template, 'requiresCompatibilities'), message)]
}

/** ECS registers a definition that names FARGATE only by Fargate's rules, wherever it is launched. */
function fargateAsWellProblems(context: PlatformContext): readonly TemplateProblem[] {
  const { body, template, capacity, onFargate } = context
  const compatibilities = body.requiresCompatibilities ?? []
  const isForBoth =
    capacity.launchType !== undefined && compatibilities.includes(capacity.launchType)
  if (onFargate || !isForBoth || !compatibilities.includes('FARGATE')) return []
  if (hasFargateSize(body) && body.networkMode === 'awsvpc') return []
  const message =
    'requiresCompatibilities has FARGATE, so ECS wants network mode awsvpc and a cpu and memory of the task that Fargate has: set them in taskDefinition, or leave FARGATE out'
  return [templateError(definitionPath(template, 'requiresCompatibilities'), message)]
}

function hasFargateSize(body: RegisterTaskDefinitionBody): boolean {
  const [cpu, memory] = [parseTaskCpu(body.cpu), parseTaskMemory(body.memory)]
  const windows = body.runtimePlatform?.operatingSystemFamily?.startsWith('WINDOWS') ?? false
  return (
    cpu !== undefined && memory !== undefined && !fargateSizeProblem({ cpu, memory }, { windows })
  )
}

function storageProblems(context: PlatformContext): readonly TemplateProblem[] {
  const { body, template, capacity, onFargate } = context
  const size = body.ephemeralStorage?.sizeInGiB
  if (size === undefined) return []
  const path: TemplatePath =
    template.ephemeralStorageGiB === undefined
      ? definitionPath(template, 'ephemeralStorage')
      : ['ephemeralStorageGiB']
  const { min, max } = EPHEMERAL_STORAGE_GIB
  if (size < min || size > max) {
    return [templateError(path, `ephemeral storage ${size} GiB is outside ${min} to ${max}`)]
  }
  if (onFargate || capacity.platform === 'ClusterDefault') return []
  return [templateError(path, 'ephemeral storage can be set on Fargate only')]
}

function placementProblems(context: PlatformContext): readonly TemplateProblem[] {
  const { body, template, isFargates } = context
  const count = body.placementConstraints?.length ?? 0
  const path = definitionPath(template, 'placementConstraints')
  if (isFargates && count > 0)
    return [templateError(path, 'Fargate takes no placement constraints')]
  if (count <= MAX_PLACEMENT_CONSTRAINTS) return []
  const message = `${count} placement constraints; ECS takes ${MAX_PLACEMENT_CONSTRAINTS}`
  return [templateError(path, message)]
}

/** A linked definition is not in the manifest; there the launch type is what can be changed. */
function definitionPath(template: TemplateSpec, field: string): TemplatePath {
  return template.taskDefinition ? ['taskDefinition', field] : ['launchType']
}
