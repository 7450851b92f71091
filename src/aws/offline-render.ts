import type { TemplateSpec } from '../kinds/generated.ts'
import { heartbeatEnv, leaseTerms } from '../kinds/heartbeat.ts'
import { chooseCapacity } from './capacity.ts'
import { chooseContainerName } from './container-name.ts'
import { defaultNames, type RunNames, taskTags } from './default-names.ts'
import type { EcsNetworkConfiguration } from './ecs-shapes.ts'
import { chooseNetwork, planNetworkLookup } from './network.ts'
import type { RegisterTaskDefinitionBody, RunTaskBody } from './ports.ts'
import { buildRunTask } from './run-task.ts'
import {
  type BuiltTaskDefinition,
  buildTaskDefinition,
  definitionSettings,
} from './task-definition.ts'
import type { TemplateProblem } from './template-problem.ts'

/** What stands for values that only AWS, or the launch itself, knows. */
const UNKNOWN = {
  region: '<region>',
  taskDefinition: '<registered at launch>',
  defaultSubnets: '<subnets of the default VPC>',
  uid: '<uid>',
  attempt: '<attempt>',
  controller: '<controller>',
  instance: '<instance>',
  intake: '<heartbeat URL of the controller>',
  token: '<token of the run>',
} as const
/** Stand in while the body is built, because real ones have a fixed shape. */
const TOKEN_IN_BUILD = 'derived-at-launch'
const TOKEN_SHOWN = '<derived from uid and attempt>'

export interface OfflineInput {
  /** Merged and rendered. */
  readonly template: TemplateSpec
  /** Which rung of capacityLadder to show; 0 is the first. */
  readonly rung: number
  readonly names: RunNames
  /** `aws.region` of the WorkPool, where it is written. */
  readonly region?: string | undefined
}

/** Either `taskDefinition` or `taskDefinitionArn` is there: a linked definition is not known without AWS. */
export interface OfflineBodies {
  readonly taskDefinition?: RegisterTaskDefinitionBody
  readonly taskDefinitionArn?: string
  readonly runTask: RunTaskBody
  readonly problems: readonly TemplateProblem[]
}

/** Both request bodies of a run, made by the same builders as the real ones, with `<...>` where only AWS knows. */
export function renderOffline(input: OfflineInput): OfflineBodies {
  const { template, names, rung } = input
  const arn = template.taskDefinitionArn
  const definition = arn === undefined ? buildOfflineDefinition(input) : undefined
  const runTask = buildRunTask({
    template,
    rung,
    taskDefinition: arn === undefined ? UNKNOWN.taskDefinition : linkedDefinition(template, arn),
    definition: definition?.body,
    containerName: definition?.containerName ?? chooseContainerName([], template.containerName),
    network: offlineNetwork(input, definition?.body),
    ownEnv: offlineOwnEnv(template),
    tags: taskTags(names, UNKNOWN),
    clientToken: TOKEN_IN_BUILD,
    startedBy: TOKEN_IN_BUILD,
  })
  return {
    ...(definition ? { taskDefinition: definition.body } : {}),
    ...(arn === undefined ? {} : { taskDefinitionArn: arn }),
    runTask: { ...runTask.body, clientToken: TOKEN_SHOWN, startedBy: TOKEN_SHOWN },
    problems: [...(definition?.problems ?? []), ...runTask.problems],
  }
}

/** Whether the linked definition differs from the settings only AWS knows; the run is launched from a copy if so. */
function linkedDefinition(template: TemplateSpec, arn: string): string {
  const hasSecrets = Object.keys(template.secrets ?? {}).length > 0
  const settings = [...definitionSettings(template), ...(hasSecrets ? ['secrets'] : [])]
  if (template.taskDefinitionArnMode === 'UseAsIs' || settings.length === 0) return arn
  return `<${arn}, or a copy where it differs in ${settings.join(', ')}>`
}

function offlineOwnEnv({ heartbeat, env }: TemplateSpec): Readonly<Record<string, string>> {
  if (!heartbeat) return {}
  const { uid: runUid, attempt, intake, token } = UNKNOWN
  return heartbeatEnv(leaseTerms(heartbeat, intake), { runUid, index: 0, attempt, token, env })
}

function buildOfflineDefinition({
  template,
  rung,
  names,
  region,
}: OfflineInput): BuiltTaskDefinition {
  return buildTaskDefinition({
    template,
    rung,
    region: region ?? UNKNOWN.region,
    ...defaultNames(names),
  })
}

/** A linked definition's network mode is not known; on Fargate it can only be awsvpc. */
function offlineNetwork(
  { template, rung }: OfflineInput,
  definition: RegisterTaskDefinitionBody | undefined,
): EcsNetworkConfiguration | undefined {
  const { platform } = chooseCapacity(template, rung)
  const guessed = platform === 'Fargate' ? 'awsvpc' : 'bridge'
  const lookup = planNetworkLookup(template, definition ?? { networkMode: guessed })
  if (lookup.type === 'NotNeeded') return undefined
  const subnets = template.networkConfiguration?.subnets ?? []
  const unknown = lookup.type === 'Vpc' ? `<subnets of ${lookup.vpcId}>` : UNKNOWN.defaultSubnets
  const settings = {
    ...template,
    networkConfiguration: {
      ...template.networkConfiguration,
      subnets: subnets.length > 0 ? subnets : [unknown],
    },
  }
  const chosen = chooseNetwork(settings, undefined, platform)
  return 'problem' in chosen ? undefined : chosen.networkConfiguration
}
