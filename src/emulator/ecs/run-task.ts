import { canonicalJson, type JsonObject } from '../../lib/json.ts'
import { sha256 } from '../../lib/names.ts'
import type { CallContext } from '../context.ts'
import { clientException, throttlingException } from '../errors.ts'
import { faultOf } from '../faults.ts'
import { readShape } from '../shape.ts'
import type { TaskDefinition } from '../task-definition.ts'
import type { TaskRecord } from '../task-record.ts'
import { type LaunchTarget, launchTarget, providerOf } from './launch-target.ts'
import { findCluster, findDefinition, required } from './lookup.ts'
import { launchTask } from './new-task.ts'
import { CAPACITY_UNAVAILABLE, placeTask } from './placement.ts'
import { renderKnownTask } from './render.ts'
import { checkRunTask, type RunTaskCall } from './run-task-rules.ts'
import { runTaskShape } from './run-task-shape.ts'
import { repeatedCall } from './run-task-token.ts'

/** Launches tasks. One HTTP 200 may carry both tasks and failures. */
export function runTask(context: CallContext, input: JsonObject): JsonObject {
  const request = readShape(runTaskShape, input)
  const cluster = findCluster(context, request.cluster)
  const parameters = parametersOf(input)
  const repeated = repeatedCall(context, cluster, request.clientToken, parameters)
  if (repeated) return repeated

  const definition = launchable(context, required(request.taskDefinition, 'TaskDefinition'))
  const target = launchTarget(request, cluster, definition)
  const { config, nowMs } = context
  const call = { request, cluster, definition, target, config, nowMs }
  checkRunTask(call)
  takeFargateTokens(context, target, request.count ?? 1)

  const { tasks, failures } = launchAll(context, call)
  if (request.clientToken !== undefined) {
    const record = {
      clusterName: cluster.name,
      token: request.clientToken,
      parameters,
      taskArns: tasks.map(({ arn }) => arn),
      failures,
      createdAtMs: context.nowMs,
    }
    context.state.tokens.add(record)
    context.state.sink.put('token', `${cluster.name} ${request.clientToken}`, record)
  }
  return { tasks: tasks.map((task) => renderKnownTask(context, task, true)), failures }
}

/** What makes two calls with one token the same call, as a hash. */
function parametersOf(input: JsonObject): string {
  const { clientToken: _token, ...parameters } = input
  return sha256(canonicalJson(parameters))
}

function launchable(context: CallContext, name: string): TaskDefinition {
  const definition = findDefinition(context, name)
  if (!definition) throw clientException('TaskDefinition not found.')
  return definition
}

/** Fargate has buckets of its own for calls and for tasks, on-demand and Spot apart. */
function takeFargateTokens(context: CallContext, target: LaunchTarget, count: number): void {
  if (target.launchType !== 'FARGATE') return
  const spot = target.strategy.some(({ capacityProvider }) => capacityProvider === 'FARGATE_SPOT')
  const { throttle } = context
  if (!throttle.take('fargateRunTask')) throw throttlingException('ecs')
  if (!throttle.take(spot ? 'fargateSpotLaunch' : 'fargateOnDemandLaunch', count)) {
    throw throttlingException('ecs')
  }
}

function launchAll(
  context: CallContext,
  call: RunTaskCall,
): { readonly tasks: readonly TaskRecord[]; readonly failures: readonly JsonObject[] } {
  const tasks: TaskRecord[] = []
  const failures: JsonObject[] = []
  const shortage = faultOf(context.effects, 'capacity')
  for (let index = 0; index < (call.request.count ?? 1); index++) {
    if (shortage && index >= (shortage.keep ?? 0)) {
      failures.push({ reason: shortage.reason ?? CAPACITY_UNAVAILABLE })
      continue
    }
    const provider = providerOf(call.target.strategy, index)
    const placement = placeTask(context, { ...call, provider })
    if (placement.type === 'Failed') failures.push(...placement.failures)
    else tasks.push(launchTask(context, call, { provider, placement }))
  }
  return { tasks, failures }
}
