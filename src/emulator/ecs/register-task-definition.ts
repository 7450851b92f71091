import type { JsonObject } from '../../lib/json.ts'
import type { CallContext } from '../context.ts'
import { readShape } from '../shape.ts'
import { renderTaskDefinition, type TaskDefinition } from '../task-definition.ts'
import { isFargateSize, parseCpu, parseMemory } from './fargate-sizes.ts'
import { tagProblem, toTags } from './tags.ts'
import { withDefaults } from './task-definition-defaults.ts'
import { definitionProblem } from './task-definition-rules.ts'
import { type DefinitionInput, registerTaskDefinitionShape } from './task-definition-shape.ts'

/** Registers the next revision of a family. */
export function registerTaskDefinition(context: CallContext, input: JsonObject): JsonObject {
  const request = readShape(registerTaskDefinitionShape, input)
  const problem = definitionProblem(request) ?? tagProblem(request.tags ?? [])
  if (problem) throw problem

  const { config, state, nowMs } = context
  const { family = '' } = request
  const revision = state.definitions.nextRevision(family)
  const body = withDefaults(request)
  const definition: TaskDefinition = {
    arn: `arn:aws:ecs:${config.region}:${config.accountId}:task-definition/${family}:${revision}`,
    family,
    revision,
    body,
    compatibilities: compatibilitiesOf(body),
    registeredAtMs: nowMs,
    status: 'ACTIVE',
    tags: toTags(request.tags),
  }
  state.definitions.add(definition)
  state.sink.put('definition', definition.arn, definition)
  return {
    taskDefinition: renderTaskDefinition(definition, config.accountId),
    tags: definition.tags,
  }
}

/** The launch types that could run the definition. */
function compatibilitiesOf({ networkMode, cpu, memory }: DefinitionInput): readonly string[] {
  const awsvpc = networkMode === 'awsvpc'
  const fargate = awsvpc && isFargateSize(parseCpu(cpu ?? '') ?? 0, parseMemory(memory ?? '') ?? 0)
  const external = networkMode === 'bridge' || networkMode === 'host' || networkMode === 'none'
  return [
    ...(external ? ['EXTERNAL'] : []),
    'EC2',
    ...(fargate ? ['FARGATE'] : []),
    ...(awsvpc || networkMode === 'host' ? ['MANAGED_INSTANCES'] : []),
  ]
}
