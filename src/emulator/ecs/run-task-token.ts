import type { JsonObject } from '../../lib/json.ts'
import type { Cluster } from '../cluster.ts'
import type { CallContext } from '../context.ts'
import { AwsError } from '../errors.ts'
import { lastStopIn } from '../state.ts'
import { repeatedFailures } from '../tokens.ts'
import { taskId } from './lookup.ts'
import { renderKnownTask } from './render.ts'

/**
 * The first result of a call whose token is known in the cluster; undefined for a new call.
 * Throws ConflictException when the token belongs to a call with other parameters.
 */
export function repeatedCall(
  context: CallContext,
  cluster: Cluster,
  token: string | undefined,
  parameters: string,
): JsonObject | undefined {
  if (token === undefined) return undefined
  const { state, nowMs } = context
  const record = state.tokens.find(cluster.name, token, lastStopIn(state), nowMs)
  if (!record) return undefined
  if (record.parameters !== parameters) {
    throw new AwsError(
      'ConflictException',
      'The client token has already been used with different parameters.',
      400,
      { resourceIds: record.taskArns },
    )
  }
  return {
    tasks: record.taskArns.map((arn) => renderRepeated(context, arn)),
    failures: repeatedFailures(record, nowMs),
  }
}

/** Of a task that has stopped a repeated call tells only the name and the states. */
function renderRepeated(context: CallContext, taskArn: string): JsonObject {
  const task = context.state.tasks.get(taskId(taskArn))
  const rendered = task && renderKnownTask(context, task, true)
  if (rendered && rendered['lastStatus'] !== 'STOPPED') return rendered
  return { taskArn, lastStatus: 'STOPPED', desiredStatus: 'STOPPED' }
}
