import type { TemplateSpec } from '../kinds/generated.ts'
import type { Container } from './ecs-shapes.ts'
import type { RegisterTaskDefinitionBody } from './ports.ts'
import { parseTaskCpu, parseTaskMemory } from './task-size.ts'

/** Sizes of a task about which nobody says anything: CPU units and MiB. */
export const DEFAULT_CPU = 1024
export const DEFAULT_MEMORY = 2048

/**
 * On Fargate sizes are the task's, as text, and the definition says that it fits Fargate. A network mode
 * that somebody wrote stays, to be refused by name.
 */
export function withFargateSizes(
  body: RegisterTaskDefinitionBody,
  template: TemplateSpec,
): RegisterTaskDefinitionBody {
  const compatibilities = body.requiresCompatibilities ?? []
  return {
    ...body,
    cpu: String(template.cpu ?? parseTaskCpu(body.cpu) ?? DEFAULT_CPU),
    memory: String(template.memory ?? parseTaskMemory(body.memory) ?? DEFAULT_MEMORY),
    networkMode: body.networkMode ?? 'awsvpc',
    requiresCompatibilities: compatibilities.includes('FARGATE')
      ? compatibilities
      : [...compatibilities, 'FARGATE'],
  }
}

/**
 * Elsewhere sizes are the container's. One that it has stays: what the template says about it is an
 * override of RunTask, so that runs of different sizes share a definition.
 */
export function withContainerSizes(
  container: Container,
  body: RegisterTaskDefinitionBody,
  template: TemplateSpec,
): Container {
  const hasMemory = container.memory !== undefined || container.memoryReservation !== undefined
  const memory = template.memory ?? parseTaskMemory(body.memory) ?? DEFAULT_MEMORY
  return {
    ...container,
    cpu: container.cpu ?? template.cpu ?? parseTaskCpu(body.cpu) ?? DEFAULT_CPU,
    memory: hasMemory ? container.memory : memory,
  }
}

/** What one task takes, as far as its template says: CPU units and MiB. */
export function taskSizeOf(template: TemplateSpec): {
  readonly cpuUnits: number
  readonly memoryMib: number
} {
  const { cpu, memory, taskDefinition } = template
  const body = taskDefinition as RegisterTaskDefinitionBody | undefined
  return {
    cpuUnits: cpu ?? parseTaskCpu(body?.cpu) ?? DEFAULT_CPU,
    memoryMib: memory ?? parseTaskMemory(body?.memory) ?? DEFAULT_MEMORY,
  }
}
