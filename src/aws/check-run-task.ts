import { chooseCapacity, isOnFargate } from './capacity.ts'
import { launchVolumeProblems } from './check-volumes.ts'
import type { RunTaskBody } from './ports.ts'
import type { RunTaskInput } from './run-task.ts'
import { labelPath, tagListProblems } from './tags.ts'
import { type TemplatePath, type TemplateProblem, templateError } from './template-problem.ts'

/** Limits of RunTask (API_RunTask). */
const MAX_OVERRIDES_LENGTH = 8_192
const MAX_SUBNETS = 16
const MAX_SECURITY_GROUPS = 5
const MAX_CONSTRAINTS = 10
const MAX_STRATEGIES = 5
const CLIENT_TOKEN = /^[\x21-\x7e]{1,64}$/
/** ECS takes 128 today; older endpoints 36. */
const STARTED_BY = /^[A-Za-z0-9_-]{1,36}$/

type Check = (body: RunTaskBody, input: RunTaskInput) => readonly TemplateProblem[]

const CHECKS: readonly Check[] = [
  ownMembersProblems,
  overridesProblems,
  networkProblems,
  placementProblems,
  platformVersionProblems,
  (body, { definition }) => launchVolumeProblems(body, definition),
  (body, { template }) =>
    tagListProblems(body.tags ?? [], (key) => labelPath(key, template.labels)),
]

/** What ECS would refuse about a RunTask body, and what would break the promise of one task per attempt. */
export function runTaskProblems(
  body: RunTaskBody,
  input: RunTaskInput,
): readonly TemplateProblem[] {
  return CHECKS.flatMap((check) => check(body, input))
}

/** Customizations must not touch what identifies the attempt. */
function ownMembersProblems(body: RunTaskBody, input: RunTaskInput): readonly TemplateProblem[] {
  const refuse = (member: string, why: string): TemplateProblem =>
    templateError(['taskCustomizations'], `${member} ${why}`)
  const tags = new Map(body.tags?.map(({ key, value }) => [key ?? '', value ?? '']))
  const lostTags = Object.keys(input.tags).filter((key) => tags.get(key) !== input.tags[key])
  return [
    ...(body.clientToken === input.clientToken && CLIENT_TOKEN.test(input.clientToken)
      ? []
      : [refuse('clientToken', "is Capstan's own: one task per attempt depends on it")]),
    ...(body.startedBy === input.startedBy && STARTED_BY.test(input.startedBy)
      ? []
      : [refuse('startedBy', "is Capstan's own: tasks are found again by it")]),
    ...((body.count ?? 1) === 1
      ? []
      : [refuse('count', 'must be 1: for many tasks use array of the Run')]),
    ...(body.taskDefinition === input.taskDefinition
      ? []
      : [refuse('taskDefinition', 'is set by taskDefinitionArn or taskDefinition')]),
    ...lostTags.map((key) => refuse(`tag ${key}`, "is Capstan's own and must stay")),
  ]
}

function overridesProblems(body: RunTaskBody, input: RunTaskInput): readonly TemplateProblem[] {
  const length = JSON.stringify(body.overrides ?? {}).length
  const problems: TemplateProblem[] = []
  if (length > MAX_OVERRIDES_LENGTH) {
    const message = `env and command make ${length} characters of overrides; ECS takes ${MAX_OVERRIDES_LENGTH}: move values to secrets, environmentFiles or taskDefinition`
    problems.push(templateError(['env'], message))
  }
  const names = input.definition?.containerDefinitions?.map(({ name }) => name)
  for (const { name } of body.overrides?.containerOverrides ?? []) {
    // Where the run's own container is missing, the definition is at fault, and says so.
    if (names && name !== input.containerName && !names.includes(name)) {
      const message = `an override is for container ${name}, which is not in the task definition`
      problems.push(templateError(['taskCustomizations'], message))
    }
  }
  return problems
}

