import type { JsonObject } from '../../lib/json.ts'
import type { CallContext } from '../context.ts'
import { invalidParameter } from '../errors.ts'
import { readShape, struct } from '../shape.ts'
import { taskAt } from '../task-state.ts'
import { findCluster, required, taskId } from './lookup.ts'
import { renderKnownTask } from './render.ts'

const shape = struct({ cluster: 'string', task: 'string', reason: 'string' })

const MAX_REASON_LENGTH = 1024

/** Ends a task and removes its tags. A task that is STOPPED already is answered as it is. */
export function stopTask(context: CallContext, input: JsonObject): JsonObject {
  const { cluster: clusterName, task: name, reason } = readShape(shape, input)
  const cluster = findCluster(context, clusterName)
  const task = context.state.tasks.get(taskId(required(name, 'Task identifier')))
  if (!task || task.clusterName !== cluster.name) {
    throw invalidParameter('The referenced task was not found.')
  }
  if ((reason?.length ?? 0) > MAX_REASON_LENGTH) {
    throw invalidParameter(`The stop reason must be at most ${MAX_REASON_LENGTH} characters.`)
  }
  if (taskAt(task, context.nowMs).lastStatus !== 'STOPPED') {
    context.life.dropTags(task)
    context.life.interrupt(task, {
      code: 'UserInitiated',
      reason: reason ?? 'Task stopped by user',
      atMs: context.nowMs,
      lagMs: context.config.delays.stopLagMs,
    })
  }
  return { task: renderKnownTask(context, task, true) }
}
