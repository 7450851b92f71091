import type { JsonObject } from '../lib/json.ts'
import type { TaskDefinition } from './task-definition.ts'
import type { ContainerFacts, TaskRecord } from './task-record.ts'
import {
  containerStatusAt,
  executionStoppedAtMs,
  type LastStatus,
  type TaskMoment,
  taskAt,
  timeline,
} from './task-state.ts'

export interface ViewContext {
  readonly nowMs: number
  readonly region: string
  readonly accountId: string
  readonly includeTags: boolean
}

/** A task as RunTask, StopTask and DescribeTasks answer it; times are epoch seconds. */
export function renderTask(
  task: TaskRecord,
  definition: TaskDefinition,
  context: ViewContext,
): JsonObject {
  const moment = taskAt(task, context.nowMs)
  return {
    taskArn: task.arn,
    clusterArn: clusterArnOf(task.clusterName, context),
    taskDefinitionArn: task.definitionArn,
    group: task.group,
    startedBy: task.startedBy,
    launchType: task.launchType,
    capacityProviderName: task.capacityProviderName,
    platformVersion: task.platformVersion,
    platformFamily: task.launchType === 'FARGATE' ? 'Linux' : undefined,
    containerInstanceArn: task.containerInstanceArn,
    availabilityZone: `${context.region}a`,
    cpu: task.cpu?.toString(),
    memory: task.memory?.toString(),
    ephemeralStorage: ephemeralStorage(task),
    enableExecuteCommand: task.enableExecuteCommand,
    lastStatus: moment.lastStatus,
    desiredStatus: moment.desiredStatus,
    version: moment.version,
    healthStatus: taskHealth(task),
    connectivity: isAtLeast(moment, 'PENDING') ? 'CONNECTED' : undefined,
    attachments: renderAttachments(task, moment),
    attributes: [{ name: 'ecs.cpu-architecture', value: 'x86_64' }],
    containers: task.containers.map((container) =>
      renderContainer(task, container, definition, context),
    ),
    overrides: task.overrides,
    inferenceAccelerators: [],
    tags: context.includeTags ? task.tags : [],
    ...renderTimes(task, context.nowMs),
    ...renderStop(task, context.nowMs),
  }
}

function clusterArnOf(name: string, context: ViewContext): string {
  return `arn:aws:ecs:${context.region}:${context.accountId}:cluster/${name}`
}

/** Fargate gives every task 20 GiB when nothing is asked for. */
const DEFAULT_EPHEMERAL_STORAGE_GIB = 20

function ephemeralStorage(task: TaskRecord): JsonObject | undefined {
  if (task.launchType !== 'FARGATE') return undefined
  const sizeInGiB = task.ephemeralStorageGiB ?? DEFAULT_EPHEMERAL_STORAGE_GIB
  return { sizeInGiB }
}

const ORDER: readonly LastStatus[] = [
  'PROVISIONING',
  'PENDING',
  'ACTIVATING',
  'RUNNING',
  'DEACTIVATING',
  'STOPPING',
  'DEPROVISIONING',
  'STOPPED',
]

function isAtLeast(moment: TaskMoment, status: LastStatus): boolean {
  return ORDER.indexOf(moment.lastStatus) >= ORDER.indexOf(status)
}

function renderTimes(task: TaskRecord, nowMs: number): JsonObject {
  const { stop, start } = task
  const stoppedStep = timeline(task).find((step) => step.status === 'STOPPED')
  const pulledAtMs = start.activatingAtMs ?? Number.POSITIVE_INFINITY
  const pulled = stop === undefined || pulledAtMs < stop.signalAtMs
  return {
    createdAt: seconds(task.createdAtMs, nowMs),
    connectivityAt: seconds(start.pendingAtMs, nowMs),
    pullStartedAt: seconds(start.pendingAtMs, nowMs),
    pullStoppedAt: pulled ? seconds(pulledAtMs, nowMs) : undefined,
    startedAt: seconds(task.startedAtMs, nowMs),
    stoppingAt: seconds(stop?.atMs, nowMs),
    executionStoppedAt: task.startedAtMs && seconds(executionStoppedAtMs(task), nowMs),
    stoppedAt: seconds(stoppedStep?.atMs, nowMs),
  }
}

