import type { TemplateSpec } from '../kinds/generated.ts'
import type { JsonObject } from '../lib/json.ts'
import { applyJsonPatch } from '../lib/json-patch.ts'
import { chooseCapacity, isOnFargate } from './capacity.ts'
import { runTaskProblems } from './check-run-task.ts'
import { splitCommand } from './command.ts'
import {
  type EcsNetworkConfiguration,
  type Overrides,
  withoutAbsent,
  writable,
} from './ecs-shapes.ts'
import { overrideEnvironment, overruledEnvironment } from './environment.ts'
import type { RegisterTaskDefinitionBody, RunTaskBody } from './ports.ts'
import { buildTags } from './tags.ts'
import { findContainer } from './task-definition.ts'
import { type TemplateProblem, templateError } from './template-problem.ts'

export interface RunTaskInput {
  /** Merged and rendered. */
  readonly template: TemplateSpec
  /** Which rung of capacityLadder the attempt is on; 0 without a ladder. */
  readonly rung: number
  /** ARN of the revision to run. */
  readonly taskDefinition: string
  /** The content of that revision; undefined when it cannot be known (offline). */
  readonly definition?: RegisterTaskDefinitionBody | undefined
  readonly containerName: string
  /** Needed by definitions with network mode awsvpc. */
  readonly network?: EcsNetworkConfiguration | undefined
  /** Capstan's own tags; the labels of the template come on top. */
  readonly tags: Readonly<Record<string, string>>
  /** Capstan's own environment variables; they count over the template's. */
  readonly ownEnv?: Readonly<Record<string, string>>
  readonly clientToken: string
  readonly startedBy: string
}

export interface BuiltRunTask {
  readonly body: RunTaskBody
  readonly problems: readonly TemplateProblem[]
}

/**
 * The RunTask body of one attempt. It is frozen before the first call and sent again
 * unchanged, so it must hold everything. A body with error problems must not be sent.
 */
export function buildRunTask(input: RunTaskInput): BuiltRunTask {
  const { template, definition, containerName } = input
  const tags = buildTags(template.labels, input.tags)
  const command = commandWords(template)
  const container = definition && findContainer(definition, containerName)
  const body: RunTaskBody = {
    cluster: template.cluster,
    taskDefinition: input.taskDefinition,
    ...placement(input),
    networkConfiguration: input.network && writable(input.network),
    overrides: {
      ...taskOverrides(input),
      containerOverrides: [
        {
          name: containerName,
          command: command.words && [...command.words],
          environment: [...overrideEnvironment(template, container, input.ownEnv ?? {})],
          ...containerSizes(input),
        },
      ],
    },
    tags: [...tags.tags],
    clientToken: input.clientToken,
    startedBy: input.startedBy,
  }
  const patched = customize(withoutAbsent(body), template)
  const problems = [
    ...tags.problems,
    ...command.problems,
    ...patched.problems,
    ...overruledEnvironment(template, input.ownEnv ?? {}),
    ...runTaskProblems(patched.body, input),
  ]
  return { body: patched.body, problems }
}

/** Where the task runs, and the options of RunTask that have no condition. */
function placement(input: RunTaskInput): Partial<RunTaskBody> {
  const { template } = input
  const capacity = chooseCapacity(template, input.rung)
  return {
    launchType: capacity.launchType,
    capacityProviderStrategy: capacity.capacityProviderStrategy && [
      ...capacity.capacityProviderStrategy,
    ],
    platformVersion: template.platformVersion,
    group: template.group,
    placementConstraints: template.placementConstraints && writable(template.placementConstraints),
    placementStrategy: template.placementStrategy && writable(template.placementStrategy),
    volumeConfigurations: template.volumeConfigurations && writable(template.volumeConfigurations),
    // ECS refuses NONE by name; leaving the field out means it.
    propagateTags: template.propagateTags === 'TASK_DEFINITION' ? 'TASK_DEFINITION' : undefined,
    enableExecuteCommand: template.enableExecuteCommand ? true : undefined,
  }
}

/** Only what a person set is overridden; defaults stand in the definition. */
function taskOverrides(input: RunTaskInput): Overrides {
  const { template, definition } = input
  const role = template.executionRoleArn
  const sizes = sizeLevels(input)
  return {
    cpu: sizes.task && template.cpu !== undefined ? String(template.cpu) : undefined,
    memory: sizes.task && template.memory !== undefined ? String(template.memory) : undefined,
    taskRoleArn: template.taskRoleArn,
    executionRoleArn: role === definition?.executionRoleArn ? undefined : role,
  }
}

function containerSizes(input: RunTaskInput): {
  readonly cpu?: number | undefined
  readonly memory?: number | undefined
} {
  if (!sizeLevels(input).container) return {}
  return { cpu: input.template.cpu, memory: input.template.memory }
}

/**
 * At which levels sizes are overridden: both, as Prefect does. Beside containers with reservations of
 * their own one container must not take the whole task, nor the task be as small as one container.
 */
function sizeLevels({ template, rung, definition, containerName }: RunTaskInput): {
  readonly task: boolean
  readonly container: boolean
} {
  if (!definition) return { task: true, container: true }
  const others = definition.containerDefinitions?.filter(({ name }) => name !== containerName) ?? []
  const isShared = others.some((other) =>
    Boolean(other.cpu ?? other.memory ?? other.memoryReservation),
  )
  if (!isShared) return { task: true, container: true }
  const onFargate = isOnFargate(chooseCapacity(template, rung), definition)
  return { task: onFargate, container: !onFargate }
}

/** The command as words; without one the image's or the definition's own command runs. */
function commandWords(template: TemplateSpec): {
  readonly words: readonly string[] | undefined
  readonly problems: readonly TemplateProblem[]
} {
  const { command } = template
  if (typeof command !== 'string') return { words: command, problems: [] }
  const split = splitCommand(command)
  if ('words' in split) return { words: split.words, problems: [] }
  return { words: undefined, problems: [templateError(['command'], split.problem)] }
}

function customize(body: RunTaskBody, template: TemplateSpec): BuiltRunTask {
  const patch = template.taskCustomizations
  if (patch === undefined) return { body, problems: [] }
  const result = applyJsonPatch(body as unknown as JsonObject, patch)
  if ('value' in result) return { body: result.value as unknown as RunTaskBody, problems: [] }
  const path = ['taskCustomizations', ...(result.index === undefined ? [] : [result.index])]
  return { body, problems: [templateError(path, result.problem)] }
}
