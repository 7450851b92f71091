import type { JsonObject } from '../../lib/json.ts'
import type { CallContext } from '../context.ts'
import type { TaskRecord } from '../task-record.ts'
import { renderTask } from '../task-view.ts'

/** A task of the table as answers show it, as of `atMs` (now). */
export function renderKnownTask(
  context: CallContext,
  task: TaskRecord,
  includeTags: boolean,
  atMs: number = context.nowMs,
): JsonObject {
  const { region, accountId } = context.config
  const definition = context.state.definitions.get(task.definitionArn)
  if (!definition) throw new Error(`no task definition ${task.definitionArn}`)
  return renderTask(task, definition, { nowMs: atMs, region, accountId, includeTags })
}
