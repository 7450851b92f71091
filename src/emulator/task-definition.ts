import type { JsonObject } from '../lib/json.ts'
import type { DefinitionInput } from './ecs/task-definition-shape.ts'
import type { Tag } from './task-record.ts'

/** One revision of a family. Plain data: the journal stores it as JSON. */
export interface TaskDefinition {
  readonly arn: string
  readonly family: string
  readonly revision: number
  /** The registered document with the members that ECS adds. */
  readonly body: DefinitionInput
  readonly compatibilities: readonly string[]
  readonly registeredAtMs: number
  status: 'ACTIVE' | 'INACTIVE' | 'DELETE_IN_PROGRESS'
  deregisteredAtMs?: number
  tags: readonly Tag[]
}

/** A revision as Register-, Deregister- and DescribeTaskDefinition answer it; times are epoch seconds. */
export function renderTaskDefinition(definition: TaskDefinition, accountId: string): JsonObject {
  return {
    ...definition.body,
    taskDefinitionArn: definition.arn,
    family: definition.family,
    revision: definition.revision,
    status: definition.status,
    compatibilities: definition.compatibilities,
    requiresAttributes: requiredAttributes(definition).map((name) => ({ name })),
    registeredAt: definition.registeredAtMs / 1000,
    registeredBy: `arn:aws:iam::${accountId}:root`,
    deregisteredAt: definition.deregisteredAtMs && definition.deregisteredAtMs / 1000,
  }
}

/** Instance attributes that a definition needs; ECS derives many more, these are the common ones. */
export function requiredAttributes(definition: TaskDefinition): readonly string[] {
  const { body } = definition
  const containers = body.containerDefinitions ?? []
  const needs: readonly (readonly [boolean, string])[] = [
    [true, 'com.amazonaws.ecs.capability.docker-remote-api.1.18'],
    [body.taskRoleArn !== undefined, 'com.amazonaws.ecs.capability.task-iam-role'],
    [body.networkMode === 'awsvpc', 'ecs.capability.task-eni'],
    [
      containers.some(({ logConfiguration }) => logConfiguration?.logDriver === 'awslogs'),
      'com.amazonaws.ecs.capability.logging-driver.awslogs',
    ],
  ]
  return needs.filter(([needed]) => needed).map(([, name]) => name)
}
