import { chooseCapacity } from '../../aws/capacity.ts'
import { defaultNames, type RunNames, taskTags } from '../../aws/default-names.ts'
import { taskSizeOf } from '../../aws/definition-sizes.ts'
import type { EcsNetworkConfiguration } from '../../aws/ecs-shapes.ts'
import { containerLogs } from '../../aws/log-location.ts'
import { chooseNetwork, planNetworkLookup } from '../../aws/network.ts'
import type { RegisterTaskDefinitionBody, RunTaskBody } from '../../aws/ports.ts'
import { buildRunTask } from '../../aws/run-task.ts'
import { type BuiltTaskDefinition, buildTaskDefinition } from '../../aws/task-definition.ts'
import { hasErrors, renderTemplatePath, type TemplateProblem } from '../../aws/template-problem.ts'
import { validateOtherForms } from '../../aws/validate-template.ts'
import type { TemplateSpec } from '../../kinds/generated.ts'
import type { LeaseTerms } from '../../kinds/heartbeat.ts'
import { canonicalJson } from '../../lib/json.ts'
import type { AttemptLogs } from '../../store/followed-logs.ts'
import type { AttemptRow } from '../../store/types.ts'
import { clientTokenOf, startedByOf, type TryKey } from '../attempt-identity.ts'
import { registrationOf } from '../registration.ts'
import type { IdleStep } from './idle.ts'
import { ladderRung } from './ladder.ts'
import { heartbeatWarnings, ownEnv, termsOf } from './own-env.ts'
import type { EndedTry } from './retry.ts'
import { withLaunchType, withMoreMemory } from './retry-changes.ts'
import { finalState } from './state.ts'
import type { Call, RunWorld } from './world.ts'

export interface LaunchContext {
  readonly next: Omit<TryKey, 'runUid'>
  readonly tries: readonly EndedTry[]
  readonly nowMs: number
  readonly warnings: readonly string[]
}

/** Stands where the revision will, while nothing is registered yet: bodies are checked before the first write. */
const UNREGISTERED = '<registered at launch>'

/**
 * The way from a template to a frozen request: what it links to, the definition, the network, the
 * request; the registration only when all of it is valid, so a wrong template registers nothing. Each call
 * of this function gets one step further; the facts of the earlier steps are in the world.
 */
export function launchStep(
  world: RunWorld,
  written: TemplateSpec,
  context: LaunchContext,
): IdleStep {
  const names = namesOf(world)
  // Once per run: what later tries may be launched as is checked before the first call.
  const others = context.tries.length === 0 ? validateOtherForms(written, names) : []
  if (hasErrors(others)) return invalid(errorsOf(others))
  const rung = ladderRung(written.capacityLadder, context.tries, context.nowMs) ?? 0
  const moved = withLaunchType(written, context.tries)
  const base = linkedDefinition(world, moved)
  if (base.type === 'Step') return base.step
  const template = withMoreMemory(moved, { tries: context.tries, rung, base: base.body })
  const definition = buildTaskDefinition({
    template,
    rung,
    base: base.body,
    region: world.account.region,
    ...defaultNames(names),
  })
  const network = networkOf(world, { template, rung, definition: definition.body })
  if (network.type === 'Step') return network.step
  const revision = revisionOf(world, template, definition)
  const key: TryKey = { runUid: world.run.metadata.uid, ...context.next }
  const request = buildRunTask({
    template,
    rung,
    definition: definition.body,
    containerName: definition.containerName,
    taskDefinition: revision.arn ?? UNREGISTERED,
    network: network.chosen,
    ownEnv: ownEnv(world, template, key),
    tags: ownTags(world, key.number),
    clientToken: clientTokenOf(key),
    startedBy: startedByOf(key),
  })
  const problems = [
    ...definition.problems,
    ...network.problems,
    ...request.problems,
    ...others.filter(({ severity }) => severity === 'Warning'),
  ]
  if (hasErrors(problems)) return invalid(errorsOf(problems))
  if (revision.arn === undefined) return askOnce(world, revision.register)
  const heartbeat = termsOf(world, template)
  const warnings = problems.filter(({ severity }) => severity === 'Warning').map(problemText)
  return {
    type: 'Launch',
    row: attemptRow(world, key, context.nowMs, {
      body: request.body,
      containerName: definition.containerName,
      taskDefinitionArn: revision.arn,
      logs: attemptLogs(template, definition.body),
      heartbeat,
      template,
    }),
    warnings: [...context.warnings, ...warnings, ...heartbeatWarnings(heartbeat)],
  }
}

type Linked =
  | { readonly type: 'Body'; readonly body: RegisterTaskDefinitionBody | undefined }
  | { readonly type: 'Step'; readonly step: IdleStep }

function linkedDefinition(world: RunWorld, template: TemplateSpec): Linked {
  const name = template.taskDefinitionArn
  if (name === undefined) return { type: 'Body', body: undefined }
  const found = world.facts.definitions[name]
  if (found === undefined) {
    return {
      type: 'Step',
      step: askOnce(world, { type: 'DescribeDefinition', taskDefinition: name }),
    }
  }
  if (found === null) {
    const message = `taskDefinitionArn: ECS in ${world.account.region} has no task definition ${name}; check the name and the region of the WorkPool.`
    return { type: 'Step', step: configurationError(message) }
  }
  return { type: 'Body', body: found.body }
}

