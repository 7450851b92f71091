import type {
  Container,
  Failure,
  Tag,
  Task,
  TaskDefinition,
  TaskOverride,
} from '@aws-sdk/client-ecs'
import { type ToldHeartbeat, toldHeartbeat } from '../kinds/heartbeat.ts'
import { defined } from '../lib/defined.ts'
import { registrable } from './ecs-shapes.ts'
import type {
  CallFailure,
  ContainerSnapshot,
  RegisterTaskDefinitionBody,
  TaskDefinitionSnapshot,
  TaskSnapshot,
} from './ports.ts'

/** Answers of ECS as port types. What an endpoint leaves out is left out, or has a harmless stand-in. */
export function parseTasks(tasks: readonly Task[] | undefined): readonly TaskSnapshot[] {
  return (tasks ?? []).flatMap((task) => {
    const snapshot = parseTask(task)
    return snapshot ? [snapshot] : []
  })
}

/** Undefined for a task without an ARN, of which nothing can be said. */
export function parseTask(task: Task | undefined): TaskSnapshot | undefined {
  const taskArn = task?.taskArn
  if (!task || taskArn === undefined) return undefined
  return {
    taskArn,
    clusterArn: task.clusterArn ?? clusterOfTask(taskArn),
    taskDefinitionArn: task.taskDefinitionArn ?? '',
    version: task.version ?? rankOf(task),
    lastStatus: task.lastStatus ?? 'UNKNOWN',
    desiredStatus: task.desiredStatus ?? 'UNKNOWN',
    containers: (task.containers ?? []).map(parseContainer),
    tags: parseTags(task.tags),
    ...defined({
      heartbeat: parseHeartbeat(task.overrides),
      launchType: task.launchType,
      capacityProviderName: task.capacityProviderName,
      startedBy: task.startedBy,
      group: task.group,
      stopCode: task.stopCode,
      stoppedReason: task.stoppedReason,
      healthStatus: task.healthStatus,
      connectivity: task.connectivity,
      createdAtMs: toMs(task.createdAt),
      startedAtMs: toMs(task.startedAt),
      stoppingAtMs: toMs(task.stoppingAt),
      stoppedAtMs: toMs(task.stoppedAt),
    }),
  }
}

/** Of the environment nothing else is kept: its values are nobody's business. */
export function parseHeartbeat(overrides: TaskOverride | undefined): ToldHeartbeat | undefined {
  const environments = overrides?.containerOverrides?.map(({ environment }) => environment ?? [])
  return environments
    ?.map((environment) =>
      toldHeartbeat((name) => environment.find((one) => one.name === name)?.value),
    )
    .find((told) => told !== undefined)
}

/** A task goes through these in this order only, and may leave some out. */
const LIFE: readonly string[] = [
  'PROVISIONING',
  'PENDING',
  'ACTIVATING',
  'RUNNING',
  'DEACTIVATING',
  'STOPPING',
  'DEPROVISIONING',
  'STOPPED',
]

/**
 * Endpoints that count no versions (moto) are ordered by how far the task is. 0 for what is no whole task:
 * an old one that a repeated RunTask gives.
 */
function rankOf({ taskDefinitionArn, lastStatus = '', desiredStatus }: Task): number {
  if (taskDefinitionArn === undefined) return 0
  const rank = 2 * (LIFE.indexOf(lastStatus) + 1)
  return rank > 0 && desiredStatus === 'STOPPED' ? rank + 1 : rank
}

function parseContainer(container: Container): ContainerSnapshot {
  const { lastStatus, exitCode, reason, healthStatus } = container
  return {
    name: container.name ?? '',
    ...defined({ lastStatus, exitCode: exitCode ?? undefined, reason, healthStatus }),
  }
}

/** A repeated RunTask gives old tasks with little more than their ARN, which holds the cluster's name. */
function clusterOfTask(taskArn: string): string {
  const [, prefix, cluster] = /^(arn:.*):task\/([^/]+)\/[^/]+$/.exec(taskArn) ?? []
  return prefix === undefined || cluster === undefined ? '' : `${prefix}:cluster/${cluster}`
}

export function parseFailures(failures: readonly Failure[] | undefined): readonly CallFailure[] {
  return (failures ?? []).map(({ arn, reason, detail }) => ({
    reason: reason ?? 'no reason was given',
    ...defined({ arn, detail }),
  }))
}

/** Undefined without an ARN. */
export function parseTaskDefinition(
  definition: TaskDefinition | undefined,
  tags: readonly Tag[] | undefined,
): TaskDefinitionSnapshot | undefined {
  const taskDefinitionArn = definition?.taskDefinitionArn
  if (!definition || taskDefinitionArn === undefined) return undefined
  return {
    taskDefinitionArn,
    family: definition.family ?? '',
    revision: definition.revision ?? 0,
    status: definition.status ?? 'UNKNOWN',
    body: registrable(definition as RegisterTaskDefinitionBody),
    tags: parseTags(tags),
  }
}

function parseTags(tags: readonly Tag[] | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries((tags ?? []).map(({ key, value }) => [key ?? '', value ?? '']))
}

function toMs(time: Date | undefined): number | undefined {
  const ms = time?.getTime()
  return ms === undefined || Number.isNaN(ms) ? undefined : ms
}
