import type { Cluster } from '../cluster.ts'
import type { EmulatorConfig } from '../config.ts'
import { AwsError, clientException, invalidParameter } from '../errors.ts'
import type { TaskDefinition } from '../task-definition.ts'
import { isFargateSize } from './fargate-sizes.ts'
import type { LaunchTarget } from './launch-target.ts'
import type { RunTaskInput } from './run-task-shape.ts'
import { tagProblem } from './tags.ts'

/** A RunTask call with everything its rules look at. */
export interface RunTaskCall {
  readonly request: RunTaskInput
  readonly cluster: Cluster
  readonly definition: TaskDefinition
  readonly target: LaunchTarget
  readonly config: EmulatorConfig
  readonly nowMs: number
}

interface Rule {
  readonly why: string
  readonly problem: (call: RunTaskCall) => AwsError | false | undefined
}

const MAX_COUNT = 10
const MAX_OVERRIDES_LENGTH = 8_192
const MAX_STARTED_BY_LENGTH = 128
const MAX_SUBNETS = 16
const MAX_SECURITY_GROUPS = 5
const MAX_CONSTRAINTS = 10
const MAX_STRATEGIES = 5
const BINPACK_FIELDS = ['cpu', 'memory']

const RULES: readonly Rule[] = [
  {
    why: 'A call launches one to ten tasks.',
    problem: ({ request: { count = 1 } }) =>
      (!Number.isInteger(count) || count < 1 || count > MAX_COUNT) &&
      invalidParameter(`Count must be between 1 and ${MAX_COUNT}: ${count}.`),
  },
  {
    why: 'The token is at most 64 visible ASCII characters.',
    problem: ({ request: { clientToken } }) =>
      clientToken !== undefined &&
      !/^[\x21-\x7e]{1,64}$/.test(clientToken) &&
      invalidParameter('clientToken must be up to 64 ASCII characters in the range of 33-126.'),
  },
  {
    why: 'startedBy is a short identifier.',
    problem: ({ request: { startedBy = '' } }) =>
      (startedBy.length > MAX_STARTED_BY_LENGTH || !/^[A-Za-z0-9_/-]*$/.test(startedBy)) &&
      invalidParameter(`Invalid startedBy: ${startedBy}`),
  },
  {
    why: 'An INACTIVE revision launches nothing new, once ECS has noticed everywhere.',
    problem: (call) => !isLaunchable(call) && clientException('TaskDefinition is inactive'),
  },
  {
    why: 'ECS limits the overrides as JSON text, punctuation included.',
    problem: ({ request: { overrides } }) =>
      JSON.stringify(overrides ?? {}).length > MAX_OVERRIDES_LENGTH &&
      invalidParameter(`Container Overrides length must be at most ${MAX_OVERRIDES_LENGTH}`),
  },
  { why: 'Overrides name containers of the definition.', problem: unknownContainer },
  {
    why: 'The definition must be able to run on the launch type.',
    problem: ({ definition, target }) =>
      !definition.compatibilities.includes(target.launchType) &&
      invalidParameter(`Task definition does not support launch_type ${target.launchType}.`),
  },
  { why: 'Fargate offers certain sizes only, also after overrides.', problem: fargateSize },
  { why: 'Platform versions are Fargate’s.', problem: platformProblem },
  { why: 'awsvpc needs a network, no other mode takes one.', problem: networkProblem },
  { why: 'EC2 is asked about subnets and groups on the caller’s behalf.', problem: unknownNetwork },
  {
    why: 'Fargate places tasks itself.',
    problem: ({ request, target }) =>
      target.launchType === 'FARGATE' &&
      ((request.placementConstraints?.length ?? 0) > 0 ||
        (request.placementStrategy?.length ?? 0) > 0) &&
      invalidParameter('Placement constraints and strategies are not supported with FARGATE.'),
  },
  {
    why: 'Placement rules are limited, those of the definition included.',
    problem: ({ request, definition }) =>
      ((request.placementConstraints?.length ?? 0) +
        (definition.body.placementConstraints?.length ?? 0) >
        MAX_CONSTRAINTS ||
        (request.placementStrategy?.length ?? 0) > MAX_STRATEGIES) &&
      invalidParameter('Too many placement constraints or strategies.'),
  },
  {
    why: 'Some placement rules need something to go by.',
    problem: ({ request: { placementConstraints = [], placementStrategy = [] } }) =>
      (placementConstraints.some(({ type, expression }) => type === 'memberOf' && !expression) ||
        placementStrategy.some(({ type, field = '' }) => {
          return type === 'binpack' && !BINPACK_FIELDS.includes(field.toLowerCase())
        })) &&
      invalidParameter('Invalid placement constraint or strategy.'),
  },
  {
    why: 'Tasks on external instances have constraints, and no strategy.',
    problem: ({ request, target }) =>
      target.launchType === 'EXTERNAL' &&
      (request.placementStrategy?.length ?? 0) > 0 &&
      invalidParameter('Placement strategies are not supported with EXTERNAL.'),
  },
  { why: 'A volume that is configured at launch has one configuration.', problem: volumeProblem },
  {
    why: 'Only the definition’s tags can be propagated by RunTask.',
    problem: ({ request: { propagateTags } }) =>
      propagateTags !== undefined &&
      propagateTags !== 'TASK_DEFINITION' &&
      invalidParameter(`Invalid value for propagateTags: ${propagateTags}`),
  },
  {
    why: 'Instances must be there before tasks can be placed on them.',
    problem: ({ cluster, target, config }) =>
      target.launchType !== 'FARGATE' &&
      !config.containerInstances.some((instance) => instance.cluster === cluster.name) &&
      invalidParameter('No Container Instances were found in your cluster.'),
  },
  { why: 'Tags are limited.', problem: ({ request }) => tagProblem(request.tags ?? []) },
]

