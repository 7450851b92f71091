import { LABEL, type NewEventRecord, resourceId } from '../kinds/event.ts'
import { DEFAULT_NAMESPACE } from '../kinds/meta.ts'
import type { DefinitionRow } from '../store/definitions.ts'

export type DefinitionOperation =
  | 'RegisterTaskDefinition'
  | 'DeregisterTaskDefinition'
  | 'DeleteTaskDefinitions'

/** `capstan.ecs.RegisterTaskDefinition`: what Capstan did to a revision, after ECS has said so. */
export function definitionRecord(
  operation: DefinitionOperation,
  row: DefinitionRow,
  nowMs: number,
): NewEventRecord {
  const { account, family, revision, taskDefinitionArn, workPool } = row
  const [namespace = DEFAULT_NAMESPACE] = workPool?.split('/') ?? []
  return {
    occurredAtMs: nowMs,
    receivedAtMs: nowMs,
    event: `capstan.ecs.${operation}`,
    namespace,
    resource: {
      [LABEL.id]: resourceId('taskDefinition', `${family}:${revision}`),
      [LABEL.name]: `${family}:${revision}`,
      'ecs.taskDefinitionArn': taskDefinitionArn,
    },
    related: [],
    payload: { account, family, revision },
  }
}