function networkProblems(body: RunTaskBody, input: RunTaskInput): readonly TemplateProblem[] {
  const { definition } = input
  const vpc = body.networkConfiguration?.awsvpcConfiguration
  const networkMode = definition?.networkMode ?? 'bridge'
  if (!vpc) {
    if (networkMode !== 'awsvpc') return []
    const message = 'network mode awsvpc needs a network configuration'
    return [templateError(['networkConfiguration'], message)]
  }
  const refuse = (isWrong: boolean, member: string, message: string): readonly TemplateProblem[] =>
    isWrong ? [templateError(['networkConfiguration', member], message)] : []
  const subnets = vpc.subnets?.length ?? 0
  const groups = vpc.securityGroups?.length ?? 0
  const isUseless = definition !== undefined && networkMode !== 'awsvpc'
  const hasNoPublicIp = vpc.assignPublicIp === 'ENABLED' && isOnInstances(input)
  return [
    ...refuse(isUseless, 'subnets', `network mode ${networkMode} takes no network configuration`),
    ...refuse(subnets === 0, 'subnets', 'there are no subnets'),
    ...refuse(subnets > MAX_SUBNETS, 'subnets', `${subnets} subnets; ECS takes ${MAX_SUBNETS}`),
    ...refuse(
      groups > MAX_SECURITY_GROUPS,
      'securityGroups',
      `${groups} security groups; ECS takes ${MAX_SECURITY_GROUPS}`,
    ),
    ...refuse(hasNoPublicIp, 'assignPublicIp', 'a public IP is for Fargate only: set DISABLED'),
  ]
}

function isOnInstances({ template, rung }: RunTaskInput): boolean {
  const { launchType } = chooseCapacity(template, rung)
  return launchType === 'EC2' || launchType === 'EXTERNAL'
}

function placementProblems(body: RunTaskBody, input: RunTaskInput): readonly TemplateProblem[] {
  const onFargate = isOnFargate(chooseCapacity(input.template, input.rung), input.definition ?? {})
  const constraints =
    (body.placementConstraints?.length ?? 0) + (input.definition?.placementConstraints?.length ?? 0)
  const strategies = body.placementStrategy?.length ?? 0
  const { platform } = chooseCapacity(input.template, input.rung)
  return [
    ...placementShapeProblems(body, platform === 'External'),
    ...tooMany('placementConstraints', constraints, onFargate ? 0 : MAX_CONSTRAINTS),
    ...tooMany('placementStrategy', strategies, onFargate ? 0 : MAX_STRATEGIES),
  ]
}

/** Fields of binpack; random has none, and spread takes any attribute. */
const BINPACK_FIELDS = ['cpu', 'memory']

function placementShapeProblems(
  body: RunTaskBody,
  isExternal: boolean,
): readonly TemplateProblem[] {
  const strategies = body.placementStrategy ?? []
  const bare = body.placementConstraints?.find(
    ({ type, expression = '' }) => type === 'memberOf' && expression === '',
  )
  const odd = strategies.find(
    ({ type, field = '' }) => type === 'binpack' && !BINPACK_FIELDS.includes(field.toLowerCase()),
  )
  return [
    ...(bare ? [templateError(['placementConstraints'], 'memberOf needs an expression')] : []),
    ...(odd ? [templateError(['placementStrategy'], 'binpack goes by field cpu or memory')] : []),
    ...(isExternal && strategies.length > 0
      ? [templateError(['placementStrategy'], 'EXTERNAL takes no placement strategy')]
      : []),
  ]
}

function tooMany(field: string, count: number, most: number): readonly TemplateProblem[] {
  if (count <= most) return []
  const limit = most === 0 ? 'Fargate takes none' : `ECS takes ${most}`
  return [templateError([field], `${count} items in ${field}; ${limit}`)]
}

function platformVersionProblems(
  body: RunTaskBody,
  input: RunTaskInput,
): readonly TemplateProblem[] {
  const path: TemplatePath = ['platformVersion']
  if (body.platformVersion === undefined || !isOnInstances(input)) return []
  return [templateError(path, 'platformVersion is for Fargate only')]
}
