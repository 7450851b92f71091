import type { JsonObject } from '../../lib/json.ts'
import type { CallContext } from '../context.ts'
import { invalidParameter } from '../errors.ts'
import { faultOf } from '../faults.ts'
import { decodeNumber, encodeToken, pageSize } from '../paging.ts'
import { readShape, struct, type ValueOf } from '../shape.ts'
import type { TaskRecord } from '../task-record.ts'
import { taskAt } from '../task-state.ts'
import { findCluster } from './lookup.ts'

const shape = struct({
  cluster: 'string',
  containerInstance: 'string',
  desiredStatus: 'string',
  family: 'string',
  launchType: 'string',
  maxResults: 'number',
  nextToken: 'string',
  serviceName: 'string',
  startedBy: 'string',
})

const MAX_PAGE = 100

/** ARNs of tasks in order of creation; desiredStatus is RUNNING unless the caller says otherwise. */
export function listTasks(context: CallContext, input: JsonObject): JsonObject {
  const request = readShape(shape, input)
  const size = pageSize(request.maxResults, MAX_PAGE)
  const found = find(context, request, size + 1)
  const page = found.slice(0, size)
  const last = page.at(-1)
  return {
    taskArns: page.map(({ arn }) => arn),
    ...(found.length > size && last && { nextToken: encodeToken(last.sequence) }),
  }
}

/** The first `limit` tasks after the token. */
function find(
  context: CallContext,
  request: ValueOf<typeof shape>,
  limit: number,
): readonly TaskRecord[] {
  const { name: clusterName } = findCluster(context, request.cluster)
  const { desiredStatus = 'RUNNING', startedBy, family } = request
  if (!['RUNNING', 'PENDING', 'STOPPED'].includes(desiredStatus)) {
    throw invalidParameter(`Invalid desiredStatus: ${desiredStatus}`)
  }
  const seenAtMs = context.nowMs - (faultOf(context.effects, 'stale')?.ageMs ?? 0)
  const after = decodeNumber(request.nextToken, 0)
  const found: TaskRecord[] = []
  for (const task of context.state.tasks.scan({ clusterName, startedBy, family }, after)) {
    if (task.listableFromMs > context.nowMs || task.createdAtMs > seenAtMs) continue
    if (taskAt(task, seenAtMs).desiredStatus !== desiredStatus) continue
    if (matches(task, request) && found.push(task) === limit) break
  }
  return found
}

/** The filters that no index answers. A standalone task belongs to no service. */
function matches(task: TaskRecord, request: ValueOf<typeof shape>): boolean {
  const { containerInstance, family, launchType, serviceName } = request
  if (serviceName !== undefined) return false
  if (family !== undefined && task.family !== family) return false
  if (launchType !== undefined && task.launchType !== launchType) return false
  if (containerInstance === undefined) return true
  return task.containerInstanceArn?.split('/').at(-1) === containerInstance.split('/').at(-1)
}