type Network =
  | {
      readonly type: 'Chosen'
      readonly chosen: EcsNetworkConfiguration | undefined
      readonly problems: readonly TemplateProblem[]
    }
  | { readonly type: 'Step'; readonly step: IdleStep }

function networkOf(
  world: RunWorld,
  input: {
    readonly template: TemplateSpec
    readonly rung: number
    readonly definition: RegisterTaskDefinitionBody
  },
): Network {
  const { template, rung, definition } = input
  const lookup = planNetworkLookup(template, definition)
  if (lookup.type === 'NotNeeded') return { type: 'Chosen', chosen: undefined, problems: [] }
  const vpcId = lookup.type === 'Vpc' ? lookup.vpcId : undefined
  const isGiven = lookup.type === 'Given'
  const observed = isGiven ? undefined : (world.facts.network ?? world.network(vpcId))
  if (!isGiven && observed === undefined) {
    return { type: 'Step', step: ask({ type: 'ReadNetwork', vpcId }) }
  }
  const choice = chooseNetwork(template, observed, chooseCapacity(template, rung).platform)
  if ('problem' in choice) return { type: 'Chosen', chosen: undefined, problems: [choice.problem] }
  return { type: 'Chosen', chosen: choice.networkConfiguration, problems: [] }
}

type Revision =
  | { readonly arn: string }
  | { readonly arn: undefined; readonly register: Extract<Call, { type: 'RegisterDefinition' }> }

/** The revision with this content: the linked one, one that the registry knows, or one to be registered. */
function revisionOf(
  world: RunWorld,
  template: TemplateSpec,
  definition: BuiltTaskDefinition,
): Revision {
  if (!definition.changed && template.taskDefinitionArn !== undefined) {
    return {
      arn:
        world.facts.definitions[template.taskDefinitionArn]?.taskDefinitionArn ??
        template.taskDefinitionArn,
    }
  }
  const wanted = registrationOf({
    body: definition.body,
    template,
    controllerName: world.controller.name,
    workPool: `${world.run.metadata.namespace}/${world.workPool.name}`,
  })
  const known = world.definition(wanted.family, wanted.hash)
  if (known?.status === 'ACTIVE') return { arn: known.taskDefinitionArn }
  return { arn: undefined, register: { type: 'RegisterDefinition', ...wanted } }
}

/** About a definition: what ECS refuses once, it refuses again. */
function askOnce({ facts }: RunWorld, call: Call): IdleStep {
  return facts.refusal === undefined ? ask(call) : configurationError(facts.refusal)
}

function namesOf(world: RunWorld): RunNames {
  const { namespace, name } = world.run.metadata
  return { namespace, run: name, deployment: world.deployment, workPool: world.workPool.name }
}

/** The tags by which a task is known as ours, and as its run's. */
function ownTags(world: RunWorld, attempt: number): Readonly<Record<string, string>> {
  const { uid } = world.run.metadata
  const { name: controller, instance } = world.controller
  return taskTags(namesOf(world), { uid, attempt: String(attempt), controller, instance })
}

function attemptRow(
  world: RunWorld,
  key: TryKey,
  nowMs: number,
  launch: {
    readonly body: RunTaskBody
    readonly containerName: string
    readonly taskDefinitionArn: string
    readonly logs: AttemptLogs | undefined
    readonly heartbeat: LeaseTerms | undefined
    readonly template: TemplateSpec
  },
): AttemptRow {
  const { metadata } = world.run
  return {
    ...key,
    namespace: metadata.namespace,
    runName: metadata.name,
    clientToken: clientTokenOf(key),
    startedBy: startedByOf(key),
    account: world.account.id,
    cluster: launch.body.cluster ?? 'default',
    workPool: world.workPool.name,
    queue: world.workPool.queue,
    ...taskSizeOf(launch.template),
    containerName: launch.containerName,
    taskDefinitionArn: launch.taskDefinitionArn,
    body: canonicalJson(launch.body),
    ...(launch.logs && { logs: launch.logs }),
    ...(launch.heartbeat && { heartbeat: launch.heartbeat }),
    phase: 'Intent',
    epoch: world.controller.epoch,
    createdAtMs: nowMs,
    sentAtMs: nowMs,
    sends: 1,
  }
}

/** Frozen with the launch, because by the time the output is read the template may say something else. */
function attemptLogs(
  template: TemplateSpec,
  definition: RegisterTaskDefinitionBody,
): AttemptLogs | undefined {
  const containers = containerLogs(definition)
  const streamOutput = template.streamOutput === true
  return streamOutput || containers.length > 0 ? { streamOutput, containers } : undefined
}

function ask(call: Call): IdleStep {
  return { type: 'Ask', call }
}

function errorsOf(problems: readonly TemplateProblem[]): readonly TemplateProblem[] {
  return problems.filter(({ severity }) => severity === 'Error')
}

function invalid(problems: readonly TemplateProblem[]): IdleStep {
  return configurationError(problems.map(problemText).join(' '))
}

function configurationError(message: string): IdleStep {
  return {
    type: 'Finish',
    state: finalState('ConfigurationError', message),
    outcome: 'ConfigurationError',
  }
}

function problemText({ path, message }: TemplateProblem): string {
  const sentence = message.endsWith('.') ? message : `${message}.`
  return path.length === 0 ? sentence : `template.${renderTemplatePath(path)}: ${sentence}`
}
