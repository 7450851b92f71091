import type { TemplateSpec } from '../kinds/generated.ts'
import type { JsonObject } from '../lib/json.ts'
import { applyJsonPatch } from '../lib/json-patch.ts'
import { chooseCapacity, isOnFargate } from './capacity.ts'
import { definitionProblems } from './check-definition.ts'
import { chooseContainerName, withNamedContainer } from './container-name.ts'
import { buildMainContainer, mergeBy } from './definition-container.ts'
import { sameDefinition } from './definition-hash.ts'
import { withContainerSizes, withFargateSizes } from './definition-sizes.ts'
import { type Container, registrable, withoutAbsent, writable } from './ecs-shapes.ts'
import { shadowedEnvironment, unsetNames } from './environment.ts'
import { toFamily } from './family.ts'
import type { RegisterTaskDefinitionBody } from './ports.ts'
import { type TemplateProblem, templateError, templateWarning } from './template-problem.ts'

export interface TaskDefinitionInput {
  /** Merged and rendered. */
  readonly template: TemplateSpec
  /** Which rung of capacityLadder the attempt is on; 0 without a ladder. */
  readonly rung: number
  /** What `taskDefinitionArn` links to, as DescribeTaskDefinition gave it. */
  readonly base?: RegisterTaskDefinitionBody | undefined
  readonly region: string
  /** Family when neither the template nor its definition names one. */
  readonly family: string
  /** Prefix of log streams when the template names none. */
  readonly logPrefix: string
}

export interface BuiltTaskDefinition {
  /** What is to be registered; with an unchanged `base`, equal to it. */
  readonly body: RegisterTaskDefinitionBody
  /** The container of the run: overrides, exit code and logs are its. */
  readonly containerName: string
  /** False when `base` can run as it is, so that nothing is registered. */
  readonly changed: boolean
  readonly problems: readonly TemplateProblem[]
}

/**
 * The RegisterTaskDefinition body of a template, or a changed copy of the definition that it links to
 * (`taskDefinitionArn`). env, command, labels and the task role are not in it: they go with
 * RunTask, so that one definition serves many runs. A body with error problems must not be sent.
 */
export function buildTaskDefinition(input: TaskDefinitionInput): BuiltTaskDefinition {
  const { base, template } = input
  const copy = buildCopy(input)
  if (!base || template.taskDefinitionArnMode !== 'UseAsIs') return copy
  const containerName = chooseContainerName(base.containerDefinitions ?? [], template.containerName)
  const container = findContainer(base, containerName)
  const problems = [
    ...(copy.changed ? ignoredSettings(template, container) : []),
    ...definitionProblems(base, { ...input, containerName }),
    ...shadowedEnvironment(template, container),
  ]
  return { body: base, containerName, changed: false, problems }
}

/** The container of that name in a definition. */
export function findContainer(
  body: RegisterTaskDefinitionBody,
  name: string,
): Container | undefined {
  return body.containerDefinitions?.find((container) => container.name === name)
}

function buildCopy(input: TaskDefinitionInput): BuiltTaskDefinition {
  const { template, base } = input
  const start = startingBody(input)
  const containers = start.containerDefinitions ?? []
  const wanted = chooseContainerName(containers, template.containerName)
  const named = withNamedContainer(containers, wanted)
  const merged = mergeTemplate(start, [...(named ?? containers)], wanted, input)
  const { body, problems } = customize(merged, input)
  // A customization may have renamed the container.
  const isRenamed = named !== undefined && findContainer(body, wanted) === undefined
  const containerName = isRenamed
    ? chooseContainerName(body.containerDefinitions ?? [], undefined)
    : wanted
  return {
    body,
    containerName,
    changed: !base || !sameDefinition(body, base),
    problems: [
      ...problems,
      ...definitionProblems(body, { ...input, containerName }),
      ...shadowedEnvironment(template, findContainer(body, containerName)),
    ],
  }
}

function startingBody(input: TaskDefinitionInput): RegisterTaskDefinitionBody {
  const { template, base } = input
  const given = base ?? template.taskDefinition ?? {}
  const { cpu, memory, ...rest } = writable(given) as RegisterTaskDefinitionBody
  const body = withoutAbsent({
    ...rest,
    cpu: cpu === undefined ? undefined : String(cpu),
    memory: memory === undefined ? undefined : String(memory),
  })
  // Tags of a linked revision are its own; those of a written definition are content.
  return base ? { ...registrable(body), tags: undefined } : body
}

