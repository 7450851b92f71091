import type { TemplateSpec } from '../kinds/generated.ts'
import { fargateSizeProblem } from './fargate.ts'
import type { RegisterTaskDefinitionBody } from './ports.ts'
import { parseTaskCpu, parseTaskMemory } from './task-size.ts'
import { type TemplatePath, type TemplateProblem, templateError } from './template-problem.ts'

/** ECS's range of task CPU outside Fargate. */
const EC2_CPU_RANGE = { min: 128, max: 196_608 }

/** Sizes that the launch type does not take, of the task as it is going to run: overrides over definition. */
export function sizeProblems(
  body: RegisterTaskDefinitionBody,
  template: TemplateSpec,
  onFargate: boolean,
): readonly TemplateProblem[] {
  const cpu = onFargate ? (template.cpu ?? parseTaskCpu(body.cpu)) : parseTaskCpu(body.cpu)
  const memory = onFargate
    ? (template.memory ?? parseTaskMemory(body.memory))
    : parseTaskMemory(body.memory)
  if (onFargate) return fargateProblems({ cpu, memory }, body, template)
  const bounds = {
    cpu: cpu ?? Number.POSITIVE_INFINITY,
    memory: memory ?? Number.POSITIVE_INFINITY,
  }
  const problems = containerSizeProblems(body, bounds, template)
  if (cpu === undefined || (cpu >= EC2_CPU_RANGE.min && cpu <= EC2_CPU_RANGE.max)) return problems
  const message = `cpu ${cpu} of the task is outside ${EC2_CPU_RANGE.min} to ${EC2_CPU_RANGE.max}`
  return [...problems, templateError(sizePath('cpu', template), message)]
}

function fargateProblems(
  size: { readonly cpu: number | undefined; readonly memory: number | undefined },
  body: RegisterTaskDefinitionBody,
  template: TemplateSpec,
): readonly TemplateProblem[] {
  const { cpu, memory } = size
  if (cpu === undefined || memory === undefined) {
    const field = cpu === undefined ? 'cpu' : 'memory'
    const message = `Fargate needs a ${field} for the task: set ${field}, or correct it in the task definition`
    return [templateError(sizePath(field, template), message)]
  }
  const system = body.runtimePlatform?.operatingSystemFamily ?? 'LINUX'
  const problem = fargateSizeProblem({ cpu, memory }, { windows: system.startsWith('WINDOWS') })
  if (problem) return [templateError(sizePath(problem.field, template), problem.message)]
  return containerSizeProblems(body, { cpu, memory }, template)
}

/** Reservations of the containers must fit into the task together. */
function containerSizeProblems(
  body: RegisterTaskDefinitionBody,
  task: { readonly cpu: number; readonly memory: number },
  template: TemplateSpec,
): readonly TemplateProblem[] {
  const containers = body.containerDefinitions ?? []
  const cpu = sum(containers.map((container) => container.cpu ?? 0))
  const memory = sum(
    containers.map((container) => container.memoryReservation ?? container.memory ?? 0),
  )
  const problems: TemplateProblem[] = []
  if (cpu > task.cpu) {
    const message = `the containers want cpu ${cpu} together, the task has ${task.cpu}`
    problems.push(templateError(sizePath('cpu', template), message))
  }
  if (memory > task.memory) {
    const message = `the containers want memory ${memory} together, the task has ${task.memory}`
    problems.push(templateError(sizePath('memory', template), message))
  }
  return problems
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

/** Where a person would change the size: the one that is written, or the place to write it. */
function sizePath(field: 'cpu' | 'memory', template: TemplateSpec): TemplatePath {
  const isInDefinition =
    template[field] === undefined && template.taskDefinition?.[field] !== undefined
  return isInDefinition ? ['taskDefinition', field] : [field]
}
