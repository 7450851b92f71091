import { chooseCapacity, isOnFargate } from '../../aws/capacity.ts'
import { DEFAULT_CPU, DEFAULT_MEMORY } from '../../aws/definition-sizes.ts'
import { nextFargateSize } from '../../aws/fargate.ts'
import type { RegisterTaskDefinitionBody } from '../../aws/ports.ts'
import { parseTaskCpu, parseTaskMemory } from '../../aws/task-size.ts'
import type { TemplateSpec } from '../../kinds/generated.ts'
import { accumulatedChange, type EndedTry } from './retry.ts'

/** The template of the next attempt with the launch type that the retry rules have changed it to. */
export function withLaunchType(template: TemplateSpec, tries: readonly EndedTry[]): TemplateSpec {
  const { launchType } = accumulatedChange(template.retry, tries)
  if (launchType === undefined) return template
  // A launch type that a rule names replaces whatever decided about capacity before.
  const { capacityLadder: _, capacityProviderStrategy: __, ...rest } = template
  return { ...rest, launchType }
}

/**
 * More memory than the attempt before had: on Fargate up to the next size that it offers, with more CPU
 * where the memory asks for it; elsewhere exactly the factor. The start is what the task would have had:
 * the template's size, else that of the definition it is made from.
 */
export function withMoreMemory(
  template: TemplateSpec,
  input: {
    readonly tries: readonly EndedTry[]
    readonly rung: number
    /** The definition that the template links to. */
    readonly base: RegisterTaskDefinitionBody | undefined
  },
): TemplateSpec {
  const { memoryFactor } = accumulatedChange(template.retry, input.tries)
  if (memoryFactor === 1) return template
  const definition =
    input.base ?? (template.taskDefinition as RegisterTaskDefinitionBody | undefined)
  const cpu = template.cpu ?? parseTaskCpu(definition?.cpu) ?? DEFAULT_CPU
  const memory = template.memory ?? parseTaskMemory(definition?.memory) ?? DEFAULT_MEMORY
  if (isOnFargate(chooseCapacity(template, input.rung), definition ?? {})) {
    return { ...template, ...nextFargateSize({ cpu, memory }, memoryFactor) }
  }
  return { ...template, memory: Math.ceil(memory * memoryFactor) }
}