/** Everything that the template says about the definition, apart from patches and the execution role. */
function mergeTemplate(
  start: RegisterTaskDefinitionBody,
  containers: readonly Container[],
  containerName: string,
  input: TaskDefinitionInput,
): RegisterTaskDefinitionBody {
  const { template } = input
  const onFargate = isOnFargate(chooseCapacity(template, input.rung), start)
  const sized = onFargate ? withFargateSizes(start, template) : start
  const built = containers.map((container) => {
    if (container.name !== containerName) return container
    const main = buildMainContainer(container, template, input)
    return onFargate ? main : withContainerSizes(main, start, template)
  })
  const sidecars = writable(template.sidecars ?? []).filter(({ name }) => name !== containerName)
  const containerDefinitions = mergeBy(built, sidecars, (container) => container.name)
  return withoutAbsent({ ...withTaskSettings(sized, input), containerDefinitions })
}

function withTaskSettings(
  body: RegisterTaskDefinitionBody,
  input: TaskDefinitionInput,
): RegisterTaskDefinitionBody {
  const { template } = input
  return {
    ...body,
    family: toFamily(template.family ?? body.family ?? input.family),
    volumes: mergeBy(
      body.volumes,
      template.volumes && writable(template.volumes),
      (volume) => volume.name,
    ),
    runtimePlatform: template.runtimePlatform
      ? { ...body.runtimePlatform, ...template.runtimePlatform }
      : body.runtimePlatform,
    ephemeralStorage:
      template.ephemeralStorageGiB === undefined
        ? body.ephemeralStorage
        : { sizeInGiB: template.ephemeralStorageGiB },
  }
}

/**
 * The patch is the last word. The execution role is the definition's, too; only where a linked
 * definition would be copied for the role alone it is left to the overrides of RunTask.
 */
function customize(body: RegisterTaskDefinitionBody, input: TaskDefinitionInput): Patched {
  const { template, base } = input
  const patched = patch(body, template)
  const role = template.executionRoleArn
  if (role === undefined || (base && sameDefinition(patched.body, base))) return patched
  return patch({ ...body, executionRoleArn: role }, template)
}

interface Patched {
  readonly body: RegisterTaskDefinitionBody
  readonly problems: readonly TemplateProblem[]
}

function patch(body: RegisterTaskDefinitionBody, template: TemplateSpec): Patched {
  const operations = template.taskDefinitionCustomizations
  if (operations === undefined) return { body, problems: [] }
  const result = applyJsonPatch(body as unknown as JsonObject, operations)
  if ('value' in result) {
    return { body: result.value as unknown as RegisterTaskDefinitionBody, problems: [] }
  }
  const place = result.index === undefined ? [] : [result.index]
  const path = ['taskDefinitionCustomizations', ...place]
  return { body, problems: [templateError(path, result.problem)] }
}

/** Settings that live in the definition, and so have no effect on one that is used as it is. */
const DEFINITION_SETTINGS = [
  'image',
  'runtimePlatform',
  'ephemeralStorageGiB',
  'family',
  'configureCloudwatchLogs',
  'cloudwatchLogsOptions',
  'cloudwatchLogsPrefix',
  'volumes',
  'mountPoints',
  'ulimits',
  'healthCheck',
  'stopTimeoutSeconds',
  'resourceRequirements',
  'linuxParameters',
  'sidecars',
  'taskDefinitionCustomizations',
] as const satisfies readonly (keyof TemplateSpec)[]

/** The settings of a template for which a linked definition that differs is copied; secrets apart. */
export function definitionSettings(template: TemplateSpec): readonly (keyof TemplateSpec)[] {
  return DEFINITION_SETTINGS.filter((setting) => template[setting] !== undefined)
}

function ignoredSettings(
  template: TemplateSpec,
  container: Container | undefined,
): readonly TemplateProblem[] {
  const wayOut = 'set taskDefinitionArnMode: CopyOnChange to have it'
  const ignored = definitionSettings(template).map((setting) =>
    templateWarning([setting], `${setting} has no effect with UseAsIs; ${wayOut}`),
  )
  const unset = unsetNames(template)
  const kept = (container?.environment ?? [])
    .map(({ name = '' }) => name)
    .filter((name) => unset.has(name))
    .map((name) => {
      const message = `${name} stays set, because UseAsIs leaves the definition as it is; ${wayOut}`
      return templateWarning(['env', name], message)
    })
  const hasSecrets = Object.keys(template.secrets ?? {}).length > 0
  const message = `secrets cannot be added to a definition with UseAsIs; ${wayOut}`
  return [...ignored, ...kept, ...(hasSecrets ? [templateError(['secrets'], message)] : [])]
}