/** Throws the error with which ECS would refuse the call. */
export function checkRunTask(call: RunTaskCall): void {
  for (const rule of RULES) {
    const problem = rule.problem(call)
    if (problem) throw problem
  }
}

function isLaunchable({ definition, config, nowMs }: RunTaskCall): boolean {
  const { status, deregisteredAtMs = 0 } = definition
  if (status === 'ACTIVE') return true
  return status === 'INACTIVE' && nowMs < deregisteredAtMs + config.inactiveLagMs
}

function unknownContainer({ request, definition }: RunTaskCall): AwsError | undefined {
  const names = definition.body.containerDefinitions?.map(({ name }) => name) ?? []
  const unknown = request.overrides?.containerOverrides?.find(({ name }) => !names.includes(name))
  if (!unknown) return undefined
  return invalidParameter(
    `Override for container named ${unknown.name} is not a container in the TaskDefinition.`,
  )
}

function volumeProblem({ request, definition }: RunTaskCall): AwsError | undefined {
  const wanted = (definition.body.volumes ?? []).filter((volume) => volume.configuredAtLaunch)
  const given = request.volumeConfigurations ?? []
  if (given.length > 1) return invalidParameter('Only one volume can be configured at launch.')
  const isMatched = wanted.every(({ name }) => given.some((volume) => volume.name === name))
  if (wanted.length !== given.length || !isMatched) {
    return invalidParameter('Volume configurations must match the volumes configured at launch.')
  }
  const isSized = given.every(({ managedEBSVolume: volume }) => {
    return volume?.sizeInGiB !== undefined || volume?.snapshotId !== undefined
  })
  if (isSized) return undefined
  return invalidParameter('A managed EBS volume needs a size or a snapshot.')
}

function fargateSize({ target }: RunTaskCall): AwsError | undefined {
  if (target.launchType !== 'FARGATE') return undefined
  if (isFargateSize(target.cpu ?? 0, target.memory ?? 0)) return undefined
  return clientException('No Fargate configuration exists for given values.')
}

const PLATFORM_VERSIONS = ['LATEST', '1.4.0', '1.3.0']

function platformProblem({ request, target }: RunTaskCall): AwsError | undefined {
  const { platformVersion } = request
  if (platformVersion === undefined) return undefined
  if (target.launchType !== 'FARGATE') {
    return invalidParameter('The platform version must be null when specifying an EC2 launch type.')
  }
  if (PLATFORM_VERSIONS.includes(platformVersion)) return undefined
  return new AwsError('PlatformUnknownException', 'The specified platform version does not exist.')
}

function networkProblem({ request, definition }: RunTaskCall): AwsError | undefined {
  const network = request.networkConfiguration?.awsvpcConfiguration
  if (definition.body.networkMode !== 'awsvpc') {
    return network
      ? invalidParameter(
          'Network Configuration is not valid for the given networkMode of this task definition.',
        )
      : undefined
  }
  if (!network) {
    return invalidParameter(
      "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
    )
  }
  const { subnets = [], securityGroups = [] } = network
  if (subnets.length === 0) return invalidParameter('subnets can not be empty.')
  if (subnets.length > MAX_SUBNETS) {
    return invalidParameter(`subnets can have at most ${MAX_SUBNETS} items.`)
  }
  if (securityGroups.length > MAX_SECURITY_GROUPS) {
    return invalidParameter(`securityGroups can have at most ${MAX_SECURITY_GROUPS} items.`)
  }
  if (!['ENABLED', 'DISABLED'].includes(network.assignPublicIp ?? 'DISABLED')) {
    return invalidParameter(`Invalid assignPublicIp: ${network.assignPublicIp}`)
  }
  return undefined
}

function unknownNetwork({ request, config }: RunTaskCall): AwsError | undefined {
  const network = request.networkConfiguration?.awsvpcConfiguration
  if (!network || !config.checkNetwork) return undefined
  const { subnets = [], securityGroups = [] } = network
  const vpcs = config.vpcs.filter((vpc) => vpc.subnets.some(({ id }) => subnets.includes(id)))
  const unknownSubnet = subnets.find(
    (subnet) => !vpcs.some((vpc) => vpc.subnets.some(({ id }) => id === subnet)),
  )
  if (unknownSubnet) {
    return invalidParameter(
      `Error retrieving subnet information for [${subnets.join(', ')}]: The subnet ID '${unknownSubnet}' does not exist (ErrorCode: InvalidSubnetID.NotFound)`,
    )
  }
  if (vpcs.length > 1) return invalidParameter('All subnets must belong to the same VPC.')
  const unknownGroup = securityGroups.find(
    (group) => !vpcs.some((vpc) => vpc.securityGroups.some(({ id }) => id === group)),
  )
  if (!unknownGroup) return undefined
  return invalidParameter(
    `Error retrieving security group information for [${securityGroups.join(', ')}]: The security group '${unknownGroup}' does not exist (ErrorCode: InvalidGroup.NotFound)`,
  )
}