/** Epoch seconds of a moment that has come; undefined before it. */
function seconds(atMs: number | undefined, nowMs: number): number | undefined {
  return atMs !== undefined && atMs <= nowMs ? atMs / 1000 : undefined
}

function renderStop(task: TaskRecord, nowMs: number): JsonObject {
  if (!task.stop || task.stop.atMs > nowMs) return {}
  return { stopCode: task.stop.code, stoppedReason: task.stop.reason }
}

function renderContainer(
  task: TaskRecord,
  container: ContainerFacts,
  definition: TaskDefinition,
  context: ViewContext,
): JsonObject {
  const lastStatus = containerStatusAt(container, context.nowMs)
  const body = definition.body.containerDefinitions?.find(({ name }) => name === container.name)
  return {
    containerArn: `${task.arn.replace(':task/', ':container/')}/${container.runtimeId}`,
    taskArn: task.arn,
    name: container.name,
    image: body?.image,
    runtimeId: lastStatus === 'PENDING' ? undefined : container.runtimeId,
    lastStatus,
    ...(lastStatus === 'STOPPED' && { exitCode: container.exitCode, reason: container.reason }),
    healthStatus: container.healthStatus ?? 'UNKNOWN',
    networkBindings: [],
    networkInterfaces: renderInterfaces(task, context.nowMs),
    managedAgents: [],
    cpu: String(body?.cpu ?? 0),
    memory: body?.memory?.toString(),
    memoryReservation: body?.memoryReservation?.toString(),
  }
}

function renderInterfaces(task: TaskRecord, nowMs: number): readonly JsonObject[] {
  if (task.subnetId === undefined || task.start.pendingAtMs > nowMs) return []
  return [{ attachmentId: attachmentId(task), privateIpv4Address: privateAddress(task) }]
}

function renderAttachments(task: TaskRecord, moment: TaskMoment): readonly JsonObject[] {
  if (task.subnetId === undefined) return []
  const subnet = { name: 'subnetId', value: task.subnetId }
  if (moment.lastStatus === 'PROVISIONING') return [attachment(task, 'PRECREATED', [subnet])]
  const status = moment.lastStatus === 'STOPPED' ? 'DELETED' : 'ATTACHED'
  return [
    attachment(task, status, [
      subnet,
      { name: 'networkInterfaceId', value: `eni-${task.id.slice(0, 17)}` },
      { name: 'macAddress', value: '02:00:00:00:00:01' },
      { name: 'privateIPv4Address', value: privateAddress(task) },
    ]),
  ]
}

function attachment(task: TaskRecord, status: string, details: readonly JsonObject[]): JsonObject {
  return { id: attachmentId(task), type: 'ElasticNetworkInterface', status, details }
}

function attachmentId(task: TaskRecord): string {
  const { id } = task
  return [id.slice(0, 8), id.slice(8, 12), id.slice(12, 16), id.slice(16, 20), id.slice(20)].join(
    '-',
  )
}

function privateAddress(task: TaskRecord): string {
  return `172.31.${(task.sequence >> 8) % 48}.${task.sequence % 256}`
}

/** UNHEALTHY if an essential container is, else UNKNOWN if one is, else HEALTHY. */
function taskHealth(task: TaskRecord): string {
  const states = task.containers
    .filter((container) => container.essential)
    .map((container) => container.healthStatus ?? 'UNKNOWN')
  if (states.includes('UNHEALTHY')) return 'UNHEALTHY'
  return states.includes('UNKNOWN') ? 'UNKNOWN' : 'HEALTHY'
}
