import type { CallContext } from '../context.ts'
import { echoOverrides } from '../driver-task.ts'
import { faultOf, IMAGE_PULL_FAILURE } from '../faults.ts'
import { addTask } from '../state.ts'
import { hostTerminated } from '../task-life.ts'
import type { ContainerFacts, StartPlan, Tag, TaskRecord } from '../task-record.ts'
import type { Placement } from './placement.ts'
import type { RunTaskCall } from './run-task-rules.ts'
import { mergeTags, toTags } from './tags.ts'

interface Place {
  readonly provider: string | undefined
  readonly placement: Extract<Placement, { type: 'Placed' }>
}

/** Makes one task of a checked and placed call, and sets its life going. */
export function launchTask(context: CallContext, call: RunTaskCall, place: Place): TaskRecord {
  const { state, life, effects, nowMs } = context
  const task = newTask(context, call, place)
  addTask(state, task)
  state.sink.put('task', task.id, task)
  const failure = faultOf(effects, 'startFailure')
  life.launch(task, failure && (failure.reason ?? IMAGE_PULL_FAILURE))
  interruptLater(context, task, nowMs)
  return task
}

function newTask(context: CallContext, call: RunTaskCall, place: Place): TaskRecord {
  const { config, random, state, nowMs } = context
  const { request, cluster, definition, target } = call
  const id = random.hex(16)
  const subnetId = request.networkConfiguration?.awsvpcConfiguration?.subnets?.[0]
  return {
    id,
    arn: `arn:aws:ecs:${config.region}:${config.accountId}:task/${cluster.name}/${id}`,
    clusterName: cluster.name,
    sequence: state.lastSequence + 1,
    definitionArn: definition.arn,
    family: definition.family,
    createdAtMs: nowMs,
    group: request.group ?? `family:${definition.family}`,
    startedBy: request.startedBy,
    clientToken: request.clientToken,
    launchType: target.launchType,
    capacityProviderName: place.provider,
    platformVersion: platformOf(call),
    cpu: target.cpu,
    memory: target.memory,
    overrides: echoOverrides(request.overrides),
    subnetId,
    containerInstanceArn: place.placement.instance?.arn,
    held: place.placement.held,
    enableExecuteCommand: request.enableExecuteCommand ?? false,
    ephemeralStorageGiB: storageOf(call),
    delays: config.delays,
    start: startPlan(context, subnetId !== undefined),
    ...visibility(context),
    containers: newContainers(call, id),
    tags: tagsOf(call),
  }
}

function platformOf({ request, target }: RunTaskCall): string | undefined {
  if (target.launchType !== 'FARGATE') return undefined
  const { platformVersion = 'LATEST' } = request
  return platformVersion === 'LATEST' ? '1.4.0' : platformVersion
}

function storageOf({ request, definition }: RunTaskCall): number | undefined {
  const storage = request.overrides?.ephemeralStorage ?? definition.body.ephemeralStorage
  return storage?.sizeInGiB
}

function visibility({
  config,
  effects,
  nowMs,
}: CallContext): Pick<TaskRecord, 'describableFromMs' | 'listableFromMs'> {
  return {
    describableFromMs: nowMs + (faultOf(effects, 'missing')?.forMs ?? config.describeLagMs),
    listableFromMs: nowMs + (faultOf(effects, 'unlisted')?.forMs ?? config.listLagMs),
  }
}

function newContainers(call: RunTaskCall, taskId: string): readonly ContainerFacts[] {
  const containers = call.definition.body.containerDefinitions ?? []
  return containers.map(({ name = '', essential }, index) => ({
    name,
    essential: essential !== false,
    runtimeId: `${taskId}-${String(index).padStart(10, '0')}`,
  }))
}

function tagsOf({ request, definition, cluster }: RunTaskCall): readonly Tag[] {
  const propagated = request.propagateTags === 'TASK_DEFINITION' ? definition.tags : []
  const managed = request.enableECSManagedTags
    ? [{ key: 'aws:ecs:clusterName', value: cluster.name }]
    : []
  return [...mergeTags(propagated, toTags(request.tags)), ...managed]
}

/** Only tasks with an own network interface pass PROVISIONING. */
function startPlan({ config, effects, nowMs }: CallContext, hasInterface: boolean): StartPlan {
  const { provisioningMs, pendingMs, activatingMs } = config.delays
  const pendingAtMs = nowMs + (hasInterface ? provisioningMs : 0)
  if (faultOf(effects, 'neverStart')) return { pendingAtMs }
  const activatingAtMs = pendingAtMs + pendingMs + (faultOf(effects, 'slowStart')?.delayMs ?? 0)
  return { pendingAtMs, activatingAtMs, startAtMs: activatingAtMs + activatingMs }
}

/** Interruptions of the fault plan count from the planned start. */
function interruptLater({ effects, life }: CallContext, task: TaskRecord, nowMs: number): void {
  const startAtMs = task.start.startAtMs ?? nowMs
  const spot = faultOf(effects, 'spotInterruption')
  if (spot) {
    life.interrupt(task, {
      code: 'SpotInterruption',
      reason: 'Your Spot Task was interrupted.',
      atMs: startAtMs + spot.afterMs,
      lagMs: task.delays.stopLagMs,
    })
  }
  const loss = faultOf(effects, 'hostLoss')
  if (loss) {
    life.interrupt(task, {
      code: 'TerminationNotice',
      reason: hostTerminated(task),
      atMs: startAtMs + loss.afterMs,
      graceful: false,
    })
  }
}
