import type { TaskSnapshot } from '../../aws/ports.ts'
import { LABEL, type NewEventRecord, resourceId } from '../../kinds/event.ts'
import { DEFAULT_NAMESPACE, WIRE } from '../../kinds/meta.ts'

/** `capstan.ecs.StopTask` of a task that no run wants. Its run may be unknown here, so its tags speak for it. */
export function unwantedTaskRecord(
  { taskArn, taskDefinitionArn, tags }: TaskSnapshot,
  cluster: string,
  nowMs: number,
): NewEventRecord {
  const runUid = tags[WIRE.tagRunUid]
  const [namespace = DEFAULT_NAMESPACE, name = ''] = tags[WIRE.tagRun]?.split('/') ?? []
  const run = {
    [LABEL.id]: resourceId('run', runUid ?? ''),
    [LABEL.role]: 'run',
    [LABEL.name]: name,
  }
  return {
    occurredAtMs: nowMs,
    receivedAtMs: nowMs,
    event: 'capstan.ecs.StopTask',
    namespace,
    resource: {
      [LABEL.id]: resourceId('task', taskArn.split('/').at(-1) ?? taskArn),
      'ecs.taskArn': taskArn,
      'ecs.cluster': cluster,
      'ecs.taskDefinitionArn': taskDefinitionArn,
    },
    related: runUid === undefined ? [] : [run],
    payload: { cause: 'Orphan' },
    ...(runUid !== undefined && { runUid }),
  }
}
