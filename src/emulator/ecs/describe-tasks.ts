import type { JsonObject } from '../../lib/json.ts'
import type { CallContext } from '../context.ts'
import { invalidParameter } from '../errors.ts'
import { faultOf } from '../faults.ts'
import { list, readShape, struct } from '../shape.ts'
import type { TaskRecord } from '../task-record.ts'
import { findCluster, taskId } from './lookup.ts'
import { renderKnownTask } from './render.ts'

const shape = struct({ cluster: 'string', tasks: list('string'), include: list('string') })

const MAX_TASKS = 100

/** Describes up to 100 tasks of a cluster; what is not known (yet, or any more) is a failure MISSING. */
export function describeTasks(context: CallContext, input: JsonObject): JsonObject {
  const { cluster: name, tasks: asked = [], include = [] } = readShape(shape, input)
  const cluster = findCluster(context, name)
  if (asked.length === 0) throw invalidParameter('Tasks cannot be empty.')
  if (asked.length > MAX_TASKS) {
    throw invalidParameter(`Tasks can have at most ${MAX_TASKS} items.`)
  }
  const seenAtMs = context.nowMs - (faultOf(context.effects, 'stale')?.ageMs ?? 0)
  const tasks: JsonObject[] = []
  const failures: JsonObject[] = []
  for (const idOrArn of asked) {
    const task = context.state.tasks.get(taskId(idOrArn))
    if (task?.clusterName === cluster.name && isVisible(task, context.nowMs, seenAtMs)) {
      tasks.push(renderKnownTask(context, task, include.includes('TAGS'), seenAtMs))
    } else {
      failures.push({ arn: taskArn(context, cluster.name, idOrArn), reason: 'MISSING' })
    }
  }
  return { tasks, failures }
}

function isVisible(task: TaskRecord, nowMs: number, seenAtMs: number): boolean {
  return task.describableFromMs <= nowMs && task.createdAtMs <= seenAtMs
}

function taskArn(context: CallContext, clusterName: string, idOrArn: string): string {
  if (idOrArn.startsWith('arn:')) return idOrArn
  const { region, accountId } = context.config
  return `arn:aws:ecs:${region}:${accountId}:task/${clusterName}/${idOrArn}`
}
